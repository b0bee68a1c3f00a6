/*
 * Populations of a stand: the thousand made-up people of the demo, and one
 * person whose every word and number is as long as it may be.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { SOURCE } from '../lib/paths.mjs';
import { makeUser } from './suite.mjs';

const run = promisify(execFile);

export async function demoPeople(at) {
	await run('psql', ['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d',
		at.database.url, '-f', path.join(SOURCE, 'bench/demo.sql')]);
	await run('psql', ['-X', '-q', '-d', at.database.url, '-c', 'ANALYZE']);
}

const LONG_NAME = 'Hubert Blaine ' + 'Wolfeschlegelsteinhausenbergerdorff'
	.repeat(2) + ' the Elder of Somewhere';
const LONG_EMAIL = `${'long.local.part.'.repeat(4).slice(0, 62)}@` +
	`${'subdomain.'.repeat(8)}example.com`;

export const LONG_REASON = ('Donaudampfschifffahrtselektrizitaetenhaupt' +
	'betriebswerkbauunterbeamtengesellschaft ').repeat(3).slice(0, 200)
	.trim();

export function longPerson(at) {
	return makeUser(at, 'user', LONG_NAME, LONG_EMAIL);
}
