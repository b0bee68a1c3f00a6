/*
 * What a test run has started ends with the run: by return, by failure, by
 * signal. Only what was registered here is touched, by its own pid.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';

const GRACE_MS = 5000;
const pending = new Set();

process.on('exit', () => {
	for (const end of [...pending].reverse())
		end();
});
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143],
	['SIGHUP', 129]])
	process.on(signal, () => process.exit(code));

/* Calls end, which must not wait for promises, unless the result is called. */
export function atEnd(end) {
	pending.add(end);
	return () => pending.delete(end);
}

/*
 * Starts a program in a process group of its own, so that its children can be
 * ended with it. onLine gets the lines of both its streams; child.done resolves
 * to { code, signal } and rejects when the program is not to be found.
 */
export function startProcess(file, args, { env, cwd, onLine = () => {} }) {
	const child = spawn(file, args, { env, cwd, detached: true,
		stdio: ['ignore', 'pipe', 'pipe'] });
	const forget = atEnd(() => {
		signalGroup(child, 'SIGTERM');
		waitGone(child);
		signalGroup(child, 'SIGKILL');
	});

	child.done = once(child, 'exit').then(([code, signal]) => {
		signalGroup(child, 'SIGKILL');
		forget();
		return { code, signal };
	});
	child.done.catch(forget);
	eachLine(child.stdout, onLine);
	eachLine(child.stderr, onLine);
	return child;
}

/* SIGTERM, then SIGKILL for who does not listen; resolves to how it ended. */
export async function stopProcess(child) {
	const timer = setTimeout(() => signalGroup(child, 'SIGKILL'),
		GRACE_MS);

	if (child.exitCode === null && child.signalCode === null)
		child.kill('SIGTERM');
	try {
		return await child.done;
	} finally {
		clearTimeout(timer);
	}
}

function signalGroup(child, signal) {
	try {
		process.kill(-child.pid, signal);
	} catch (error) {
		if (error.code !== 'ESRCH')
			throw error;
	}
}

/* At exit no event comes any more, hence the look instead of the wait. */
function waitGone(child) {
	const sleep = new Int32Array(new SharedArrayBuffer(4));

	for (let waited = 0; waited < GRACE_MS && runs(child.pid); waited += 10)
		Atomics.wait(sleep, 0, 0, 10);
}

/* A dead child that nobody has waited for still has its number. */
function runs(pid) {
	try {
		const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');

		return !/\) [ZX] /.test(stat);
	} catch {
		return false;
	}
}

function eachLine(stream, onLine) {
	let rest = '';

	stream.setEncoding('utf8');
	stream.on('data', (text) => {
		const lines = (rest + text).split('\n');

		rest = lines.pop();
		lines.forEach(onLine);
	});
	stream.on('end', () => rest !== '' && onLine(rest));
}
