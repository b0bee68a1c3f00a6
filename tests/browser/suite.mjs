/*
 * What the files of tests/browser share: how a promise is written down, the
 * stands, and the people in front of the browser.
 *
 * A file calls test() for each promise and before() once for what they need;
 * its stands end by themselves.
 */
import assert from 'node:assert/strict';
import { startStand } from '../lib/stand.mjs';
import { Visitor } from './browser.mjs';

export { assert };
export const PASSWORD = 'correct horse battery staple';

let file = null;

/* Takes down what a file promises while load, its import, runs. */
export async function collect(load) {
	file = { stands: [], tests: [], before: async () => {},
		after: async () => {} };
	await load();
	return file;
}

/* Ends a file's stands, which must end well, then what they had asked. */
export async function leave({ stands, after: rest }) {
	for (const at of stands)
		assert.equal((await at.stop()).code, 0,
			'the exit status of the program');
	await rest();
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

/* ---- stands ---------------------------------------------------------------- */

const logs = [];

export async function stand(options) {
	const { stands } = file;
	const started = await startStand(options);

	stands.push(started);
	logs.push(() => started.log());
	return started;
}

/* What no journey may leave behind: errors, warnings, words of a crash. */
export function programErrors() {
	return logs.flatMap((log) => log()).filter((line) =>
		line.text !== undefined && line.time === undefined ||
		['error', 'critical'].includes(line.level) ||
		line.status === 500).map((line) => JSON.stringify(line));
}

/* ---- people ---------------------------------------------------------------- */

let people = 0;

export function freshEmail(word = 'someone') {
	return `${word}.${process.pid}.${people++}@example.com`;
}

/* Somebody made on the command line; resolves to { id, email, name }. */
export async function makeUser(at, role = 'user', name = 'Robin Field',
	email = freshEmail(role.replace('_', '-'))) {
	const { stdout } = await at.tollgate(['user', 'add', '--email', email,
		'--name', name, '--role', role], `${PASSWORD}\n`);

	return { id: stdout.trim(), email, name };
}

/* A visitor who is signed in as user; options as Visitor.open's. */
export async function signedIn(at, user, options) {
	const visitor = await Visitor.open(at, options);

	await visitor.signIn(user.email, PASSWORD);
	return visitor;
}

/* A fresh user of that role in a browser of their own. */
export async function someone(at, role, options) {
	const user = await makeUser(at, role);
	const visitor = await signedIn(at, user, options);

	return Object.assign(visitor, { user });
}
