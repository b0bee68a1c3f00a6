/*
 * What the files of tests/mail share: an authority for certificates, mail
 * servers (server.mjs) and stands that send there.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { atEnd, startProcess, stopProcess } from '../lib/cleanup.mjs';
import { SOURCE, workDir } from '../lib/paths.mjs';
import { eventually, secret, stand as startStand } from '../http/suite.mjs';

export const USER = 'tollgate';
export const PASSWORD = secret('mailpassword0123456789');

const TIMEOUT_SECONDS = 2;
export const LEASE_MS = 2 * TIMEOUT_SECONDS * 1000;

const dir = path.join(workDir(), `mail${process.pid}`);

/* ---- certificates ---------------------------------------------------------- */

function openssl(...args) {
	execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
}

/* An authority of our own, and what it says about 127.0.0.1; once a run. */
function makeCertificates() {
	if (fs.existsSync(dir))
		return;

	const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
		'-nodes', '-days', '2'];

	fs.mkdirSync(dir, { recursive: true });
	atEnd(() => fs.rmSync(dir, { recursive: true, force: true }));
	openssl('req', '-x509', ...key, '-subj', '/CN=Test authority',
		'-keyout', 'ca.key', '-out', 'ca.pem');
	openssl('req', '-x509', ...key, '-subj', '/CN=mail', '-addext',
		'subjectAltName=IP:127.0.0.1', '-addext',
		'basicConstraints=critical,CA:FALSE', '-CA', 'ca.pem',
		'-CAkey', 'ca.key', '-keyout', 'mail.key', '-out', 'mail.pem');
}

/* ---- the mail server ------------------------------------------------------- */

export class MailServer {
	#process = null;
	#options;

	constructor(name, options = {}) {
		makeCertificates();
		this.store = path.join(dir, `${name}.jsonl`);
		this.events = [];
		this.#options = { port: 0, store: this.store,
			key: path.join(dir, 'mail.key'),
			cert: path.join(dir, 'mail.pem'),
			user: USER, password: PASSWORD, ...options };
	}

	async start() {
		const events = [];

		this.#process = startProcess(process.execPath,
			[path.join(SOURCE, 'tests/mail/server.mjs'),
				JSON.stringify(this.#options)], { env: process.env,
				onLine: (line) => this.#hear(line, events) });
		await eventually('the mail server listens', () =>
			events.some(({ event }) => event === 'listening'));
		this.#options.port = this.port;
		return this;
	}

	#hear(line, events) {
		const said = line.startsWith('{') ? JSON.parse(line) :
			{ event: 'text', line };

		events.push(said);
		this.events.push(said);
		if (said.event === 'listening')
			this.port = said.port;
		this.onEvent?.(said);
	}

	get ended() {
		return this.#process.done;
	}

	async kill() {
		this.#process.kill('SIGKILL');
		await this.#process.done;
	}

	stop() {
		return stopProcess(this.#process);
	}

	delivered() {
		return fs.existsSync(this.store) ? fs.readFileSync(this.store,
			'utf8').split('\n').filter(Boolean).map(JSON.parse) : [];
	}

	/* What a stand needs to send here. */
	settings(more = {}) {
		const scheme = this.#options.secure ? 'smtps' : 'smtp';

		return { 'mail.smtp_url': `${scheme}://127.0.0.1:${this.port}`,
			'mail.ca_file': path.join(dir, 'ca.pem'), 'mail.user': USER,
			'mail.password': PASSWORD, 'mail.timeout': TIMEOUT_SECONDS,
			'mail.retry_first': 1, 'mail.retry_most': 1, ...more };
	}
}

export function standFor(server, more = {}) {
	return startStand({ name: 'mail', config: { 'worker.count': 2,
		...server.settings(more) } });
}

/* A server and a stand that sends there, for work alone. */
export async function withMail(name, { server = {}, config = {} }, work) {
	const mail = await new MailServer(name, server).start();
	let stand = null;

	try {
		stand = await standFor(mail, config);
		await work(stand, mail);
	} finally {
		await stand?.stop();
		await mail.stop();
	}
}

/* ---- the outbox ------------------------------------------------------------ */

/* Resolves to a letter that has come to a state, with such an error. */
export function letterIs(stand, state, pattern = /^/) {
	return eventually(`a letter is ${state}`, async () =>
		(await stand.letters()).find((letter) =>
			letter.state === state && pattern.test(letter.error ?? '')));
}
