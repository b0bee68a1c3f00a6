/*
 * What the files of tests/http share: how a promise is written down, the words
 * it is checked with, and people with browsers.
 *
 * A file calls test() for each promise, before() once for what they need and
 * after() for what has to go. Stands come from stand(), people from Person:
 * what they may see of secrets is remembered, and at the end of the run no log
 * may hold any of it.
 */
import { Browser, request } from '../lib/http.mjs';
import { startStand } from '../lib/stand.mjs';

export { request };
export const SESSION = 'better-auth.session_token';
export const PASSWORD = 'correcthorsebatterystaple';
export const FORM = 'application/x-www-form-urlencoded';
const SECRET_RUN = /[A-Za-z0-9]{16,}/g;

/* ---- promises -------------------------------------------------------------- */

let file = null;

/* Takes down what a file promises while load, its import, runs. */
export async function collect(load) {
	file = { before: async () => {}, after: async () => {}, tests: [] };
	await load();
	return file;
}

export function test(promise, work) {
	file.tests.push({ promise, work });
}

export function before(work) {
	file.before = work;
}

export function after(work) {
	file.after = work;
}

/* ---- words ----------------------------------------------------------------- */

export function ok(truth, text) {
	if (!truth)
		throw new Error(text);
}

export function is(got, wanted, what = 'it') {
	ok(got === wanted, `${what} is ${JSON.stringify(got)}, not ` +
		JSON.stringify(wanted));
}

export function matches(text, pattern, what = 'it') {
	ok(pattern.test(text), `${what} is ${JSON.stringify(
		String(text).slice(0, 300))}, which is not ${pattern}`);
}

export function oneOf(got, wanted, what = 'it') {
	ok(wanted.includes(got), `${what} is ${JSON.stringify(got)}, none of ` +
		JSON.stringify(wanted));
}

export function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/* Resolves to what look() gives as soon as that is true. */
export async function eventually(what, look, ms = 15000) {
	const until = Date.now() + ms;

	for (;;) {
		const seen = await look();

		if (seen)
			return seen;
		ok(Date.now() < until, `not within ${ms} ms: ${what}`);
		await pause(20);
	}
}

export function times(count, work) {
	return Promise.all(Array.from({ length: count }, (_, i) => work(i)));
}

/*
 * Asks again when told to: whoever comes while as many passwords as may be wait
 * for hashing is sent away at once, and on a loaded machine a few sign-ups at
 * the same time are as many. Any other 503 is an answer.
 */
export async function patiently(ask) {
	for (;;) {
		const answer = await ask();

		if (answer.status !== 503 || !answer.text.includes('"BUSY"'))
			return answer;
		await pause(answer.header('retry-after') * 1000);
	}
}

/* ---- secrets and logs ------------------------------------------------------ */

const secrets = new Set();
const stands = [];

export async function stand(options) {
	const started = await startStand(options);

	stands.push(started);
	return started;
}

/* No log may hold what is long and random in text from now on. */
export function secret(text) {
	for (const [run] of String(text).matchAll(SECRET_RUN))
		secrets.add(run);
	return text;
}
secret(PASSWORD);

export function logLines() {
	return stands.flatMap((started) => started.log());
}

function none(lines, what) {
	ok(lines.length === 0, `${lines.length} lines of log ${what}:\n` +
		lines.slice(0, 3).map((line) => line.slice(0, 300)).join('\n'));
}

/* What every log must be, and may not hold: log() of a stand. */
export function linesAreJson(lines) {
	none(lines.filter(({ text, time }) => text !== undefined &&
		time === undefined).map(({ text }) => text), 'are not JSON');
}

export function linesHoldNoSecret(lines) {
	none(lines.map((line) => JSON.stringify(line)).filter((line) =>
		(line.match(SECRET_RUN) ?? []).some((run) => secrets.has(run))),
	'hold a secret');
}

function rememberSecrets(response) {
	for (const line of response.cookies)
		secret(decodeURIComponent(line.split(';')[0].split('=')
			.slice(1).join('=')).replace(/^flash:.*\./, ''));
	for (const [, token] of response.text.matchAll(
		/"token":"([A-Za-z0-9]{32})"|name="csrf" value="([^"]+)"/g))
		secret(token ?? '');
}

/* ---- people ---------------------------------------------------------------- */

let people = 0;

export function csrfOf(html) {
	return /name="csrf" value="([^"]+)"/.exec(html)?.[1];
}

export class Person extends Browser {
	constructor(at, origin = at.url) {
		super(at.url);
		this.at = at;
		this.says = origin;
		this.email = `p${process.pid}x${people++}@example.com`;
	}

	/* As a browser behaves: it names where it comes from. */
	async send(method, path, { headers = {}, body = null } = {}) {
		const list = Array.isArray(headers) ? headers :
			Object.entries(headers);
		const response = await super.send(method, path, { body,
			headers: [...list.filter(([name]) => name !== 'Origin'),
				...(['GET', 'HEAD'].includes(method) ? [] :
					[['Origin', this.says]])] });

		rememberSecrets(response);
		return response;
	}

	async signUp() {
		const response = await patiently(() => this.json(
			'/api/auth/sign-up/email', { name: 'A Person',
				email: this.email, password: PASSWORD }));

		is(response.status, 200, 'the status of a sign-up');
		this.id = response.json().user.id;
		return this;
	}

	async signIn(more = {}) {
		const response = await patiently(() => this.json(
			'/api/auth/sign-in/email', { email: this.email,
				password: PASSWORD, ...more }));

		is(response.status, 200, 'the status of a sign-in');
		return response;
	}

	/* A second browser of the same person. */
	async another(more) {
		const other = new Person(this.at, this.says);

		other.email = this.email;
		other.id = this.id;
		await other.signIn(more);
		return other;
	}

	async become(role) {
		await this.at.psql(`UPDATE users SET role = '${role}'
			WHERE id = '${this.id}'`);
		return this;
	}

	isSignedIn() {
		return [SESSION, `__Secure-${SESSION}`].some(
			(name) => this.jar.get(name) !== undefined);
	}

	/* The token a form of a page would send. */
	async csrf(path) {
		const page = await this.get(path ??
			(this.isSignedIn() ? '/account' : '/login'));
		const token = csrfOf(page.text);

		ok(token, `no form token in ${path} (${page.status})`);
		return token;
	}

	async post(path, fields = {}) {
		return this.form(path, { csrf: await this.csrf(), ...fields });
	}

	async session() {
		return (await this.get('/api/auth/get-session')).json();
	}
}

export async function person(at, role = 'user') {
	const someone = await new Person(at).signUp();

	return role === 'user' ? someone : someone.become(role);
}

/* Resolves when three workers have answered look(), all to our liking. */
export async function onEveryWorker(who, path, look) {
	const pids = new Set();
	const since = who.at.log().length;

	await eventually('three workers were asked', async () => {
		const answers = await times(12, () => who.get(path));
		const ids = answers.map((answer) =>
			answer.header('x-request-id'));

		answers.forEach(look);
		for (const line of who.at.log().slice(since))
			if (ids.includes(line.requestId))
				pids.add(line.pid);
		return pids.size >= 3;
	});
}

/* What was written to an address, oldest first; of one kind, unless that is
 * left out. */
export async function lettersTo(at, email, kind) {
	return (await at.letters()).filter((letter) =>
		letter.recipient === email &&
		(kind === undefined || letter.kind === kind));
}
