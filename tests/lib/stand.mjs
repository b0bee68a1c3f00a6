/*
 * A stand: tollgate as people meet it, behind a real lighttpd and on a fresh
 * database, all private to the test and gone after it.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd, startProcess, stopProcess } from './cleanup.mjs';
import { freshDatabase, givenDatabase } from './database.mjs';
import { request } from './http.mjs';
import { readLetters, writeLetters } from './letters.mjs';
import { PROGRAM, SOURCE, workDir } from './paths.mjs';

const run = promisify(execFile);
const START_MS = 15000;
const PORT_TRIES = 5;
let count = 0;

/*
 * startStand({ name, config, env, bodyKib, databaseUrl }) - start one and wait
 * for health
 *
 * name     for the log, letters and digits
 * config   settings over DEFAULTS, as { 'section.key': value }; true and false
 *          become on and off, null leaves a setting out; or a function that
 *          gets the stand's url and returns them
 * env      further environment variables of the program
 * bodyKib  largest body lighttpd passes on, in KiB
 * databaseUrl  of an empty database to use; else it gets a fresh one
 *
 * Resolves to an object with
 *
 * url            http://127.0.0.1:port, no slash at the end
 * dir            its directory; conf, socket: paths in it
 * pids           { tollgate, lighttpd }; tollgate's changes with restart()
 * psql(sql)      rows as objects, in the stand's database as its owner
 * letters()      the outbox, opened; writeLetters(recipients) adds to it and
 *                resolves to ids (letters.mjs)
 * log()          what the program has logged so far: objects, or { text }
 * forgetLog()    the same, for the last time
 * tollgate(args, input)   runs a command on this configuration; resolves to
 *                { stdout, stderr }, rejects when it fails
 * halt(), start()   ends and starts the program only; halt() resolves to its
 *                { code, signal }
 * restart()      both
 * stop()         ends everything; resolves like halt()
 */
export async function startStand({ name = 'stand', config = {}, env = {},
	bodyKib = 4096, databaseUrl } = {}) {
	const stand = new Stand(name, env);

	try {
		await stand.open(config, bodyKib, databaseUrl);
		return stand;
	} catch (error) {
		await stand.stop();
		throw error;
	}
}

/* Cheap hashes, no limits: what most tests are not about. */
function defaults(stand) {
	return {
		'server.url': stand.url,
		'server.secret': 'stand-secret-0123456789abcdefABCDEF',
		'server.socket': stand.socket,
		'server.templates': path.join(SOURCE, 'templates'),
		'server.assets': path.join(SOURCE, 'www'),
		'server.migrations': path.join(SOURCE, 'sql'),
		'server.strict_views': true,
		'worker.count': 4,
		'db.url': stand.database.url,
		'password.memory_kib': 64,
		'password.passes': 1,
		'rate_limit.enabled': false,
	};
}

class Stand {
	#lines = [];
	#lighttpd = null;
	#program = null;
	#forget;

	constructor(name, env) {
		this.name = name;
		this.id = `${process.pid}_${count++}`;
		this.dir = path.join(workDir(), `s${this.id}`);
		this.conf = path.join(this.dir, 'tollgate.conf');
		this.socket = path.join(this.dir, 'app.sock');
		this.env = { ...withoutSettings(process.env), ...env };
		fs.mkdirSync(path.join(this.dir, 'tmp'), { recursive: true });
		this.#forget = atEnd(() => this.#remove());
	}

	get pids() {
		return { tollgate: this.#program?.pid,
			lighttpd: this.#lighttpd?.pid };
	}

	async open(config, bodyKib, databaseUrl) {
		const migrate = (url) => this.#migrate(url);

		this.database = await (databaseUrl === undefined ?
			freshDatabase(`stand_${this.id}`, migrate) :
			givenDatabase(databaseUrl, migrate));
		[this.#lighttpd, this.url] = await startLighttpd(this, bodyKib);
		this.settings = { ...defaults(this), ...typeof config ===
			'function' ? config(this.url) : config };
		writeConfig(this.conf, this.settings);
		await this.start();
	}

	async start() {
		this.#program = startProcess(PROGRAM,
			['serve', '--config', this.conf], { env: this.env,
				onLine: (line) => this.#lines.push(line) });
		await this.#healthy(this.#program);
	}

	halt() {
		return stopProcess(this.#program);
	}

	async restart() {
		await this.halt();
		await this.start();
	}

	psql(sql) {
		return this.database.query(sql);
	}

	letters() {
		return readLetters((sql) => this.psql(sql),
			this.settings['server.secret']);
	}

	writeLetters(recipients, secret = this.settings['server.secret']) {
		return writeLetters((sql) => this.psql(sql), secret,
			recipients);
	}

	log() {
		return this.#lines.map((line) => {
			try {
				return JSON.parse(line);
			} catch {
				return { text: line };
			}
		});
	}

	forgetLog() {
		const lines = this.log();

		this.#lines = [];
		return lines;
	}

	tollgate(args, input = '') {
		return runProgram([...args, '--config', this.conf], this.env,
			input);
	}

	async stop() {
		const ended = this.#program === null ? null : await this.halt();

		if (this.#lighttpd !== null)
			await stopProcess(this.#lighttpd);
		await this.database?.drop();
		this.#remove();
		this.#forget();
		return ended;
	}

	#remove() {
		fs.rmSync(this.dir, { recursive: true, force: true });
	}

	async #migrate(url) {
		const conf = path.join(this.dir, 'migrate.conf');

		writeConfig(conf, {
			'server.url': 'http://127.0.0.1',
			'server.secret': 'stand-secret-0123456789abcdefABCDEF',
			'server.migrations': path.join(SOURCE, 'sql'),
			'db.url': url,
		});
		await runProgram(['migrate', '--config', conf], this.env, '');
	}

	/* lighttpd holds a request back while the socket refuses: look first. */
	async #answers() {
		return await connects({ path: this.socket }) &&
			await request(this.url, { path: '/auth/health' }).then(
				(response) => response.status === 200,
				() => false);
	}

	async #healthy(program) {
		const until = Date.now() + START_MS;
		let ended = null;

		program.done.then((how) => ended = how, (error) => ended = error);
		while (ended === null && Date.now() < until) {
			if (await this.#answers())
				return;
			await pause(10);
		}
		throw new Error(`${this.name}: ${PROGRAM} serve ` + (ended ?
			`ended (${ended.message ?? JSON.stringify(ended)})` :
			'does not answer /auth/health') +
			'\n' + this.#lines.slice(-20).join('\n'));
	}
}

function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/* A developer's own settings must not decide what a test sees. */
function withoutSettings(env) {
	return Object.fromEntries(Object.entries(env).filter(
		([name]) => !name.startsWith('TOLLGATE_')));
}

function runProgram(args, env, input) {
	const running = run(PROGRAM, args, { env });

	running.child.stdin.on('error', () => {});	/* it may not read */
	running.child.stdin.end(input);
	return running;
}

function writeConfig(file, settings) {
	const words = new Map([[true, 'on'], [false, 'off']]);
	const sections = new Map();

	for (const [name, value] of Object.entries(settings)) {
		const [section, key] = name.split('.');
		const lines = sections.get(section) ?? [];

		if (value !== null)
			lines.push(`${key} = ${words.get(value) ?? value}`);
		sections.set(section, lines);
	}
	fs.writeFileSync(file, [...sections].map(([section, lines]) =>
		[`[${section}]`, ...lines, ''].join('\n')).join('\n'),
	{ mode: 0o600 });
}

/* Between our look for a free port and its bind somebody may take it. */
async function startLighttpd(stand, bodyKib) {
	for (let left = PORT_TRIES; ; left--) {
		const port = await freePort();
		const child = lighttpdOn(stand, port, bodyKib);

		if (await listening(child, port))
			return [child, `http://127.0.0.1:${port}`];
		await stopProcess(child);
		if (left === 1)
			throw new Error('lighttpd does not start:\n' +
				child.lines.join('\n'));
	}
}

function lighttpdOn(stand, port, bodyKib) {
	const conf = path.join(stand.dir, 'lighttpd.conf');
	const lines = [];

	fs.writeFileSync(conf, lighttpdConfig(stand, port, bodyKib));
	return Object.assign(startProcess('lighttpd', ['-D', '-f', conf], {
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
		onLine: (line) => lines.push(line),
	}), { lines });
}

/*
 * A web server that refuses nothing: odd paths reach the program, whose own
 * answer is what the tests ask for. Without disable-time a program that has
 * been started again is found at once.
 */
function lighttpdConfig(stand, port, bodyKib) {
	return `server.modules = ( "mod_fastcgi" )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${stand.dir}/tmp"
server.upload-dirs = ( "${stand.dir}/tmp" )
server.max-request-size = ${bodyKib}
server.max-request-field-size = 16384
server.stream-request-body = 0
server.stream-response-body = 1
server.http-parseopts = (
  "url-normalize" => "enable",
  "url-normalize-unreserved" => "enable",
  "url-normalize-required" => "enable",
  "url-ctrls-reject" => "enable",
  "url-path-2f-decode" => "disable",
  "url-path-2f-reject" => "disable",
  "url-path-dotseg-remove" => "disable",
  "url-path-dotseg-reject" => "disable"
)
fastcgi.server = ( "/" => ((
  "socket" => "${stand.socket}",
  "check-local" => "disable",
  "disable-time" => 0,
  "connect-timeout" => 3,
  "read-timeout" => 30,
  "write-timeout" => 30
)) )
`;
}

function freePort() {
	return new Promise((resolve, reject) => {
		const server = net.createServer();

		server.on('error', reject);
		server.listen(0, '127.0.0.1', () => {
			const { port } = server.address();

			server.close(() => resolve(port));
		});
	});
}

async function listening(child, port) {
	const until = Date.now() + START_MS;
	let ended = false;

	child.done.then(() => ended = true, () => ended = true);
	while (!ended && Date.now() < until) {
		if (await connects({ host: '127.0.0.1', port }))
			return !ended;
		await pause(10);
	}
	return false;
}

function connects(address) {
	return new Promise((resolve) => {
		const socket = net.connect(address);

		socket.on('error', () => resolve(false));
		socket.on('connect', () => {
			socket.destroy();
			resolve(true);
		});
	});
}
