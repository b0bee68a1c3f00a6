/*
 * The public tools that make load, and what they said.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { SOURCE } from '../tests/lib/paths.mjs';

const run = promisify(execFile);
const HERE = path.join(SOURCE, 'bench');
let files = 0;

/*
 * wrk({ dir, url, lines, clients, seconds, pauseMs })
 *
 * lines    requests: { method, path, cookie, body, header }; load.lua says how
 *          they are used
 *
 * Resolves to { requests, seconds, refused, broken, p50, p99, max, rate }:
 * latencies in microseconds, refused the answers that are not 2xx or 3xx, rate
 * the others a second.
 */
export async function wrk({ dir, url, lines, clients, seconds, pauseMs = 0 }) {
	const file = path.join(dir, `requests${files++}`);

	fs.writeFileSync(file, lines.map(({ method = 'GET', path: target,
		cookie = '', body = '', header = '' }) =>
		[method, target, cookie, body, header].join('\t') + '\n').join(''));

	const { stdout } = await run('wrk', ['-t', '1', '-c', String(clients),
		'-d', `${seconds}s`, '--timeout', '30s', '-s',
		path.join(HERE, 'load.lua'), url, '--', file, String(pauseMs)]);
	const said = JSON.parse(stdout.trim().split('\n').at(-1));

	if (said.broken > 0)
		throw new Error(`wrk: ${said.broken} connections broke\n` +
			stdout);
	return { ...said, rate: (said.requests - said.refused) / said.seconds };
}

/* Transactions a second of a script, as the workers' role. */
export async function pgbench({ url, script, clients, seconds, define }) {
	const { stdout } = await run('pgbench', ['-n', '-M', 'prepared', '-c',
		String(clients), '-j', '1', '-T', String(seconds), '-f', script,
		...Object.entries(define).flatMap(
			([name, value]) => ['-D', `${name}=${value}`]), url],
	{ env: { ...process.env,
		PGOPTIONS: '-c role=tollgate_worker -c timezone=UTC' } });

	return Number(/^tps = ([\d.]+)/m.exec(stdout)[1]);
}

/* The raw rate of password hashes, see hash_rate.c. */
export async function hashRate(program, { processes, seconds, memoryKib,
	passes }) {
	const { stdout } = await run(program, [processes, seconds, memoryKib,
		passes].map(String));

	return Number(stdout);
}

/* Microseconds of one signature by OpenSSL itself. */
export async function signTime(algorithm) {
	const { stdout } = await run('openssl', ['speed', '-mr', '-seconds',
		'2', algorithm]);

	/* the last two fields: signatures and verifications a second */
	return 1e6 / Number(stdout.trim().split(':').at(-2));
}

export async function build(dir, name, source, includes, libraries) {
	const program = path.join(dir, name);

	await run(process.env.CC ?? 'cc', ['-std=c11', '-D_GNU_SOURCE', '-O2',
		...includes, '-o', program, path.join(HERE, `${name}.c`),
		...source, ...libraries]);
	return program;
}
