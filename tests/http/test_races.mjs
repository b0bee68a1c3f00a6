/*
 * A hundred at once: what may happen once happens once, and nobody is told of
 * an accident.
 */
import { after, before, eventually, is, ok, PASSWORD, patiently, person,
	request, secret, stand, test, times } from './suite.mjs';

const CROWD = 100;
/* Of hash_slot_take; a transaction that collided too often has none. */
const REASONS = ['too many passwords wait for hashing', 'no hash slot in time'];

let at;

before(async () => {
	at = await stand({ name: 'races', config: { 'worker.count': 8,
		'user.delete': true, 'user.delete_verification': true,
		'one_time_token.enabled': true } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

function counts(answers) {
	const seen = {};

	for (const { status } of answers)
		seen[status] = (seen[status] ?? 0) + 1;
	return JSON.stringify(seen);
}

/* Of a hundred exactly one has this status, the others the other one. */
function oneWins(answers, status, other) {
	is(counts(answers), JSON.stringify({ [status]: 1,
		[other]: CROWD - 1 }), 'the statuses');
}

function post(path, body) {
	return patiently(() => request(at.url, { method: 'POST', path,
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify(body) }));
}

test('a hundred sign-ups of one address make one user', async () => {
	const email = `crowd${process.pid}@example.com`;
	const answers = await times(CROWD, (i) => post(
		'/api/auth/sign-up/email', {
			name: `Crowd ${i}`, password: PASSWORD,
			email: i % 2 ? email : email.toUpperCase()
				.replace('EXAMPLE.COM', 'example.com') }));
	const [{ users, wallets, sessions }] = await at.psql(`SELECT
		(SELECT count(*) FROM users WHERE email = '${email}') AS users,
		(SELECT count(*) FROM wallets w JOIN users u ON u.id = w.id
			WHERE email = '${email}') AS wallets,
		(SELECT count(*) FROM sessions s JOIN users u
			ON u.id = user_id WHERE email = '${email}') AS sessions`);

	oneWins(answers, 200, 422);
	is(users, 1, 'the number of users');
	is(wallets, 1, 'the number of their wallets');
	is(sessions, 1, 'the number of their sessions');
});

/* ---- links in letters ------------------------------------------------------ */

/* The token in the newest letter of a kind to somebody. */
async function tokenOf(kind, to) {
	const letter = await eventually(`a letter ${kind}`, async () =>
		(await at.letters()).findLast((one) => one.kind === kind &&
			one.recipient === to));
	const url = new URL(letter.url);

	return secret(url.searchParams.get('token') ??
		url.pathname.split('/').at(-1));
}

async function audited(action, who) {
	return (await at.psql(`SELECT id FROM audit WHERE action = '${action}'
		AND target_id = '${who.id}'`)).length;
}

test('a link to a new password works once', async () => {
	const who = await person(at);

	await who.json('/api/auth/request-password-reset', { email: who.email });

	const token = await tokenOf('reset-password', who.email);
	const answers = await times(CROWD, (i) => post(
		'/api/auth/reset-password', { token,
			newPassword: `password number ${i}` }));
	const won = answers.findIndex(({ status }) => status === 200);

	oneWins(answers, 200, 400);
	is((await post('/api/auth/sign-in/email', { email: who.email,
		password: `password number ${won}` })).status, 200,
	'the status with the password that won');
	is((await at.psql(`SELECT id FROM letters WHERE recipient =
		'${who.email}' AND kind = 'password-changed'`)).length, 1,
	'the number of letters about it');
});

test('a link that verifies a new address moves it once', async () => {
	const who = await person(at), next = `new.${who.email}`;

	await who.json('/api/auth/change-email', { newEmail: next });

	const token = await tokenOf('verify-email', next);
	const answers = await times(CROWD, () => request(at.url,
		{ path: `/api/auth/verify-email?token=${token}` }));

	oneWins(answers, 200, 401);
	is((await who.session()).user.email, next, 'the address');
	is(await audited('email.change', who), 1, 'how often it was written');
});

test('a link that verifies an address says yes to all, and does it once',
	async () => {
		const who = await person(at);

		await who.json('/api/auth/send-verification-email',
			{ email: who.email });

		const token = await tokenOf('verify-email', who.email);
		const answers = await times(CROWD, () => request(at.url,
			{ path: `/api/auth/verify-email?token=${token}` }));

		is(counts(answers), JSON.stringify({ 200: CROWD }),
			'the statuses');
		is((await who.session()).user.emailVerified, true,
			'emailVerified');
		is(await audited('email.verify', who), 1,
			'how often it was written');
	});

test('a link that ends an account works once', async () => {
	const who = await person(at);

	await who.json('/api/auth/delete-user', {});

	const token = await tokenOf('delete-account', who.email);
	const answers = await times(CROWD, () => who.get(
		`/api/auth/delete-user/callback?token=${token}`));

	oneWins(answers, 200, 404);
	is((await at.psql(`SELECT id FROM users WHERE id = '${who.id}'`)).length,
		0, 'the number of users');
});

/* ---- tokens ---------------------------------------------------------------- */

test('a session is handed on once', async () => {
	const who = await person(at);
	const { token } = (await who.get('/api/auth/one-time-token/generate'))
		.json();
	const answers = await times(CROWD, () => post(
		'/api/auth/one-time-token/verify', { token: secret(token) }));

	oneWins(answers, 200, 400);
	is(answers.filter(({ cookies }) => cookies.length > 0).length, 1,
		'how many got a cookie');
});

/* ---- afterwards ------------------------------------------------------------ */

test('who was sent away had come to have a password hashed', () => {
	for (const { status, reason } of at.log())
		ok(status !== 503 || REASONS.includes(reason),
			`503: ${reason}`);
});
