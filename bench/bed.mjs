/*
 * A bed to measure in: lighttpd, a durable PostgreSQL full of made-up people,
 * and on the same socket, in turn, tollgate or the empty responder.
 */
import { execFile, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '../tests/lib/cleanup.mjs';
import { request } from '../tests/lib/http.mjs';
import { PROGRAM, SOURCE } from '../tests/lib/paths.mjs';
import { startStand } from '../tests/lib/stand.mjs';
import { cpuOf } from './processes.mjs';

const run = promisify(execFile);
export const SECRET = 'bench-secret-0123456789abcdefABCDEF';
const START_MS = 15000;
export const PASSWORD = 'correct horse battery staple';
export const WORKERS = 8;

/* As people.sql and tollgate make them. */
const md5 = (text) => createHash('md5').update(text).digest('hex');

/*
 * makeBed({ people, logins, config, empty }) - see people.sql for the numbers
 *
 * config  settings over those below
 * empty   path of the empty responder
 */
export async function makeBed({ people, logins = people, config = {}, empty }) {
	const stand = await startStand({ name: 'bench', config: {
		'server.secret': SECRET,
		'server.strict_views': false,
		'worker.count': WORKERS,
		'worker.retire_after': 100000000,
		/* else only root may look at their memory */
		'worker.dump_core': true,
		'password.memory_kib': 19456,
		'password.passes': 2,
		...config,
	} });
	const bed = new Bed(stand, empty);

	try {
		await bed.fill(people, logins);
		await stand.halt();
		return bed;
	} catch (error) {
		await stand.stop();
		throw error;
	}
}

class Bed {
	#stand;
	#empty;
	#child = null;

	constructor(stand, empty) {
		this.#stand = stand;
		this.#empty = empty;
		this.url = stand.url;
		this.dir = stand.dir;
		this.conf = stand.conf;
		this.socket = stand.socket;
		this.database = stand.database;
	}

	/* The hash comes from a sign-up, so it is what tollgate makes. */
	async fill(people, logins) {
		const email = 'first@example.com';
		const response = await request(this.url, { method: 'POST',
			path: '/api/auth/sign-up/email',
			headers: { 'Content-Type': 'application/json' },
			body: JSON.stringify({ name: 'First', email,
				password: PASSWORD }) });

		if (response.status !== 200)
			throw new Error(`sign-up: ${response.text}`);

		const [{ password }] = await this.database.query(
			`SELECT password FROM accounts`);

		await this.database.query('DELETE FROM users');
		await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v',
			`count=${people}`, '-v', `logins=${logins}`, '-v',
			`password=${password}`, '-d', this.database.url, '-f',
			path.join(SOURCE, 'bench/people.sql')]);
	}

	/* Starts tollgate; resolves to the milliseconds to its first answer. */
	serve() {
		return this.#run(PROGRAM, ['serve', '--config',
			this.conf]);
	}

	serveEmpty() {
		return this.#run(this.#empty, [String(WORKERS), this.socket]);
	}

	/* One worker in the foreground, with a command in front of it. */
	serveAlone(command) {
		return this.#run('spawn-fcgi', ['-n', '-s', this.socket, '--',
			'/usr/bin/env', ...command, PROGRAM, 'worker',
			'--config', this.conf]);
	}

	async #run(program, args) {
		const log = fs.openSync(path.join(this.dir, 'log'), 'w');
		const began = process.hrtime.bigint();
		const child = spawn(program, args,
			{ stdio: ['ignore', log, log], detached: true });

		fs.closeSync(log);
		child.forget = atEnd(() => end(child));
		child.ended = once(child, 'exit');
		this.#child = child;
		await this.#answer();
		return Number(process.hrtime.bigint() - began) / 1e6;
	}

	/* lighttpd holds a request back while the socket refuses: look first. */
	async #answer() {
		const until = Date.now() + START_MS;

		while (this.#child.exitCode === null && Date.now() < until) {
			if (await connects(this.socket)) {
				const { status } = await request(this.url,
					{ path: '/auth/health' });

				if (status === 200)
					return;
			}
			await pause(1);
		}
		throw new Error('no start:\n' + fs.readFileSync(
			path.join(this.dir, 'log'), 'utf8').slice(-2000));
	}

	/* A child that outlives its parent must not answer for the next one. */
	async quit() {
		this.#child.kill('SIGTERM');
		await this.#child.ended;
		for (let left = START_MS; await connects(this.socket); left--) {
			if (left === 0)
				throw new Error('a child does not end');
			await pause(1);
		}
		this.#child.forget();
		this.#child = null;
	}

	get pid() {
		return this.#child.pid;
	}

	async stop() {
		if (this.#child !== null)
			await this.quit();
		await this.#stand.stop();
	}

	/* Processor time so far, in microseconds. */
	cpu() {
		return {
			web: cpuOf(this.#stand.pids.lighttpd),
			app: cpuOf(this.#child.pid),
			database: cpuOf(postmaster()),
		};
	}

	cookie(person) {
		const token = md5(`token ${person}`);
		const signature = createHmac('sha256', SECRET).update(token)
			.digest('base64');

		return 'better-auth.session_token=' +
			encodeURIComponent(`${token}.${signature}`);
	}

	/* One request line for each of the first people. */
	lines(count, line) {
		return Array.from({ length: count }, (_, i) => ({
			cookie: this.cookie(i + 1), ...line(i + 1) }));
	}

	email(person) {
		return `person${person}.` +
			`${md5(`mail ${person}`).slice(0, 5)}@example` +
			`${person % 50}.com`;
	}
}

export const sessionCheck = () => ({ path: '/api/auth/get-session' });

export const signIn = (bed) => (person) => ({ method: 'POST', cookie: '',
	path: '/api/auth/sign-in/email',
	body: JSON.stringify({ email: bed.email(person), password: PASSWORD }) });

function postmaster() {
	return Number(fs.readFileSync(
		path.join(process.env.TG_PG, 'data/postmaster.pid'), 'latin1')
		.split('\n')[0]);
}

/* What comes after it in the cleaning up must not depend on it. */
function end(child) {
	try {
		process.kill(-child.pid);
	} catch (error) {
		if (error.code !== 'ESRCH')
			throw error;
	}
}

function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

function connects(socketPath) {
	return new Promise((resolve) => {
		const socket = net.connect({ path: socketPath });

		socket.on('error', () => resolve(false));
		socket.on('connect', () => {
			socket.destroy();
			resolve(true);
		});
	});
}
