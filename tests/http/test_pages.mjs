/*
 * Pages: what every one of them forbids the browser, that no form is taken
 * from anybody else, and that nothing typed is lost or given away.
 */
import fs from 'node:fs';
import path from 'node:path';
import { SOURCE } from '../lib/paths.mjs';
import { FORM, PASSWORD, Person, after, before, csrfOf, is, matches, ok,
	oneOf, person, request, stand, test } from './suite.mjs';

const POLICY = { 'default-src': '\'none\'', 'style-src': '\'self\'',
	'script-src': '\'self\'', 'img-src': '\'self\'',
	'form-action': '\'self\'', 'base-uri': '\'none\'',
	'frame-ancestors': '\'none\'' };
const EVIL = 'https://evil.example';

let at, admin, pages, posts, letter;

before(async () => {
	at = await stand({ name: 'pages',
		config: { 'feedback.enabled': true } });
	admin = await person(at, 'super_admin');

	const { stdout } = await at.tollgate(['routes']);
	const rows = stdout.trim().split('\n').map((line) => line.split(/\s+/));
	const own = rows.filter(([, , face]) => face === 'page');

	await someOrder();
	await someFeedback();
	[letter] = await at.writeLetters([admin.email]);
	pages = await Promise.all(own.filter(([method, name]) =>
		method === 'GET' && !/^\/assets\/|\.csv$/.test(name))
		.map(([, name]) => fill(name)));
	posts = await Promise.all(own.filter(([method]) => method === 'POST')
		.map(([, name]) => fill(name)));
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

async function someOrder() {
	await at.psql(`INSERT INTO orders (id, user_id, email, description,
		credits, amount_minor, currency, created_at, updated_at, status,
		paid_at) VALUES (repeat('0', 32), '${admin.id}',
		'${admin.email}', 'Credits', 100, 1000, 'EUR', now(), now(),
		'paid', now())`);
}

async function someFeedback() {
	await at.psql(`INSERT INTO feedbacks (id, user_id, rating, subject, text,
		created_at, updated_at) VALUES (repeat('f', 32), '${admin.id}', 5,
		'Pages', 'They are strict.', now(), now())`);
}

/* Whatever a page is about, it is about this admin, or hers. */
async function fill(name) {
	const { session } = await admin.session();
	const id = /orders/.test(name) ? '0'.repeat(32) :
		/mail/.test(name) ? letter :
		/feedback/.test(name) ? 'f'.repeat(32) :
		name.startsWith('/admin') ? admin.id : session.id;

	return name.replace(':sid', session.id).replace(':id', id);
}

/* ---- what the browser is told ---------------------------------------------- */

function policyOf(response) {
	return Object.fromEntries((response.header('content-security-policy') ??
		'').split('; ').map((part) => {
		const [name, ...values] = part.split(' ');

		return [name, values.join(' ')];
	}));
}

function checkHeaders(response, what) {
	is(JSON.stringify(policyOf(response)), JSON.stringify(POLICY),
		`the policy of ${what}`);
	is(response.header('x-content-type-options'), 'nosniff', what);
	is(response.header('referrer-policy'), 'same-origin', what);
	is(response.header('cross-origin-opener-policy'), 'same-origin', what);
	is(response.header('cross-origin-resource-policy'), 'same-origin',
		what);
	is(response.header('cache-control'), 'no-store', what);
	is(response.header('access-control-allow-origin'), null, what);
	is(response.header('server')?.match(/tollgate/) ?? null, null, what);
	ok(response.header('x-request-id') !== null, `${what}: no request id`);
}

/* Nothing in a page that the policy would have to allow. */
function checkInline(html, what) {
	for (const [tag] of html.matchAll(/<[a-z][^>]*>/gi)) {
		ok(!/\sstyle\s*=/i.test(tag), `${what}: ${tag}`);
		ok(!/\son[a-z]+\s*=/i.test(tag), `${what}: ${tag}`);
		ok(!/(href|src|action)\s*=\s*"?\s*(javascript|data|vbscript):/i
			.test(tag), `${what}: ${tag}`);
		ok(!/^<(style|base|iframe|object|embed)\b/i.test(tag),
			`${what}: ${tag}`);
		ok(!/^<script/i.test(tag) || /\ssrc="\/assets\//.test(tag),
			`${what}: ${tag}`);
	}
	for (const [, code] of html.matchAll(/<script[^>]*>([^]*?)<\/script>/gi))
		is(code, '', `the script inside ${what}`);
	matches(html, /^<!doctype html>\n<html lang="/, what);
	ok(!/\{\{|\}\}/.test(html), `${what}: a tag of a template is left`);
}

function checkPage(response, what) {
	matches(response.header('content-type'), /^text\/html; charset=utf-8$/,
		what);
	checkHeaders(response, what);
	checkInline(response.text, what);
}

test('every page for an admin is strict about what it may load', async () => {
	for (const name of pages) {
		const response = await admin.get(name);

		checkHeaders(response, name);
		ok(response.status < 400, `${name}: ${response.status}`);
		if (response.status === 200)
			checkPage(response, name);
	}
});

test('pages for visitors and pages about errors are as strict', async () => {
	const visitor = new Person(at);

	for (const name of ['/login', '/signup'])
		checkPage(await visitor.get(name), name);
	for (const [status, name, who] of [[404, '/nothing', visitor],
		[404, '/nothing', admin], [405, '/account/security/password',
			admin]]) {
		const response = await who.send('GET', name, {
			headers: { Accept: 'text/html' } });

		is(response.status, status, `the status of ${name}`);
		checkPage(response, name);
		matches(response.text, new RegExp(response.header(
			'x-request-id')), 'the page, where the id should be,');
	}
});

test('data is not to be rendered, framed or kept', async () => {
	for (const name of ['/api/auth/get-session', '/api/me', '/auth/health',
		'/api/auth/nothing', '/api/nothing']) {
		const response = await admin.get(name);

		is(response.header('content-security-policy'),
			'default-src \'none\'; frame-ancestors \'none\'', name);
		is(response.header('x-content-type-options'), 'nosniff', name);
		is(response.header('cache-control'), 'no-store', name);
		is(response.header('access-control-allow-origin'), null, name);
	}
});

test('a user\'s own name cannot become markup', async () => {
	const who = await person(at);
	const name = '"><script>alert(1)</script><b onx=\'{{x}}';

	is((await who.post('/account', { name })).status, 303, 'the status');
	for (const page of ['/account', '/account/security']) {
		const { text } = await who.get(page);

		ok(!text.includes('<script>alert'), 'the name is markup');
		ok(text.includes('&lt;script&gt;'), 'the name is missing');
	}
});

/* ---- forms of somebody else ------------------------------------------------ */

async function snapshot() {
	const [row] = await at.psql(`SELECT
		(SELECT md5(string_agg(u::text, '' ORDER BY id)) FROM users u)
		AS users, (SELECT count(*) FROM sessions) AS sessions,
		(SELECT count(*) FROM audit) AS audit`);

	return JSON.stringify(row);
}

async function refusesForm(who, name, fields, headers = {}) {
	const response = await who.send('POST', name, {
		headers: { 'Content-Type': FORM, ...headers },
		body: new URLSearchParams(fields).toString() });

	is(response.status, 403, `the status of ${name}`);
	checkPage(response, name);
	return response;
}

test('no form passes without the token of this very session', async () => {
	const stranger = await person(at, 'super_admin');
	const own = await admin.csrf();
	const foreign = await stranger.csrf();
	const anonymous = await new Person(at).csrf();
	const before = await snapshot();

	for (const name of posts)
		for (const fields of [{}, { csrf: '' }, { csrf: 'x' },
			{ csrf: foreign }, { csrf: anonymous },
			{ csrf: own.slice(1) }, { csrf: own + 'A' }])
			await refusesForm(admin, name, fields);
	is(await snapshot(), before, 'the database');
});

test('a visitor\'s forms need the token of the visitor\'s cookie', async () => {
	const [visitor, other] = [new Person(at), new Person(at)];
	const foreign = await other.csrf();
	const before = await snapshot();

	await visitor.get('/login');
	for (const name of ['/login', '/signup'])
		for (const fields of [{}, { csrf: foreign },
			{ csrf: await admin.csrf() }]) {
			const response = await refusesForm(visitor, name, {
				...fields, name: 'A', email: admin.email,
				password: PASSWORD });

			ok(csrfOf(response.text), 'no form to try again');
			matches(response.text, /This form has expired/,
				'the page');
			ok(response.text.includes(admin.email),
				'the address is lost');
			ok(!response.text.includes(PASSWORD),
				'the password is in the page');
		}
	is(await snapshot(), before, 'the database');
});

test('the form shown again after an expired token can be sent', async () => {
	const visitor = new Person(at);
	const refused = await refusesForm(visitor, '/login',
		{ email: admin.email });
	const response = await visitor.form('/login', { email: admin.email,
		csrf: csrfOf(refused.text), password: PASSWORD });

	is(response.status, 303, 'the status');
});

test('no form passes from another site, with whatever token', async () => {
	const csrf = await admin.csrf();
	const before = await snapshot();

	for (const name of posts) {
		const response = await request(at.url, { method: 'POST',
			path: name, body: new URLSearchParams({ csrf })
				.toString(), headers: { Origin: EVIL,
				'Content-Type': FORM,
				Cookie: admin.jar.header('/') } });

		is(response.status, 403, `the status of ${name}`);
	}
	is(await snapshot(), before, 'the database');
});

test('a form token is refused where a browser sends JSON or text',
	async () => {
		const csrf = await admin.csrf();

		for (const [type, body] of [
			['application/json', JSON.stringify({ csrf, name: 'X' })],
			['text/plain', `csrf=${csrf}&name=X`],
			['multipart/form-data; boundary=x', 'x']]) {
			const response = await admin.send('POST', '/account', {
				headers: { 'Content-Type': type }, body });

			is(response.status, 415, type);
		}
	});

test('JSON with a cookie passes from trusted origins only', async () => {
	const send = (headers) => request(at.url, { method: 'POST',
		path: '/api/auth/update-user', body: '{"name":"Root"}',
		headers: { 'Content-Type': 'application/json',
			Cookie: admin.jar.header('/'), ...headers } });

	is((await send({ Origin: at.url })).status, 200, 'the status');
	for (const [headers, code] of [[{}, 'MISSING_OR_NULL_ORIGIN'],
		[{ Origin: 'null' }, 'MISSING_OR_NULL_ORIGIN'],
		[{ Origin: EVIL }, 'INVALID_ORIGIN'],
		[{ Origin: `${at.url}.evil.example` }, 'INVALID_ORIGIN'],
		[{ Origin: at.url.replace('http', 'https') }, 'INVALID_ORIGIN'],
		[{ Referer: `${EVIL}/?${at.url}` }, 'INVALID_ORIGIN']]) {
		const response = await send(headers);

		is(response.status, 403, JSON.stringify(headers));
		is(response.json().code, code, JSON.stringify(headers));
	}
});

/* ---- signing in ------------------------------------------------------------ */

test('a wrong password is a page with a message, status 401', async () => {
	const visitor = new Person(at);
	const response = await visitor.post('/login', { email: admin.email,
		password: `${PASSWORD}x`, rememberMe: 'on' });

	is(response.status, 401, 'the status');
	checkPage(response, 'the page');
	matches(response.text, /Invalid email or password/, 'the page');
	matches(response.text, /role="alert"/, 'the page');
	ok(response.text.includes(`value="${admin.email}"`),
		'the address is lost');
	matches(response.text, /name="rememberMe"[^>]* checked/, 'the box');
	ok(!response.text.includes(PASSWORD), 'the password is in the page');
	is(visitor.isSignedIn(), false, 'being signed in');
});

test('the page of a refusal has forms that work', async () => {
	const who = await person(at);
	const page = await who.get('/admin');

	is(page.status, 403, 'the status');
	is((await who.form('/logout', { csrf: csrfOf(page.text) })).status,
		303, 'the status of signing out');
	is(await who.session(), null, 'the session');
});

test('a page about one thing is called after it', async () => {
	const who = await person(at);
	const page = async () => (await admin.get(
		`/admin/users/${who.id}`)).text;

	matches(await page(), /<title>A Person · /, 'the title');
	await at.psql(`UPDATE users SET name = '' WHERE id = '${who.id}'`);
	ok((await page()).includes(`<title>${who.email} · `), 'without a name');
	ok((await admin.get(`/admin/users?q=${who.id}`)).text.includes(
		`/admin/users/${who.id}">${who.email}</a>`), 'in the list');
});

test('a refused sign-up keeps what was typed, but no password', async () => {
	const visitor = new Person(at);
	const typed = { name: 'Zoë "Z" <z>', email: 'not an address',
		password: PASSWORD };
	const response = await visitor.post('/signup', typed);

	is(response.status, 400, 'the status');
	matches(response.text, /E-mail is not a valid e-mail address/, 'the page');
	matches(response.text, /value="Zoë &quot;Z&quot; &lt;z&gt;"/,
		'the name');
	matches(response.text, /value="not an address"/, 'the address');
	ok(!response.text.includes(PASSWORD), 'the password is in the page');
});

test('a password too short is said so, and the form stays', async () => {
	const visitor = new Person(at);
	const response = await visitor.post('/signup', { name: 'A',
		email: visitor.email, password: 'kurz' });

	is(response.status, 400, 'the status');
	matches(response.text, /Password too short/, 'the page');
	ok(!response.text.includes('kurz'), 'the password is in the page');
});

test('a refused change of password gives no password back', async () => {
	const response = await admin.post('/account/security/password', {
		currentPassword: `${PASSWORD}y`, newPassword: `${PASSWORD}z` });

	is(response.status, 400, 'the status');
	matches(response.text, /Invalid password/, 'the page');
	ok(!response.text.includes(PASSWORD), 'a password is in the page');
});

test('whoever is sent to sign in comes back where they wanted to go',
	async () => {
		const visitor = new Person(at);
		const out = await visitor.get('/account/security?a=b&c=%20d');
		const login = await visitor.get(out.header('location'));
		const next = /name="next" value="([^"]*)"/.exec(login.text)[1]
			.replaceAll('&amp;', '&');

		is(out.status, 303, 'the status');
		is(next, '/account/security?a=b&c=%20d', 'next');

		const done = await visitor.form('/login', { next,
			csrf: csrfOf(login.text), email: admin.email,
			password: PASSWORD });

		is(done.header('location'), next, 'the place to go');
	});

test('whoever signs up on the way there comes there, too', async () => {
	const visitor = new Person(at), next = '/account/security?a=b&c=%20d';
	const address = (page, name) => new RegExp(
		`href="(/${name}[^"]*)"`).exec(page.text)[1]
		.replaceAll('&amp;', '&');
	const login = await visitor.get('/login?next=' +
		encodeURIComponent(next));
	const signup = await visitor.get(address(login, 'signup'));
	const done = await visitor.form('/signup', {
		next: /name="next" value="([^"]*)"/.exec(signup.text)[1]
			.replaceAll('&amp;', '&'),
		csrf: csrfOf(signup.text), name: 'Robin',
		email: `next${process.pid}@example.com`, password: PASSWORD });

	is(address(signup, 'login'),
		`/login?next=${encodeURIComponent(next)}`, 'the way back');
	is(done.header('location'), next, 'the place to go');

	const evil = await new Person(at).get('/signup?next=//evil.example');

	matches(evil.text, /name="next" value=""/, 'next');
	matches(evil.text, /href="\/login"/, 'the way back');
});

/* One payload a line; "\xHH" and "\\" stand for bytes. As percent-escapes. */
function payloads() {
	return fs.readFileSync(path.join(SOURCE, 'tests/unit/redirects.txt'),
		'latin1').split('\n').filter((line) => line !== '' &&
		!line.startsWith('##')).map((line) => line.replace(
		/\\(?:x([0-9a-f]{2})|\\)/gi, (_, hex) => hex === undefined ?
			'\\' : String.fromCharCode(parseInt(hex, 16))))
		.map((bytes) => [...Buffer.from(bytes, 'latin1')].map((byte) =>
			'%' + byte.toString(16).padStart(2, '0')).join(''));
}

test('nobody is sent to another site after signing in', async () => {
	const visitor = new Person(at);
	const rest = new URLSearchParams({ csrf: await visitor.csrf(),
		email: admin.email, password: PASSWORD });
	const headers = { Cookie: visitor.jar.header('/'),
		'Content-Type': FORM };
	const list = payloads();

	ok(list.length > 250, `only ${list.length} payloads`);
	for (const next of list) {
		const response = await request(at.url, { method: 'POST', headers,
			path: '/login', body: `next=${next}&${rest}` });

		/* A NUL or broken UTF-8 makes the form none. */
		if (response.status !== 400)
			is(response.header('location'), '/account', next);
	}
});

test('a link to the sign-in page keeps only paths of our own', async () => {
	for (const next of payloads()) {
		const response = await request(at.url,
			{ path: `/login?next=${next}` });

		if (response.status === 200)
			matches(response.text, /name="next" value=""/, next);
		else
			is(response.status, 400, next);
	}
});

/* ---- what survives a redirect ---------------------------------------------- */

test('a message survives its redirect, once', async () => {
	const who = await person(at);
	const done = await who.post('/account', { name: 'Renamed' });
	const first = await who.get(done.header('location'));
	const second = await who.get('/account');

	is(done.status, 303, 'the status');
	matches(first.text, /role="status">Your changes are saved/, 'the page');
	ok(!/Your changes are saved/.test(second.text), 'it is there again');
});

test('nobody else can write the message', async () => {
	const who = await person(at);
	const name = 'better-auth.flash';
	const signed = decodeURIComponent(who.jar.get(
		'better-auth.session_token'));

	for (const text of ['flash:Call 555-1234', 'Call 555-1234', signed,
		'flash:Call 555-1234.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=']) {
		const page = await who.send('GET', '/account', { headers: {
			Cookie: `${name}=${encodeURIComponent(text)}; ` +
				who.jar.header('/') } });

		ok(!/555-1234|class="notice good"/.test(page.text), text);
	}
});

/* ---- assets ---------------------------------------------------------------- */

test('assets have types and tags, and are not sent twice', async () => {
	for (const [name, type] of [['app.css', 'text/css; charset=utf-8'],
		['app.js', 'text/javascript; charset=utf-8'],
		['icon.svg', 'image/svg+xml']]) {
		const asset = await request(at.url, { path: `/assets/${name}` });
		const tag = asset.header('etag');
		const again = await request(at.url, { path: `/assets/${name}`,
			headers: { 'If-None-Match': tag } });
		const other = await request(at.url, { path: `/assets/${name}`,
			headers: { 'If-None-Match': '"another"' } });
		const head = await request(at.url, { method: 'HEAD',
			path: `/assets/${name}` });

		is(asset.status, 200, name);
		is(asset.header('content-type'), type, name);
		is(asset.header('x-content-type-options'), 'nosniff', name);
		matches(tag, /^"[0-9a-f]{16}"$/, name);
		is(again.status, 304, name);
		is(again.body.length, 0, name);
		is(again.header('etag'), tag, name);
		is(other.status, 200, name);
		is(head.status, 200, name);
		is(head.header('content-length'), String(asset.body.length),
			name);
	}
});

test('pages name assets by what is in them, to be kept for ever', async () => {
	const { text } = await request(at.url, { path: '/login' });

	for (const [, name] of text.matchAll(/"(\/assets\/[^"]+)"/g)) {
		const asset = await request(at.url, { path: name });

		is(asset.status, 200, name);
		matches(asset.header('cache-control'), /immutable/, name);
	}
});

test('no name of an asset leaves its directory', async () => {
	for (const name of ['../routes.c', '..%2fapp.css', '.', '..', 'app.CSS',
		'app.css/', 'app.css%00', './app.css', 'none.css', '%61pp.css'])
		oneOf((await request(at.url, { path: `/assets/${name}` }))
			.status, [404, 400], name);
});

test('what the style sheet and the script load is our own', async () => {
	for (const name of ['app.css', 'app.js', 'icon.svg']) {
		const { text } = await request(at.url,
			{ path: `/assets/${name}` });

		ok(!/url\(\s*["']?(https?:)?\/\//.test(text), name);
		ok(!/\beval\(|new Function|innerHTML/.test(text), name);
	}
});
