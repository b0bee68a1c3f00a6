/*
 * Forgotten passwords: what a link is good for, when it ends, and that asking
 * for one tells nobody who has an account.
 */
import { unseal } from '../lib/letters.mjs';
import { PASSWORD, Person, after, before, eventually, is, lettersTo, matches,
	ok, person, secret, stand, test, times } from './suite.mjs';

const ASK = '/api/auth/request-password-reset';
const RESET = '/api/auth/reset-password';
const NEW = 'another battery staple, correct';

let at;

before(async () => {
	at = await stand({ name: 'reset', config: {
		'mail.per_recipient': 0 } });
	secret(NEW);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

const tokenOf = ({ url }) => secret(new URL(url).pathname.split('/').at(-1));

/* A token for somebody, as a program of the site asks for it. */
async function askFor(who, more = {}) {
	const response = await new Person(at).json(ASK, { email: who.email,
		...more });

	is(response.status, 200, 'the status');
	return tokenOf((await lettersTo(at, who.email, 'reset-password')).at(-1));
}

function reset(token, newPassword = NEW) {
	return new Person(at).json(RESET, { token, newPassword });
}

function signIn(who, password) {
	return new Person(at).json('/api/auth/sign-in/email', {
		email: who.email, password });
}

test('a link sets a password once, and tells its user', async () => {
	const who = await person(at);
	const token = await askFor(who);

	is((await reset(token)).status, 200, 'the first time');

	const again = await reset(token, PASSWORD);

	is(again.status, 400, 'the second time');
	is(again.json().code, 'INVALID_TOKEN', 'the code');
	is((await signIn(who, PASSWORD)).status, 401, 'with the old password');
	is((await signIn(who, NEW)).status, 200, 'with the new one');
	is((await lettersTo(at, who.email, 'password-changed')).length, 1,
		'the number of letters');
	is((await at.psql(`SELECT actor_id FROM audit WHERE target_id =
		'${who.id}' AND action = 'password.reset'`))[0]?.actor_id,
	who.id, 'the actor');
});

test('following the link changes nothing, however often', async () => {
	const who = await person(at);
	const token = await askFor(who);

	for (const response of await times(3, () => new Person(at).get(
		`${RESET}/${token}?callbackURL=%2Fnew`)))
		is(response.header('location'), `${at.url}/new?token=${token}`,
			'the place to go');
	is((await reset(token)).status, 200, 'the status');
});

/* As a request does that looked at the user just before his address changed. */
test('a link to an address that is no longer the user\'s sets nothing',
	async () => {
		const who = await person(at);
		const token = await askFor(who);

		await at.psql(`UPDATE users SET email = 'new.${who.email}'
			WHERE id = '${who.id}'`);
		is((await reset(token)).json().code, 'INVALID_TOKEN', 'the code');
		await at.psql(`UPDATE users SET email = '${who.email}'
			WHERE id = '${who.id}'`);
		is((await reset(token)).status, 200, 'with the address again');
	});

test('no letter grows by what a stranger wants a link to lead to', async () => {
	const who = await person(at);
	const response = await new Person(at).json(ASK, { email: who.email,
		redirectTo: `/${'"'.repeat(20000)}` });

	is(response.status, 403, 'the status');
	is(response.json().code, 'INVALID_REDIRECT_URL', 'the code');
	is((await lettersTo(at, who.email, 'reset-password')).length, 0,
		'the number of letters');
});

test('no log shows a link that is followed in a way of its own', async () => {
	const token = await askFor(await person(at));

	for (const [method, path] of [['HEAD', `${RESET}/${token}`],
		['GET', `${RESET}/${token}/`], ['GET', `/old${RESET}/${token}`]])
		is((await new Person(at).send(method, path)).status, 404,
			`${method} ${path}`);
	await eventually('the requests were logged', () => at.log().filter(
		({ path }) => path?.includes('/reset-password/')).length === 3);
	ok(!JSON.stringify(at.log()).includes(token), 'the token was logged');
});

test('a fragment stays behind the parameters', async () => {
	const token = await askFor(await person(at));
	const response = await new Person(at).get(
		`${RESET}/${token}?callbackURL=${encodeURIComponent('/a?b#c')}`);

	is(response.header('location'), `${at.url}/a?b&token=${token}#c`,
		'the place to go');
});

test('a password that is refused does not use the link up', async () => {
	const token = await askFor(await person(at));

	is((await reset(token, 'short')).json().code, 'PASSWORD_TOO_SHORT',
		'the code');
	is((await reset(token)).status, 200, 'the status');
});

test('a link ends when its time is over', async () => {
	const token = await askFor(await person(at));

	await at.psql('UPDATE verifications SET expires_at = now()');
	is((await reset(token)).json().code, 'INVALID_TOKEN', 'the code');
});

test('a new password ends every link that was sent before', async () => {
	const who = await person(at);
	const first = await askFor(who), second = await askFor(who);

	is((await reset(second)).status, 200, 'the newer one');
	is((await reset(first)).status, 400, 'the older one');

	const third = await askFor(who);

	await who.signIn({ password: NEW });
	is((await who.json('/api/auth/change-password', {
		currentPassword: NEW, newPassword: PASSWORD })).status, 200,
	'a change of password');
	is((await reset(third)).status, 400, 'one from before the change');
});

test('sessions go on, unless it is asked for otherwise', async () => {
	const who = await person(at);

	await reset(await askFor(who));
	ok(await who.session() !== null, 'the session has ended');

	const visitor = new Person(at);
	const page = `/reset-password?token=${await askFor(who)}`;
	const token = new URLSearchParams(page.split('?')[1]).get('token');
	const response = await visitor.form('/reset-password', {
		csrf: await visitor.csrf(page), token, newPassword: PASSWORD,
		revokeSessions: 'on' });

	is(response.status, 303, 'the status');
	is(await who.session(), null, 'the session');
});

test('a reset signs nobody in', async () => {
	const visitor = new Person(at);

	await visitor.json(RESET, { token: await askFor(await person(at)),
		newPassword: NEW });
	ok(!visitor.isSignedIn(), 'there is a session');
});

test('who is banned gets no link, and can use none', async () => {
	const who = await person(at);
	const token = await askFor(who);
	const ban = (banned) => at.psql(`UPDATE users SET banned = ${banned}
		WHERE id = '${who.id}'`);

	await ban(true);
	await new Person(at).json(ASK, { email: who.email });
	is((await lettersTo(at, who.email, 'reset-password')).length, 1,
		'the number of letters');
	is((await reset(token)).json().code, 'BANNED_USER', 'the code');
	await ban(false);
	is((await reset(token)).status, 200, 'afterwards');
});

test('an account without a password gets one', async () => {
	const who = await person(at);

	await at.psql(`DELETE FROM accounts WHERE user_id = '${who.id}'`);

	const page = (await who.get('/account/security')).text;

	matches(page, /has no password yet[^]*href="\/forgot-password"/, 'the page');
	ok(!page.includes('currentPassword'), 'it asks for one');
	is((await reset(await askFor(who))).status, 200, 'the status');
	is((await signIn(who, NEW)).status, 200, 'the sign-in');
});

/* ---- nobody learns who is here --------------------------------------------- */

/* What one request asked the database, and what is in there because of it. */
async function work(path, body) {
	const count = () => at.psql(`SELECT
		(SELECT count(*) FROM verifications) AS proofs,
		(SELECT count(*) FROM letters) AS letters,
		(SELECT coalesce(sum(octet_length(value)), 0)
			FROM verifications) AS sizes,
		(SELECT count(*) FROM audit) AS audit`);
	const [old] = await count();
	const response = await new Person(at).json(path, body);
	const id = response.header('x-request-id');
	const { statements } = await eventually('it is logged', () =>
		at.log().find(({ requestId, event }) => requestId === id &&
			event === 'request'));
	const [now] = await count();

	return JSON.stringify({ status: response.status, text: response.text,
		statements, proofs: now.proofs - old.proofs,
		letters: now.letters - old.letters,
		sizes: now.sizes - old.sizes, audit: now.audit - old.audit });
}

for (const path of [ASK, '/api/auth/send-verification-email'])
	test(`${path} does the same for known and unknown addresses`,
		async () => {
			const who = await person(at);
			const unknown = `u${who.email.slice(1)}`;

			is(await work(path, { email: unknown }),
				await work(path, { email: who.email }), 'the work');
			is((await lettersTo(at, unknown)).length, 0, 'the letters');
			await at.psql(`UPDATE users SET email_verified = true
				WHERE id = '${who.id}'`);
			is(await work(path, { email: unknown }),
				await work(path, { email: who.email }), 'the work');
			await at.psql(`UPDATE users SET banned = true
				WHERE id = '${who.id}'`);
			is(await work(path, { email: unknown }),
				await work(path, { email: who.email }), 'the work');
		});

test('what was made for an unknown address reaches nobody and opens nothing',
	async () => {
		const next = await person(at);
		const { length } = await at.letters();

		/* the rows name who comes next, for what a key costs */
		await new Person(at).json(ASK,
			{ email: next.email.replace('@', '@a') });
		is((await at.letters()).length, length, 'the letters');

		const [decoy] = await at.psql(`SELECT id, user_id,
			encode(body, 'hex') AS body FROM letters
			WHERE state = 'decoy' ORDER BY created_at DESC LIMIT 1`);
		const { url } = JSON.parse(unseal(at.settings['server.secret'],
			`letter:${decoy.id}`, Buffer.from(decoy.body, 'hex')));

		is(decoy.user_id, next.id, 'who comes next');
		is((await reset(tokenOf({ url }))).json().code, 'INVALID_TOKEN',
			'the code');
		is((await signIn(next, PASSWORD)).status, 200, 'the sign-in');
	});

/* ---- people ---------------------------------------------------------------- */

test('a person finds the way from the sign-in page to a new password',
	async () => {
		const who = await person(at);
		const visitor = new Person(at);
		const login = await visitor.get('/login');

		matches(login.text, /href="\/forgot-password"/, 'the page');

		const asked = await visitor.post('/forgot-password',
			{ email: who.email });

		is(asked.header('location'), '/forgot-password?sent=1',
			'the place to go');
		matches((await visitor.get('/forgot-password?sent=1')).text,
			/Check your e-mail/, 'the page');

		const [{ url }] = await lettersTo(at, who.email, 'reset-password');
		const followed = await visitor.get(url.replace(at.url, ''));
		const page = followed.header('location').replace(at.url, '');

		matches(page, /^\/reset-password\?token=/, 'the place to go');

		const token = secret(page.split('=')[1]);
		const short = await visitor.form('/reset-password', {
			csrf: await visitor.csrf(page), token,
			newPassword: 'short' });

		is(short.status, 400, 'the status');
		matches(short.text, new RegExp(`value="${token}"`), 'the form');

		const done = await visitor.form('/reset-password', {
			csrf: await visitor.csrf(page), token, newPassword: NEW });

		is(done.header('location'), '/login', 'the place to go');
		matches((await visitor.get(page)).text,
			/does not work any more/, 'the page');
		is((await visitor.post('/login', { email: who.email,
			password: NEW })).header('location'), '/account',
		'the place to go');
	});

test('a form that has expired keeps its link', async () => {
	const visitor = new Person(at);
	const token = await askFor(await person(at));
	const response = await visitor.form('/reset-password', {
		csrf: 'none', token, newPassword: NEW });

	is(response.status, 403, 'the status');
	matches(response.text, new RegExp(`value="${token}"`), 'the form');
	await eventually('the log says why', () => at.log().some((line) =>
		line.event === 'request' && line.status === 403 &&
		line.route === '/reset-password' && line.reason !== undefined));
});

test('where passwords cannot be reset, the pages do not offer it', async () => {
	const closed = await stand({ name: 'closed',
		config: { 'password.reset': false } });
	const visitor = new Person(closed);

	is((await visitor.json(ASK, { email: 'a@example.com' })).json().code,
		'RESET_PASSWORD_DISABLED', 'the code');
	is((await visitor.get('/forgot-password')).status, 400, 'the page');
	ok(!(await visitor.get('/login')).text.includes('forgot-password'),
		'there is a link');
	is((await closed.stop()).code, 0, 'the exit status');
});
