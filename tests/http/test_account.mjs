/*
 * Accounts: how one ends, the ways to sign in that belong to it, and what its
 * owner hears of what others do with it.
 */
import { PASSWORD, Person, after, before, is, lettersTo, matches, ok, person,
	secret, stand, test } from './suite.mjs';

const DELETE = '/api/auth/delete-user';
const UNLINK = '/api/auth/unlink-account';
const STALE = `created_at = now() - '25 hours'::interval`;

let at, byLetter;

before(async () => {
	const config = { 'user.delete': true, 'mail.per_recipient': 0,
		'server.client_address': 'forwarded', 'admin.enabled': true };

	[at, byLetter] = await Promise.all([
		stand({ name: 'account', config }),
		stand({ name: 'byletter', config: { ...config,
			'user.delete_verification': true } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await byLetter.stop()).code, 0, 'the exit status');
});

async function exists({ id }, on = at) {
	return (await on.psql(`SELECT id FROM users WHERE id = '${id}'`))
		.length === 1;
}

const code = (response) => response.json().code;

/* ---- the end --------------------------------------------------------------- */

test('an account ends with all that is its user\'s, but for history',
	async () => {
		const who = await person(at);
		const admin = await person(at, 'super_admin');

		await admin.send('POST', '/api/admin/credits/grant', {
			body: JSON.stringify({ userId: who.id, amount: 5,
				reason: 'Before' }), headers: {
				'Content-Type': 'application/json',
				'Idempotency-Key': `end-${who.id}` } });
		await at.psql(`INSERT INTO orders (id, user_id, email,
			description, credits, amount_minor, currency, created_at,
			updated_at) VALUES ('${'7'.repeat(32)}', '${who.id}',
			'${who.email}', 'Credits', 1, 1, 'EUR', now(), now())`);
		await who.json('/api/auth/request-password-reset',
			{ email: who.email });

		const other = await who.another();
		const ended = await who.json(DELETE, { password: PASSWORD });

		is(ended.text, '{"success":true,"message":"User deleted"}',
			'the answer');
		is(await other.session(), null, 'another session');

		const [left] = await at.psql(`SELECT
			(SELECT count(*) FROM users WHERE id = '${who.id}') AS u,
			(SELECT count(*) FROM accounts
				WHERE user_id = '${who.id}') AS a,
			(SELECT count(*) FROM sessions
				WHERE user_id = '${who.id}') AS s,
			(SELECT count(*) FROM verifications
				WHERE user_id = '${who.id}') AS v,
			(SELECT count(*) FROM transfers
				WHERE wallet_id = '${who.id}') AS transfers,
			(SELECT count(*) FROM orders
				WHERE email = '${who.email}') AS orders,
			(SELECT string_agg(action, ' ' ORDER BY id) FROM audit
				WHERE target_id = '${who.id}') AS audit`);

		is(JSON.stringify([left.u, left.a, left.s, left.v]), '[0,0,0,0]',
			'what is left of the user');
		is(left.transfers, 1, 'the number of transfers');
		is(left.orders, 1, 'the number of orders');
		matches(left.audit, /user\.delete$/, 'the audit');
		is((await who.signUp()).id === undefined, false,
			'a new account of the address');
	});

test('a password, or a session that is fresh, is asked for', async () => {
	const who = await person(at);

	is(code(await who.json(DELETE, { password: 'wrong wrong' })),
		'INVALID_PASSWORD', 'the code');
	is(code(await who.json(DELETE, { password: 'x'.repeat(129) })),
		'PASSWORD_TOO_LONG', 'the code');
	await at.psql(`UPDATE sessions SET ${STALE} WHERE user_id =
		'${who.id}'`);
	is(code(await who.json(DELETE, {})), 'SESSION_EXPIRED', 'the code');
	ok(await exists(who), 'the user is gone');
	is((await who.json(DELETE, { password: PASSWORD })).status, 200,
		'the status');
	ok(!await exists(who), 'the user is there');
});

test('a link deletes its own user only, and is not used up by others',
	async () => {
		const who = await person(byLetter);
		const other = await person(byLetter);

		is((await who.json(DELETE, { callbackURL: '/bye' })).text,
			'{"success":true,"message":"Verification email sent"}',
			'the answer');

		const [{ url }] = await lettersTo(byLetter, who.email,
			'delete-account');
		const path = secret(url).replace(byLetter.url, '');
		const token = new URL(url).searchParams.get('token');

		is(code(await other.get(path)), 'INVALID_TOKEN', 'of another');
		is(code(await other.json(DELETE, { token })), 'INVALID_TOKEN',
			'of another');
		is(code(await new Person(byLetter).get(path)),
			'FAILED_TO_GET_USER_INFO', 'of nobody');
		ok(await exists(who, byLetter), 'the user is gone');

		const done = await who.get(path);

		is(done.header('location'), '/bye', 'the place to go');
		ok(!await exists(who, byLetter), 'the user is there');
		ok(!who.isSignedIn(), 'a session is left');
	});

test('a person types the address, and the password', async () => {
	const who = await person(at);
	const form = (fields) => who.post('/account/delete', {
		email: who.email, password: PASSWORD, ...fields });

	matches((await who.get('/account')).text, /href="\/account\/delete"/,
		'the page');

	const typo = await form({ email: 'a@example.com' });

	is(typo.status, 400, 'the status');
	matches(typo.text, /not the address of your account/, 'the page');
	is((await form({ password: 'wrong wrong' })).status, 400, 'the status');
	ok(await exists(who), 'the user is gone');
	is((await form({ email: who.email.toUpperCase() })).header('location'),
		'/login', 'the place to go');
	ok(!await exists(who), 'the user is there');
});

test('on our pages, too, a letter comes first where that is wanted',
	async () => {
		const who = await person(byLetter);

		is((await who.post('/account/delete', { email: who.email,
			password: PASSWORD })).header('location'), '/account',
		'the place to go');

		const [{ url }] = await lettersTo(byLetter, who.email,
			'delete-account');
		const done = await who.get(secret(url).replace(byLetter.url, ''));

		is(done.header('location'), '/login', 'the place to go');
		ok(!await exists(who, byLetter), 'the user is there');
	});

test('where users may not delete themselves, nothing says they could',
	async () => {
		const closed = await stand({ name: 'noend' });
		const who = await person(closed);
		const answer = await who.json(DELETE, {});

		is(answer.status, 404, 'the status');
		is(answer.body.length, 0, 'the size of the body');
		is(code(await who.get(`${DELETE}/callback?token=x`)),
			'NOT_FOUND', 'the code');
		is((await who.get('/account/delete')).status, 404, 'the page');
		ok(!(await who.get('/account')).text.includes('/account/delete'),
			'there is a link');
		is((await closed.stop()).code, 0, 'the exit status');
	});

test('who acts as somebody neither deletes nor moves them', async () => {
	const admin = await person(at, 'super_admin');
	const who = await person(at);

	is((await admin.json('/api/auth/admin/impersonate-user',
		{ userId: who.id })).status, 200, 'the status');
	for (const [path, body] of [[DELETE, {}], [DELETE,
		{ password: PASSWORD }], ['/api/auth/change-email',
		{ newEmail: 'x@example.com' }], [UNLINK, { accountId: 'x' }]])
		is((await admin.json(path, body)).status, 403, path);
	for (const path of ['/account/email', '/account/delete'])
		is((await admin.get(path)).status, 403, path);
	ok(await exists(who), 'the user is gone');
});

/* ---- ways to sign in ------------------------------------------------------- */

test('of several ways to sign in one is given up, but never the last',
	async () => {
		const who = await person(at), other = await person(at);
		const accounts = async (of) => (await of.get(
			'/api/auth/list-accounts')).json();
		const [own] = await accounts(who), [foreign] =
			await accounts(other);

		is(code(await who.json(UNLINK, { accountId: own.id })),
			'FAILED_TO_UNLINK_LAST_ACCOUNT', 'the code');
		await at.psql(`INSERT INTO accounts (id, user_id, provider_id,
			account_id, created_at, updated_at) VALUES
			('${own.id}x', '${who.id}', 'github', '${who.id}', now(),
			now())`);
		for (const accountId of ['none', foreign.id])
			is(code(await who.json(UNLINK, { accountId })),
				'ACCOUNT_NOT_FOUND', 'the code');
		await at.psql(`UPDATE sessions SET ${STALE}
			WHERE user_id = '${who.id}'`);
		is(code(await who.json(UNLINK, { accountId: `${own.id}x` })),
			'SESSION_NOT_FRESH', 'the code');
		await who.signIn();
		is((await who.json(UNLINK, { accountId: `${own.id}x` })).text,
			'{"status":true}', 'the answer');
		is((await accounts(who)).length, 1, 'the number of accounts');
		is((await accounts(other)).length, 1, 'those of another');
	});

/* ---- what the owner hears -------------------------------------------------- */

test('a sign-in from a new place or device is told', async () => {
	const who = await person(at);
	const signIn = (agent, address) => new Person(at).send('POST',
		'/api/auth/sign-in/email', { headers: {
			'Content-Type': 'application/json', 'User-Agent': agent,
			'X-Forwarded-For': address },
		body: JSON.stringify({ email: who.email,
			password: PASSWORD }) });
	const told = async () => (await lettersTo(at, who.email,
		'new-device')).length;

	is(await told(), 0, 'letters after the sign-up');
	await signIn('Phone/1', '192.0.2.1');
	is(await told(), 1, 'after a new device');
	await signIn('Phone/1', '192.0.2.77');
	is(await told(), 1, 'after another address of the network');
	await signIn('Phone/1', '198.51.100.1');
	is(await told(), 2, 'after another network');
	await signIn('Phone/2', '198.51.100.1');
	is(await told(), 3, 'after another program');
	await signIn('Phone/2', '198.51.100.9');
	is(await told(), 3, 'after the same again');
});

test('who signs in again on a page hears nothing of it', async () => {
	const who = await person(at);
	const page = () => who.post('/login', { email: who.email,
		password: PASSWORD });

	await at.psql(`UPDATE sessions SET user_agent = 'Other'
		WHERE user_id = '${who.id}'`);
	await page();

	const { length } = await lettersTo(at, who.email, 'new-device');

	await page();
	is((await lettersTo(at, who.email, 'new-device')).length, length,
		'the number of letters');
});

test('a change of password is told', async () => {
	const who = await person(at);

	await who.json('/api/auth/change-password', {
		currentPassword: PASSWORD, newPassword: `${PASSWORD}!` });
	is((await lettersTo(at, who.email, 'password-changed')).length, 1,
		'the number of letters');
});

test('a welcome comes once, when the account is ready', async () => {
	is((await lettersTo(at, (await person(at)).email, 'welcome')).length, 1,
		'after the sign-up');

	const strict = await stand({ name: 'welcome',
		config: { 'password.require_verification': true } });
	const who = new Person(strict);

	await who.json('/api/auth/sign-up/email', { name: 'A',
		email: who.email, password: PASSWORD });
	is((await lettersTo(strict, who.email, 'welcome')).length, 0,
		'before the address is verified');

	const [{ url }] = await lettersTo(strict, who.email, 'verify-email');

	for (let i = 0; i < 2; i++)
		await who.get(secret(url).replace(strict.url, ''));
	is((await lettersTo(strict, who.email, 'welcome')).length, 1,
		'afterwards');
	is((await strict.stop()).code, 0, 'the exit status');
});
