/*
 * Runs the benches and prints what they found; bench/run is how to start it.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { atEnd } from '../tests/lib/cleanup.mjs';
import { PROGRAM, SOURCE, workDir } from '../tests/lib/paths.mjs';
import { build } from './load.mjs';

const CASES = ['session', 'token', 'api_key', 'sign_in', 'storm', 'address',
	'admin', 'credit', 'ledger', 'mail', 'memory', 'start', 'metrics', 'import',
	'instructions'];
const HELP = `usage: bench/run [options] [BENCH]...

  BENCH            of ${CASES.join(', ')}; default all
  --seconds N      of each load; default 10
  --clients N      at once, where a bench does not say; default 16
  --people N       in the database of "admin"; default 1000000
  --transfers N    in the database of "ledger"; default 10000000
  --json           the rows as JSON instead of a table

TG_BIN names the program, else build/tollgate; TG_WORK a directory for scratch
files on the disk whose speed counts.
`;

/* The disk counts for what is durable, so no --unsafe as in the tests. */
function startCluster() {
	const pg = path.join(SOURCE, 'tests/lib/pg');
	const dir = path.join(workDir(), `bench${process.pid}`);

	atEnd(() => {
		execFileSync(pg, ['stop', dir]);
		fs.rmSync(dir, { recursive: true, force: true });
	});
	execFileSync(pg, ['start', dir],
		{ stdio: ['ignore', 'ignore', 'inherit'] });
	return dir;
}

function has(library) {
	try {
		execFileSync('pkg-config', ['--exists', library]);
		return true;
	} catch {
		return false;
	}
}

async function buildHelpers(dir) {
	const sodium = has('libsodium');
	const source = ['trust/password', 'trust/argon', 'trust/phc',
		'trust/legacy', 'base/arena', 'base/buf', 'base/clock', 'base/log',
		'base/panic', 'base/random', 'base/text'].map(
		(name) => path.join(SOURCE, 'src', `${name}.c`));

	return {
		empty: await build(dir, 'empty_responder', [], [], ['-lfcgi']),
		hashRater: await build(dir, 'hash_rate', source,
			[`-I${path.join(SOURCE, 'src')}`,
				...sodium ? ['-DHAVE_LIBSODIUM'] : []],
			['-largon2', ...sodium ? ['-lsodium'] : [], '-lcrypto',
				'-lutf8proc', '-lcrypt']),
	};
}

function table(rows) {
	const lines = [['measured', 'tollgate', 'beside it', 'ratio', 'target',
		''], ...rows.map((row) => [row.measured, row.ours,
		row.beside ?? '', row.ratio?.toFixed(2) ?? '', row.target ?? '',
		row.met === undefined ? '' : row.met ? 'met' : 'MISSED'])];
	const widths = lines[0].map((_, i) => Math.max(
		...lines.map((line) => line[i].length)));

	lines.splice(1, 0, widths.map((width) => '-'.repeat(width)));
	return lines.map((line) => '| ' + line.map(
		(cell, i) => cell.padEnd(widths[i])).join(' | ') + ' |')
		.join('\n');
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: {
	seconds: { type: 'string', default: '10' },
	clients: { type: 'string', default: '16' },
	people: { type: 'string', default: '1000000' },
	transfers: { type: 'string', default: '10000000' },
	json: { type: 'boolean' },
	help: { type: 'boolean' },
} });
const unknown = positionals.filter((name) => !CASES.includes(name));

if (values.help || unknown.length > 0) {
	process.stdout.write(HELP);
	process.exit(values.help ? 0 : 2);
}
if (!fs.existsSync(PROGRAM)) {
	console.error(`bench: ${PROGRAM} is not built`);
	process.exit(1);
}
process.env.TG_PG = startCluster();

const options = { seconds: Number(values.seconds),
	clients: Number(values.clients), people: Number(values.people),
	transfers: Number(values.transfers),
	...await buildHelpers(process.env.TG_PG) };
const rows = [];

for (const name of positionals.length > 0 ? positionals : CASES) {
	const bench = await import(`./case/${name}.mjs`);

	console.error(`bench: ${bench.title}`);
	try {
		rows.push(...await bench.measure(options));
	} catch (error) {
		console.error(`bench: ${name}: ${error.message}`);
		process.exitCode = 1;
	}
}
console.log(values.json ? JSON.stringify(rows, null, 2) : table(rows));
if (!values.json)
	console.log(`\n${os.availableParallelism()} processors, ` +
		`load ${os.loadavg()[0].toFixed(1)} at the end`);
