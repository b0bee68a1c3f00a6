/*
 * The database goes away: in the middle of everything, for a while, or before
 * the service starts. A cluster of the test's own, which forgets nothing.
 */
import fs from 'node:fs';
import { ownCluster } from '../lib/cluster.mjs';
import { PASSWORD, Person, after, before, eventually, is, matches, ok, oneOf,
	pause, person, request, stand, test, times } from './suite.mjs';

const GRANT = 100000;
const WORKERS = 4;

const cluster = ownCluster();
let at, spender, spends = 0;

before(async () => {
	await cluster.start();
	at = await stand({ name: 'database',
		databaseUrl: await cluster.database('own'), config: {
		'db.deadline_ms': 2000, 'worker.count': WORKERS } });
	spender = await person(at);
	await fillWallet();
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	await cluster.stop();
});

/* ---- what it is about ------------------------------------------------------ */

async function fillWallet() {
	const admin = await person(at, 'super_admin');
	const response = await admin.send('POST', '/api/admin/credits/grant', {
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': 'the-grant' },
		body: JSON.stringify({ userId: spender.id, amount: GRANT,
			reason: 'To spend' }) });

	is(response.status, 200, `the status of the grant (${response.text})`);
}

/* ---- people who go on meanwhile -------------------------------------------- */

function spend(key) {
	return spender.send('POST', '/api/credits/spend', {
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': key },
		body: JSON.stringify({ amount: 1, reason: 'Load' }) });
}

function signUp(email) {
	return request(at.url, { method: 'POST', path: '/api/auth/sign-up/email',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ name: 'A', email, password: PASSWORD }) });
}

/* Keeps what was acknowledged, what was not, and what was said instead. */
function busyPeople() {
	const all = { spent: [], unsure: [], signedUp: [], refusals: [] };
	let going = true;
	const note = (response, name, done, undone) => {
		if (response.status === 200) {
			done.push(name);
			return;
		}
		undone?.push(name);
		all.refusals.push(response);
	};
	const lanes = times(6, async (lane) => {
		while (going) {
			const serial = ++spends;
			const key = `spend-${serial}`;
			const email = `db${process.pid}x${serial}@example.com`;

			if (lane < 3)
				note(await spend(key), key, all.spent, all.unsure);
			else if (lane < 5)
				note(await signUp(email), email, all.signedUp);
			else
				note(await spender.get('/api/me'), key, []);
			await pause(5);
		}
	});

	return { ...all, async stop() {
		going = false;
		await lanes;
	} };
}

/* Without help: nobody restarts anything but the database. A worker that found
 * none waits a little before it looks again, so all of them are asked. */
function back() {
	const since = at.log().length;

	return eventually('every worker is back', async () => {
		const answers = await times(16, () => spender.get('/api/me'));
		const pids = at.log().slice(since).filter(({ route, status }) =>
			route === '/api/me' && status === 200).map(
			({ pid }) => pid);

		return new Set(pids).size === WORKERS &&
			answers.every(({ status }) => status === 200);
	}, 30000);
}

function inList(list) {
	return `(${list.map((text) => `'${text}'`).join(', ')}, '')`;
}

/* All that was acknowledged is there, and nothing is there twice. */
async function nothingIsLost(people) {
	const [sums] = await at.psql(`SELECT
		(SELECT count(*) FROM transfers WHERE key IN
			${inList(people.spent)}) AS spent,
		(SELECT count(*) FROM users WHERE email IN
			${inList(people.signedUp)}) AS signed_up`);

	ok(people.spent.length > 0 && people.signedUp.length > 0,
		'nothing was acknowledged');
	is(sums.spent, people.spent.length, 'the number of spends');
	is(sums.signed_up, people.signedUp.length, 'the number of sign-ups');
	for (const key of people.unsure)
		is((await spend(key)).status, 200, `the second try of ${key}`);

	const [{ balance, count }] = await at.psql(`SELECT balance,
		(SELECT count(*) FROM transfers WHERE wallet_id = w.id
			AND kind = 'spend') AS count
		FROM wallets w WHERE id = '${spender.id}'`);

	is(Number(balance), GRANT - Number(count), 'the balance');
	await at.tollgate(['ledger', 'verify']);
}

function refusalsAreProper(people) {
	ok(people.refusals.length > 0, 'nobody noticed');
	for (const response of people.refusals) {
		oneOf(response.status, [502, 503], 'the status');
		ok(Number(response.header('retry-after')) >= 1,
			`no Retry-After (${response.status})`);
		is(response.cookies.length, 0, 'the number of cookies');
	}
}

/* ---- promises -------------------------------------------------------------- */

for (const [name, end] of [['killed', cluster.kill],
	['stopped', cluster.stop]])
	test(`a database ${name} under load costs 503s, and nothing told`,
		async () => {
			const people = busyPeople();

			try {
				await pause(600);
				await end();
				await pause(600);
				await cluster.start();
				await back();
				await pause(300);
			} finally {
				await people.stop();
			}
			refusalsAreProper(people);
			await nothingIsLost(people);
		});

test('connections the server ends are no reason for an error', async () => {
	for (let i = 0; i < 5; i++) {
		await at.psql(`SELECT pg_terminate_backend(pid) AS gone
			FROM pg_stat_activity WHERE application_name = 'tollgate'`);
		for (const { status } of await times(8, () =>
			spender.get('/api/me')))
			is(status, 200, 'the status of a read');
	}
});

test('a database that hangs is given up in time', async () => {
	const pid = cluster.postmaster();
	const backends = (await at.psql(`SELECT pid FROM pg_stat_activity
		WHERE application_name = 'tollgate'`)).map((row) => row.pid);

	for (const one of [pid, ...backends])
		process.kill(one, 'SIGSTOP');

	const start = Date.now();
	const answer = await spender.get('/api/me');

	for (const one of [...backends, pid])
		process.kill(one, 'SIGCONT');
	is(answer.status, 503, 'the status');
	ok(Date.now() - start < 7000, `after ${Date.now() - start} ms`);
	await back();
});

test('without a database pages say so, and programs, too', async () => {
	await cluster.stop();

	const page = await spender.get('/account');
	const data = await spender.get('/api/auth/get-session');
	const own = await spender.get('/api/me');

	is(page.status, 503, 'the status of a page');
	matches(page.header('content-type'), /^text\/html/, 'the page');
	matches(page.text, /Back in a moment/, 'the page');
	ok(!/<form[^>]*login/.test(page.text), 'it asks to sign in');
	is(data.status === 500 || data.status === 503, true, 'the contract');
	ok(data.text !== 'null', 'it says that there is no session');
	is(own.status, 503, 'the status');
	is(own.json().code, 'UNAVAILABLE', 'the code');
	for (const answer of [page, own]) {
		ok(Number(answer.header('retry-after')) >= 1, 'no Retry-After');
		is(answer.cookies.length, 0, 'the number of cookies');
	}
	is((await new Person(at).get('/login')).status, 200,
		'the status of a page that needs none');
	is((await request(at.url, { path: '/auth/health' })).status, 503,
		'the status of health');
	await cluster.start();
	await back();
});

test('a service started before its database answers 503, then recovers',
	async () => {
		await at.halt();
		await cluster.stop();

		const started = at.start();

		await eventually('it answers at all', () =>
			fs.existsSync(at.socket) && request(at.url,
				{ path: '/login' }).then(
				({ status }) => status === 200, () => false));
		is((await spender.get('/account')).status, 503, 'the status');
		await cluster.start();
		await started;
		await back();
		is((await spender.session()).user.email, spender.email,
			'the user');
	});

test('no error of the database reaches anybody', async () => {
	for (const line of at.log().filter(({ event }) => event === 'db'))
		ok(!JSON.stringify(line).includes(PASSWORD), 'a password');
});
