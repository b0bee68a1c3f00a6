/*
 * Several users in one browser: each session has a signed cookie of its own,
 * and nothing but such a cookie opens one. Who joins, who acts, who goes.
 */
import { createHmac } from 'node:crypto';
import { parseSetCookie } from '../lib/http.mjs';
import { PASSWORD, Person, SESSION, after, before, eventually, is, matches, ok,
	person, stand, test } from './suite.mjs';

const LIST = '/api/auth/multi-session/list-device-sessions';
const SET = '/api/auth/multi-session/set-active';
const REVOKE = '/api/auth/multi-session/revoke';
const SECRET = 'multi-secret-0123456789abcdefABCDEF';
const DEVICE = `${SESSION}_multi-`;

const HTTPS = 'https://login.example.com';

let at, secure;

before(async () => {
	const config = { 'server.secret': SECRET, 'multi_session.enabled': true,
		'multi_session.maximum': 3, 'admin.enabled': true };

	[at, secure] = await Promise.all([stand({ name: 'multi', config }),
		stand({ name: 'multisecure', config: { ...config,
			'server.url': HTTPS } })]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await secure.stop()).code, 0, 'the exit status');
});

const signed = (token) => encodeURIComponent(`${token}.` +
	createHmac('sha256', SECRET).update(token).digest('base64'));

const deviceCookies = (who) => (who.jar.header('/') ?? '').split('; ')
	.map((pair) => pair.split('=')[0])
	.filter((name) => name.startsWith(DEVICE));

/* Other people who sign in, in the browser of the first. */
async function browserOf(count) {
	const people = [];

	for (let i = 0; i < count; i++)
		people.push(await person(at));

	const browser = new Person(at);

	for (const who of people)
		await signIn(browser, who);
	return [browser, ...people];
}

async function signIn(browser, who) {
	const response = await browser.json('/api/auth/sign-in/email',
		{ email: who.email, password: PASSWORD });

	is(response.status, 200, 'the status of a sign-in');
	return response;
}

const list = async (browser) => (await browser.get(LIST)).json();
const emails = async (browser) => (await list(browser))
	.map(({ user }) => user.email).join();
const tokenOf = async (browser, who) => (await list(browser))
	.find(({ user }) => user.email === who.email).session.token;

async function refused(response) {
	is(response.status, 401, 'the status');
	is(response.json().code, 'INVALID_SESSION_TOKEN', 'the code');
}

/* The line that was logged of a request. */
function logged(response) {
	const id = response.header('x-request-id');

	return eventually('the request is logged', () => at.log().find(
		(line) => line.requestId === id && line.event === 'request'));
}

/* ---- joining --------------------------------------------------------------- */

test('users sign in side by side, and each goes on as before', async () => {
	const [browser, a, b] = await browserOf(2);

	is(await emails(browser), `${a.email},${b.email}`, 'the users');
	is((await browser.session()).user.email, b.email, 'who acts');
	is((await browser.json(SET, { sessionToken: await tokenOf(browser, a) }))
		.json().user.email, a.email, 'who acts now');
	is((await browser.session()).user.email, a.email, 'who acts');
	is(await emails(browser), `${a.email},${b.email}`, 'the users');
});

test('whoever signs in again ends the session he had here', async () => {
	const [browser, a, b] = await browserOf(2);
	const before = await tokenOf(browser, b);
	const response = await signIn(browser, b);
	const thief = new Person(at);

	is(response.cookies.map((line) => parseSetCookie(line))
		.map(({ name, attributes }) => `${name} ${
			attributes['Max-Age']}`).join(),
	[`${SESSION} 604800`, `${DEVICE}${before.toLowerCase()} 0`,
		`${DEVICE}${response.json().token.toLowerCase()} 604800`].join(),
	'the cookies');
	is(await emails(browser), `${a.email},${b.email}`, 'the users');
	thief.jar.take({ cookies: [`${SESSION}=${signed(before)}`] });
	is((await thief.get('/api/auth/get-session')).text, 'null',
		'the old session');
});

test('beyond the maximum a user is signed in, but not kept beside the others',
	async () => {
		const [browser, a, b, c, d] = await browserOf(4);

		is((await browser.session()).user.email, d.email, 'who acts');
		is(await emails(browser), [a, b, c].map((who) => who.email)
			.join(), 'the users');
		is(deviceCookies(browser).length, 3, 'the cookies');
	});

test('an ended session makes room, and its cookie is taken back', async () => {
	const [browser, a, b, c] = await browserOf(3);
	const d = await person(at);

	await at.psql(`DELETE FROM sessions WHERE user_id = '${a.id}'`);
	await signIn(browser, d);
	is(await emails(browser), [b, c, d].map((who) => who.email).join(),
		'the users');
	is(deviceCookies(browser).length, 3, 'the cookies');
});

test('the others cost one statement, however many there are', async () => {
	const [browser] = await browserOf(3);
	const alone = await logged(await new Person(at).get(LIST));

	is(alone.statements, 0, 'without cookies');
	is((await logged(await browser.get(LIST))).statements, 1, 'the list');
	is((await logged(await browser.get('/account/orders'))).statements,
		(await logged(await (await person(at)).get('/account/orders')))
			.statements + 1, 'a page');
});

test('behind https its cookies have the prefix, and are secure', async () => {
	const who = await new Person(secure, HTTPS).signUp();
	const { session } = await who.session();
	const name = `__Secure-${DEVICE}${session.token.toLowerCase()}`;

	ok(who.jar.get(name) !== undefined, 'no such cookie');
	is((await list(who))[0].user.email, who.email, 'the users');
});

test('an admin who acts as a user does not join the users of the browser',
	async () => {
		const admin = await person(at, 'admin_rw');
		const user = await person(at);
		const own = deviceCookies(admin).join();

		is((await admin.json('/api/auth/admin/impersonate-user',
			{ userId: user.id })).status, 200, 'the status');
		is(deviceCookies(admin).join(), own, 'the cookies');
		is(await emails(admin), admin.email, 'the users');
		ok(!(await admin.get('/account')).text.includes('/login?add=1'),
			'he may add one');
		is((await admin.post('/account/leave/x')).status, 403,
			'the status');
		ok(await user.session() !== null, 'the user is signed out');
	});

/* ---- what is no cookie of ours --------------------------------------------- */

test('only a signature opens a session, and only under its own name',
	async () => {
		const victim = await person(at);
		const { token } = (await victim.session()).session;
		const lower = token.toLowerCase();
		const forged = createHmac('sha256', 'another secret').update(
			token).digest('base64');

		for (const [name, value] of [[lower, token],
			[lower, encodeURIComponent(`${token}.${forged}`)],
			[lower, ''], [lower, '%'], [lower, `${signed(token)}x`],
			[token, signed(token)], ['x', signed(token)],
			['', signed('')], ['true', signed('true')],
			[`${lower}.0`, signed(token)]]) {
			const browser = new Person(at);

			browser.jar.take({ cookies: [`${DEVICE}${name}=${value}`] });
			is((await browser.get(LIST)).text, '[]', name);
			await refused(await browser.json(SET,
				{ sessionToken: token }));
		}
	});

test('the token in a body only chooses; it opens nothing', async () => {
	const [browser, a] = await browserOf(1);
	const victim = await person(at);
	const { token } = (await victim.session()).session;
	const own = await tokenOf(browser, a);

	for (const sessionToken of [token, '', 'nope', `${own}x`]) {
		await refused(await browser.json(SET, { sessionToken }));
		await refused(await browser.json(REVOKE, { sessionToken }));
	}
	is((await browser.json(SET, { sessionToken: own.toUpperCase() }))
		.status, 200, 'in other letters');
	ok(await victim.session() !== null, 'the victim is signed out');
});

test('a session that has ended is not listed, and its cookie is taken back',
	async () => {
		for (const end of ['DELETE FROM sessions WHERE user_id =',
			`UPDATE sessions SET expires_at = now() WHERE user_id =`,
			'UPDATE users SET banned = true WHERE id =']) {
			const [browser, a, b] = await browserOf(2);
			const token = await tokenOf(browser, a);

			await at.psql(`${end} '${a.id}'`);
			is(await emails(browser), b.email, 'the users');
			await refused(await browser.json(SET,
				{ sessionToken: token }));
			is(deviceCookies(browser).length, 1, 'the cookies');
			is((await browser.session()).user.email, b.email,
				'who acts');
		}
	});

test('cookies are looked at as far as the bound goes (CVE-2024-24814)',
	async () => {
		const [browser, a] = await browserOf(1);
		const own = browser.jar.header('/');
		const junk = Array.from({ length: 140 }, (_, i) => `${DEVICE}${i}=x`)
			.join('; ');
		const send = async (Cookie) => (await new Person(at).send('GET', LIST,
			{ headers: { Cookie } })).json();

		is((await send(`${own}; ${junk}`))[0].user.email, a.email, 'in front');
		is((await send(`${junk}; ${own}`)).length, 0, 'behind the bound');
		is((await send(own.split('; ').flatMap((pair) => Array(20).fill(pair))
			.join('; '))).length, 1, 'the same again and again');
	});

/* ---- going ----------------------------------------------------------------- */

test('a user who goes is signed out at once, the others are not', async () => {
	const [browser, a, b] = await browserOf(2);
	const token = await tokenOf(browser, a);

	is((await browser.json(REVOKE, { sessionToken: token })).status, 200,
		'the status');
	is(await emails(browser), b.email, 'the users');
	is((await browser.session()).user.email, b.email, 'who acts');
	is((await at.psql(`SELECT count(*) AS n FROM sessions s JOIN users u
		ON u.id = s.user_id WHERE u.email = '${a.email}'
		AND s.id <> '${(await a.session()).session.id}'`))[0].n, 0,
	'the sessions left');
});

test('where the acting user goes, another one acts', async () => {
	const [browser, a, b] = await browserOf(2);

	is((await browser.json(REVOKE, { sessionToken: await tokenOf(browser,
		b) })).status, 200, 'the status');
	is((await browser.session()).user.email, a.email, 'who acts');
	is((await browser.json(REVOKE, { sessionToken: await tokenOf(browser,
		a) })).status, 200, 'the status');
	is(await browser.session(), null, 'who acts');
	is(browser.jar.header('/'), null, 'the cookies');
});

test('signing out ends all sessions of the browser and no other', async () => {
	const [browser, a, b] = await browserOf(2);

	await browser.json('/api/auth/sign-out', {});
	is(browser.jar.header('/'), null, 'the cookies');
	for (const who of [a, b])
		is((await at.psql(`SELECT count(*) AS n FROM sessions
			WHERE user_id = '${who.id}'`))[0].n, 1, 'the sessions');
	is((await at.psql(`SELECT count(*) AS n FROM audit WHERE action =
		'session.end' AND target_id IN ('${a.id}', '${b.id}')`))[0].n,
	2, 'the audit rows');
});

test('without the acting session, signing out still ends the others',
	async () => {
		const [browser, a] = await browserOf(1);
		const cookie = browser.jar.header('/').split('; ').find(
			(pair) => pair.startsWith(DEVICE));

		await new Person(at).send('POST', '/api/auth/sign-out',
			{ headers: { Cookie: cookie } });
		is((await at.psql(`SELECT count(*) AS n FROM sessions
			WHERE user_id = '${a.id}'`))[0].n, 1, 'the sessions');
	});

/* ---- pages ----------------------------------------------------------------- */

async function join(browser, who, fields = { add: 'on' }) {
	return browser.form('/login', { csrf: await browser.csrf('/login?add=1'),
		email: who.email, password: PASSWORD, ...fields });
}

/* Presses the button of a form whose action fits. */
async function press(browser, action, path = '/account') {
	const page = (await browser.get(path)).text;
	const found = new RegExp(`action="(${action})"`).exec(page);

	ok(found, `no form ${action}`);
	return browser.post(found[1]);
}

test('another account joins by the link, and the menu switches', async () => {
	const a = await person(at), b = await person(at);

	matches((await a.get('/account')).text, /href="\/login\?add=1"/);
	is((await join(a, b)).header('location'), '/account', 'where to');
	is(await emails(a), `${a.email},${b.email}`, 'the users');
	matches((await a.get('/account')).text, new RegExp(
		`Switch to [^]*${a.email}[^]*Sign out of all accounts`));
	await press(a, '/account/switch/[0-9a-f]+');
	is((await a.session()).user.email, a.email, 'who acts');
	matches((await a.get('/account')).text, new RegExp(
		`You are now signed in as ${a.email}`));
});

test('signing in without that link ends the old session, as ever', async () => {
	const a = await person(at), b = await person(at);
	const { id } = (await a.session()).session;

	await join(a, b, {});
	is(await emails(a), b.email, 'the users');
	is((await at.psql(`SELECT count(*) AS n FROM sessions
		WHERE id = '${id}'`))[0].n, 0, 'the old session');
	is(deviceCookies(a).length, 1, 'the cookies');
});

test('the same account cannot join twice', async () => {
	const a = await person(at);

	await join(a, a);
	is(await emails(a), a.email, 'the users');
	is((await at.psql(`SELECT count(*) AS n FROM sessions
		WHERE user_id = '${a.id}'`))[0].n, 1, 'the sessions');
});

test('a session from before the switch was on gets its cookie when one joins',
	async () => {
		const a = await person(at), b = await person(at);
		const name = deviceCookies(a)[0];

		a.jar.take({ cookies: [`${name}=; Max-Age=0`] });
		await join(a, b);
		is(await emails(a), `${b.email},${a.email}`, 'the users');
	});

test('one account goes by its button, the acting one, too', async () => {
	const a = await person(at), b = await person(at);

	await join(a, b);
	await press(a, '/account/leave/[0-9a-f]+');	/* the acting one's */
	is((await a.session()).user.email, a.email, 'who acts');
	await join(a, b);
	is((await press(a, '/account/leave/[0-9a-f]+', '/logout')).header(
		'location'), '/account', 'where to');
	is(await emails(a), a.email, 'the users');
	await join(a, b);

	const { id } = (await a.session()).session;
	const page = (await a.get('/account')).text;
	const other = [...page.matchAll(/action="(\/account\/leave\/(\w+))"/g)]
		.find(([, , session]) => session !== id);

	await a.post(other[1]);
	is(await emails(a), b.email, 'the users');
	await a.post(`/account/leave/${id}`);
	is(await a.session(), null, 'who acts');
	is(deviceCookies(a).length, 0, 'the cookies');
});

test('all accounts go by one button', async () => {
	const a = await person(at), b = await person(at);

	await join(a, b);
	await a.post('/logout');
	is(deviceCookies(a).length, 0, 'the cookies');
	is(a.isSignedIn(), false, 'signed in');
});

test('nobody switches to a session that is not in his browser', async () => {
	const a = await person(at), b = await person(at);
	const { id } = (await b.session()).session;

	await a.post(`/account/switch/${id}`);
	is((await a.session()).user.email, a.email, 'who acts');
	await a.post(`/account/leave/${id}`);
	ok(await b.session() !== null, 'he is signed out');
});
