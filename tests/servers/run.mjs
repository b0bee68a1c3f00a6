/*
 * The snippets an operator includes (docs/lighttpd.conf, apache.conf,
 * nginx.conf), each in the smallest real server that can hold it, really carry
 * tollgate: both as they are, for a whole host, and with the commented line
 * that takes tollgate's paths only.
 *
 *   node tests/servers/run.mjs [lighttpd|apache|nginx]...
 */
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { startProcess, stopProcess } from '../lib/cleanup.mjs';
import { Browser, exchangeBytes, request } from '../lib/http.mjs';
import { SOURCE } from '../lib/paths.mjs';
import { startStand } from '../lib/stand.mjs';

const SNIPPET_SOCKET = '/run/tollgate/tollgate.sock';
const SERVER_LIMIT = 128 * 1024;	/* what the snippets allow */
const OWN_LIMIT = 64 * 1024;		/* worker.body_bytes unless set */
const START_MS = 15000;

const SERVERS = {
	lighttpd: {
		main: ({ dir, port, snippet }) => `
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${dir}/www"
server.errorlog = "${dir}/error.log"
server.upload-dirs = ( "${dir}" )
include "${snippet}"
`,
		command: (conf) => ['lighttpd', '-D', '-f', conf],
	},
	apache: {
		/* Root may not serve as root; others may not change who they are. */
		main: ({ dir, port, snippet }) => `
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_fcgi_module /usr/lib/apache2/modules/mod_proxy_fcgi.so
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${dir}/apache.pid
DefaultRuntimeDir ${dir}
DocumentRoot ${dir}/www
ErrorLog ${dir}/error.log
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
Include ${snippet}
`,
		command: (conf, dir) => ['apache2', '-D', 'FOREGROUND', '-d', dir,
			'-f', conf],
	},
	nginx: {
		main: ({ dir, port, snippet }) => `
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events { }
http {
	access_log off;
	client_body_temp_path ${dir}/t1; proxy_temp_path ${dir}/t2;
	fastcgi_temp_path ${dir}/t3; uwsgi_temp_path ${dir}/t4;
	scgi_temp_path ${dir}/t5;
	server {
		listen 127.0.0.1:${port};
		root ${dir}/www;
		include ${snippet};
	}
}
`,
		command: (conf, dir) => ['nginx', '-p', dir, '-c', conf,
			'-e', 'error.log'],
	},
};

/* ---- the promises; each gets { name, url } of a running server ----------- */

const PROMISES = {
	async 'the sign-in page arrives with its style sheet'({ url }) {
		const page = await request(url, { path: '/login' });
		const css = /<link rel="stylesheet" href="([^"]+)"/.exec(page.text);

		is(page.status, 200);
		matches(page.header('content-type'), /^text\/html/);
		ok(css, 'no style sheet in the page');
		const sheet = await request(url, { path: css[1] });

		is(sheet.status, 200);
		matches(sheet.header('content-type'), /^text\/css/);
		ok(sheet.body.length > 500, 'an empty style sheet');
	},

	async 'a JSON sign-up sets a cookie that signs in'({ url }) {
		const { browser, email } = await signedUp(url);
		const session = await browser.get('/api/auth/get-session');

		is(session.json()?.user.email, email);
	},

	async 'the sign-up form leads to the account'({ url }) {
		const browser = new Browser(url);
		const page = await browser.get('/signup');
		const csrf = /name="csrf" value="([^"]+)"/.exec(page.text);

		ok(csrf, 'no csrf field in the form');
		const done = await browser.send('POST', '/signup', {
			headers: { Origin: url,
				'Content-Type': 'application/x-www-form-urlencoded' },
			body: new URLSearchParams({ csrf: csrf[1], name: 'A B',
				email: freshEmail(),
				password: 'correct horse 1' }).toString(),
		});

		is(done.status, 303);
		is((await browser.get('/account')).status, 200);
	},

	async 'a token and a copy of the session fit into the headers'({ url }) {
		const { browser } = await signedUp(url);
		const image = `https://x.example/${'i'.repeat(1900)}`;
		const origin = { Origin: url, 'Content-Type': 'application/json' };

		is((await browser.send('POST', '/api/auth/update-user', {
			headers: origin, body: JSON.stringify({ image }) })).status,
		200);
		const session = await browser.get(
			'/api/auth/get-session?disableCookieCache=1');

		is(session.status, 200);
		ok(session.header('set-auth-jwt').length > 2000, 'no token');
		ok(session.cookies.join().length > 3000, 'no copy');
		is((await browser.get('/api/auth/get-session')).status, 200);
	},

	async 'Authorization reaches tollgate'({ url }) {
		const { browser, email } = await signedUp(url);
		const token = browser.jar.get('better-auth.session_token');
		const session = await request(url, {
			path: '/api/auth/get-session',
			headers: { Authorization: `Bearer ${token}` },
		});

		is(session.json()?.user.email, email);
	},

	async 'a query string and two cookies pass'({ url }) {
		const response = await request(url, {
			path: '/api/auth/get-session?disableCookieCache=true&x=%20',
			headers: { Cookie: 'a=1; b=2' },
		});

		is(response.status, 200);
		is(response.text, 'null');
	},

	async 'a chunked body arrives whole'({ url }) {
		const body = JSON.stringify({ name: 'C', email: freshEmail(),
			password: 'correct horse 1' });
		const half = body.length >> 1;
		const chunk = (text) =>
			`${text.length.toString(16)}\r\n${text}\r\n`;
		const answer = await exchangeBytes(url, Buffer.from(
			'POST /api/auth/sign-up/email HTTP/1.1\r\n' +
			`Host: ${new URL(url).host}\r\nOrigin: ${url}\r\n` +
			'Content-Type: application/json\r\n' +
			'Connection: close\r\n' +
			'Transfer-Encoding: chunked\r\n\r\n' +
			chunk(body.slice(0, half)) + chunk(body.slice(half)) +
			'0\r\n\r\n'));

		matches(answer.toString(), /^HTTP\/1\.1 200 /);
	},

	async 'a body over worker.body_bytes is refused'({ url }) {
		is((await post(url, OWN_LIMIT + 1)).status, 413);
	},

	async 'a body over the server\'s limit is refused'({ url }) {
		is((await post(url, SERVER_LIMIT + 4096)).status, 413);
	},

	async 'an encoded slash is no way into another path'({ url }) {
		const response = await request(url, { path: '/admin%2f..%2flogin' });

		ok(response.status >= 400 && response.status < 500,
			`status ${response.status}`);
	},

	async 'errors are tollgate\'s own'({ url }) {
		const response = await request(url, {
			path: '/api/auth/no-such-thing' });

		is(response.status, 404);
		ok(!/<center>|lighttpd|Apache/.test(response.text),
			'the web server has put its own page there');
	},

	async 'a client cannot name its own address or proxy'({ url, stand }) {
		const { browser } = await signedUp(url, {
			'X-Forwarded-For': '203.0.113.9', Proxy: 'http://evil/' });
		const session = await browser.get('/api/auth/get-session');

		is(session.json().session.ipAddress, '127.0.0.1');
		ok(!JSON.stringify(stand.log()).includes('evil'),
			'the header was taken for a setting');
	},
};

const SHARED_PROMISES = {
	async 'tollgate\'s paths are taken'({ url }) {
		is((await request(url, { path: '/login' })).status, 200);
		is((await request(url, { path: '/api/auth/ok?a=b' })).status, 200);
		is((await request(url, { path: '/.well-known/jwks.json' }))
			.header('x-request-id') !== null, true);
	},

	'Authorization reaches tollgate': PROMISES[
		'Authorization reaches tollgate'],

	async 'other pages stay the server\'s own'({ url }) {
		const own = await request(url, { path: '/own.txt' });

		is(own.text, 'own\n');
		is((await request(url, { path: '/loginx' })).status, 404);
	},
};

let mails = 0;

function freshEmail() {
	return `server${process.pid}x${mails++}@example.com`;
}

async function signedUp(url, headers = {}) {
	const browser = new Browser(url);
	const email = freshEmail();
	const response = await browser.send('POST', '/api/auth/sign-up/email', {
		headers: { Origin: url, 'Content-Type': 'application/json',
			...headers },
		body: JSON.stringify({ name: 'A B', email,
			password: 'correct horse 1' }),
	});

	is(response.status, 200);
	return { browser, email };
}

function post(url, bytes) {
	return request(url, { method: 'POST', path: '/api/auth/sign-in/email',
		headers: { Origin: url, 'Content-Type': 'application/json' },
		body: JSON.stringify({ email: 'a'.repeat(bytes) }) });
}

function ok(truth, text) {
	if (!truth)
		throw new Error(text);
}

function is(got, wanted) {
	ok(got === wanted,
		`got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

function matches(text, pattern) {
	ok(pattern.test(text), `${JSON.stringify(text)} is not ${pattern}`);
}

/* ---- servers ------------------------------------------------------------- */

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

/* The commented alternative of a snippet, which is one line. */
function sharing(text) {
	const line = /^#\s+(\$HTTP\["url"\] =~ .*|location ~ .*|<LocationMatch .*)$/m
		.exec(text)[1];

	return text
		.replace(/^\$HTTP\["url"\] =~ "\^\/" \{$/m, () => line)
		.replace(/^location \/ \{$/m, () => line)
		.replace(/^<LocationMatch "\^\/">$/m, () => line);
}

function snippetOf(name, dir, socket, shared) {
	const file = path.join(dir, 'snippet.conf');
	const text = fs.readFileSync(path.join(SOURCE, 'docs', `${name}.conf`),
		'utf8');

	ok(text.includes(SNIPPET_SOCKET), `docs/${name}.conf names no socket`);
	ok(!shared || sharing(text) !== text, `docs/${name}.conf cannot share`);
	fs.writeFileSync(file, (shared ? sharing(text) : text)
		.replaceAll(SNIPPET_SOCKET, socket));
	return file;
}

async function startServer(name, port, stand, shared) {
	const dir = path.join(stand.dir, `${name}${shared ? '-shared' : ''}`);
	const conf = path.join(dir, 'server.conf');
	const lines = [];

	fs.mkdirSync(path.join(dir, 'www'), { recursive: true });
	fs.writeFileSync(path.join(dir, 'www/own.txt'), 'own\n');
	fs.writeFileSync(conf, SERVERS[name].main({ dir, port,
		snippet: snippetOf(name, dir, stand.socket, shared) }));

	const [file, ...args] = SERVERS[name].command(conf, dir);
	const child = startProcess(file, args, {
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
		onLine: (line) => lines.push(line) });

	await listening(child, port, () => [...lines,
		readIfThere(path.join(dir, 'error.log'))].join('\n'));
	return { child, server: { name, stand, url: `http://127.0.0.1:${port}` } };
}

function readIfThere(file) {
	return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

async function listening(child, port, said) {
	const until = Date.now() + START_MS;
	let ended = false;

	child.done.then(() => ended = true, () => ended = true);
	while (!ended && Date.now() < until) {
		if (await connects(port))
			return;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error('does not start:\n' + said());
}

function connects(port) {
	return new Promise((resolve) => {
		const socket = net.connect({ host: '127.0.0.1', port });

		socket.on('error', () => resolve(false));
		socket.on('connect', () => {
			socket.destroy();
			resolve(true);
		});
	});
}

/* ---- the run ------------------------------------------------------------- */

const counts = { passed: 0, failed: 0 };

async function attempt(title, promise) {
	try {
		await promise();
		counts.passed++;
		console.log(`ok - ${title}`);
	} catch (error) {
		counts.failed++;
		console.log(`not ok - ${title}: ${error.message}`);
	}
}

async function tryServer(name, port, stand, shared) {
	const label = shared ? `${name}, sharing its host` : name;
	const promises = shared ? SHARED_PROMISES : PROMISES;
	let running = null;

	await attempt(`${label}: takes the snippet`, async () => {
		running = await startServer(name, port, stand, shared);
	});
	if (running === null)
		return;
	for (const [title, promise] of Object.entries(promises))
		await attempt(`${label}: ${title}`,
			() => promise(running.server));
	await stopProcess(running.child);
}

const names = process.argv.length > 2 ? process.argv.slice(2) :
	Object.keys(SERVERS);
const runs = [];

for (const name of names)
	for (const shared of [false, true])
		runs.push({ name, shared, port: await freePort() });

/* The servers change to users of their own, who must reach the socket. */
const stand = await startStand({ name: 'servers', config: {
	'server.socket_mode': 666,
	'jwt.enabled': true,
	'session.cookie_cache': 'compact',
	'server.trusted_origins': runs.map(
		({ port }) => `http://127.0.0.1:${port}`).join(', '),
} });

for (const { name, port, shared } of runs)
	await tryServer(name, port, stand, shared);
await stand.stop();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
