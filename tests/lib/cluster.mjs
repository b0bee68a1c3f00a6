/*
 * A cluster of PostgreSQL of a test's own, to be killed.
 *
 * ownCluster({ unsafe }) gives
 *
 * start()          makes and starts it, or starts it again
 * database(name)   a fresh, empty one; resolves to its URL
 * stop(), kill()   ends it at once, or as a power cut would all its processes
 * postmaster()     its pid
 *
 * It does not forget what it has committed, killed or not; unsafe only leaves
 * out what protects from the machine's end.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../http/suite.mjs';
import { atEnd } from './cleanup.mjs';
import { SOURCE, workDir } from './paths.mjs';
import { childrenOf, lives } from './processes.mjs';

const run = promisify(execFile);
const PG = path.join(SOURCE, 'tests/lib/pg');
const START_MS = 30000;
let count = 0;

export function ownCluster({ unsafe = false } = {}) {
	const dir = path.join(workDir(), `pgown${process.pid}_${count++}`);
	const mode = unsafe ? ['--unsafe'] : [];
	let forget = () => {};

	const forgotten = () => {
		forget();
		forget = () => {};
	};
	const postmaster = () => Number(fs.readFileSync(
		path.join(dir, 'data/postmaster.pid'), 'utf8').split('\n')[0]);

	atEnd(() => fs.rmSync(dir, { recursive: true, force: true }));
	return {
		postmaster,
		async start() {
			forgotten();
			await eventually('PostgreSQL starts', () => run(PG,
				['start', dir, ...mode]).then(() => true,
				() => false), START_MS);
			forget = atEnd(() => process.kill(postmaster(),
				'SIGQUIT'));
		},
		async database(name) {
			await run(PG, ['createdb', dir, name]);
			return (await run(PG, ['url', dir, name])).stdout.trim();
		},
		async stop() {
			await run(PG, ['stop', dir]);
			forgotten();
		},
		/* Where nobody waits for it, the dead keep their numbers, and
		 * with them the lock of the directory, which is taken away
		 * once all are dead. */
		async kill() {
			const pid = postmaster();
			const all = [pid, ...childrenOf(pid)];

			process.kill(pid, 'SIGKILL');
			forgotten();
			await eventually('all of PostgreSQL is dead',
				() => !all.some(lives));
			fs.rmSync(path.join(dir, 'data/postmaster.pid'),
				{ force: true });
		},
	};
}
