/*
 * Input nobody should send: to the service through lighttpd, and to the
 * workers as a web server gone mad would send it. Whatever comes, the next
 * request is answered and the log stays a list of JSON objects.
 */
import net from 'node:net';
import { ABORT, AUTHORIZER, BEGIN, PARAMS, STDIN, ask, begin, converse, params,
	record, size, stream } from '../lib/fcgi.mjs';
import { exchangeBytes } from '../lib/http.mjs';
import { startStand } from '../lib/stand.mjs';
import { FORM, PASSWORD, Person, after, before, eventually, is, matches, ok,
	oneOf, pause, person, request, secret, stand, test, times }
	from './suite.mjs';

const BODY_MAX = 65536;
const READ_TIMEOUT_MS = 600;
const SIGN_IN = '/api/auth/sign-in/email';
const KIB = 1024;

let at, someone;

before(async () => {
	at = await stand({ name: 'input', config: {
		'worker.read_timeout_ms': READ_TIMEOUT_MS } });
	someone = await person(at);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

function post(path, body, type = 'application/json') {
	return request(at.url, { method: 'POST', path, body,
		headers: { 'Content-Type': type } });
}

/* Lines about workers that did not end by themselves. */
function crashes() {
	return at.log().filter(({ event, message }) => event === 'master' &&
		/ended (by signal|with status)/.test(message ?? ''));
}

async function stillAnswers() {
	await times(8, async () => {
		const { status } = await request(at.url,
			{ path: '/auth/health' });

		is(status, 200, 'the status of health afterwards');
	});
}

async function harmless(work) {
	const before = crashes().length;

	await work();
	await stillAnswers();
	is(crashes().length, before, 'the number of crashes');
}

/* ---- bodies ---------------------------------------------------------------- */

test('what is no JSON is refused as the contract says', async () => {
	for (const body of ['{', '{"email":}', '[', '{\'a\':1}', 'undefined',
		'{"a":1,}', '[1,]', '{"a":1} x', '/**/{}', 'NaN', '01', '"\x01"',
		'{"a":"\\ud800"}', '{"a":"\\u0000"}', '\ufeff{}', '{"a":1e999}',
		'{"a":99999999999999999999}', Buffer.from([0x22, 0xff, 0x22]),
		Buffer.from('{"a":"\0"}'), 'TRUE']) {
		const response = await post(SIGN_IN, body);

		is(response.status, 400, `the status of ${body}`);
		is(response.json().message, 'Invalid JSON in request body',
			`the message about ${body}`);
	}
});

test('a member named twice is refused, however it is written', async () => {
	for (const [first, second] of [['email', 'email'],
		['email', '\\u0065mail'], ['a', 'a'], ['', '']]) {
		const response = await post(SIGN_IN, `{"${first}":"a@b.example",` +
			`"password":"x","${second}":"c@d.example"}`);

		is(response.status, 400, 'the status');
		matches(response.text, /Invalid JSON/, 'the answer');
	}
	is((await post(SIGN_IN, '{"x":{"a":1,"a":2}}')).status, 400,
		'the status of an inner one');
});

test('JSON nested too deeply is refused, and costs nothing', () =>
	harmless(async () => {
		for (const depth of [17, 100, 10000, 60000])
			for (const [open, close] of [['[', ']'],
				['{"a":', '}']]) {
				const body = open.repeat(depth / open.length) +
					'1' + close.repeat(depth / open.length);

				if (body.length < BODY_MAX)
					is((await post(SIGN_IN, body)).status,
						400, `${depth} ${open}`);
			}
		is((await post(SIGN_IN, '['.repeat(60000))).status, 400,
			'the status');
	}));

test('wrong types are named, one by one', async () => {
	for (const [body, text] of [
		['{"email":1,"password":true}', '[body.email] Invalid input: ' +
			'expected string, received number; [body.password] ' +
			'Invalid input: expected string, received boolean'],
		['{"email":null,"password":[]}', '[body.email] Invalid input: ' +
			'expected string, received null; [body.password] ' +
			'Invalid input: expected string, received array'],
		['{"email":{}}', '[body.email] Invalid input: expected string, ' +
			'received object; [body.password] Invalid input: ' +
			'expected string, received undefined'],
		['[]', '[body] Invalid input: expected object, received array'],
		['"x"', '[body] Invalid input: expected object, received string'],
		['null', '[body] Invalid input: expected object, received null'],
	]) {
		const response = await post(SIGN_IN, body);

		is(response.status, 400, body);
		is(response.json().code, 'VALIDATION_ERROR', body);
		is(response.json().message, text, body);
	}
});

test('a malformed form is refused on pages', async () => {
	const visitor = new Person(at);
	const csrf = await visitor.csrf();

	for (const body of [`csrf=${csrf}&email=%`, `csrf=${csrf}&email=%zz`,
		`csrf=${csrf}&email=%00`, `csrf=${csrf}&email=%ff`,
		`csrf=${csrf}&csrf=${csrf}`, `csrf=${csrf}&email=a&email=b`,
		`csrf=${csrf}&${'a=b&'.repeat(5000)}`])
		is((await visitor.send('POST', '/login', { body,
			headers: { 'Content-Type': FORM } })).status, 400,
		body.slice(-20));
});

test('a body of another type is 415 and names what is allowed', async () => {
	const response = await post(SIGN_IN, 'x', 'text/x"y');

	is(response.status, 415, 'the status');
	matches(response.json().message, /^Content-Type "text\/x"y" is not allow/,
		'the message');
});

test('a body over the limit is 413, with and without a length', () =>
	harmless(async () => {
		const body = 'x'.repeat(BODY_MAX + 1);
		const chunked = await exchangeBytes(at.url, Buffer.from(
			`POST ${SIGN_IN} HTTP/1.1\r\nHost: x\r\nContent-Type: ` +
			'application/json\r\nConnection: close\r\n' +
			'Transfer-Encoding: chunked\r\n\r\n' +
			`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`));

		is((await post(SIGN_IN, body)).status, 413, 'the status');
		is((await post('/login', body, FORM)).status, 413,
			'the status of a page');
		matches(chunked.toString(), /^HTTP\/1\.1 413 /, 'the answer');
		for (const length of ['', String(body.length),
			'9223372036854775807'])
			is((await ask(at.socket, { method: 'POST',
				uri: SIGN_IN, body, values: {
					CONTENT_LENGTH: length,
					CONTENT_TYPE: 'application/json' } }))
				.status, 413, `a length of "${length}"`);
		is((await post(SIGN_IN, `"${'x'.repeat(BODY_MAX - 2)}"`)).status,
			400, 'the status at the limit');
	}));

test('a length that is no number is refused', () =>
	harmless(async () => {
		for (const length of ['-1', '1x', ' 1', '+1', '0x10', '1e3',
			'18446744073709551616', '99999999999999999999'])
			is((await ask(at.socket, { method: 'POST', uri: SIGN_IN,
				body: '{}', values: { CONTENT_LENGTH: length } }))
				.status, 400, length);
	}));

test('a body shorter than said is not acted upon', () =>
	harmless(async () => {
		const visitor = new Person(at);
		const body = JSON.stringify({ name: 'A', email: visitor.email,
			password: PASSWORD });
		const values = { REQUEST_METHOD: 'POST',
			REQUEST_URI: '/api/auth/sign-up/email',
			CONTENT_TYPE: 'application/json', REMOTE_ADDR: '127.0.0.1' };
		const send = (length, ...rest) => converse(at.socket,
			Buffer.concat([begin(), stream(PARAMS, params({ ...values,
				CONTENT_LENGTH: String(length) })), ...rest]));

		for (const reply of [
			await send(body.length + 1, stream(STDIN, body)),
			await send(body.length + 9, record(STDIN, body)),
			await send(body.length, record(STDIN, body.slice(1)),
				record(ABORT)),
			await send(body.length, record(ABORT))])
			ok(!/^Status: 200/.test(reply.stdout), 'it is accepted');
		is((await at.psql(`SELECT count(*) AS n FROM users
			WHERE email = '${visitor.email}'`))[0].n, 0, 'the count');
	}));

/* ---- paths ----------------------------------------------------------------- */

const PATHS = ['/./login', '//login', '/login/', '/login/.', '/login/..',
	'/account/../login', '/account/./security', '/account//security',
	'/%6cogin', '/%2elogin', '/%2e/login', '/%2e%2e/login', '/account%2f',
	'/account%2Fsecurity', '/%2flogin', '/login%00', '/login%0a', '/login%20',
	'/login;', '/login;x=y', '/account/..;/login', '/;/login', '/login#',
	'/login%23', '/login%3f', '/login\\', '/login%5c', '/\\login',
	'/api/auth//ok', '/api/auth/./ok', '/api/auth/%6fk', '/api//auth/ok',
	'/api/auth/ok/', '/api/auth/../auth/ok', '/API/auth/ok', '/Login',
	'/login%e2%80%8b', '/login\u00ff', '/login%c0%af', '/..', '/%', '/%zz',
	'login', '*', '', 'ftp://x/login', 'http://user@x/login', '/auth/health/',
	'/auth//health', '/auth/%68ealth', '/auth/health;', '/auth/health%00'];

test('a path written in another way is no way in', () => harmless(async () => {
	for (const uri of PATHS) {
		const reply = await ask(at.socket, { uri });

		is(reply.status, 404, `the status of "${uri}"`);
		ok(!/csrf|"ok"/.test(reply.body), `the answer to "${uri}"`);
	}
}));

test('nor does lighttpd make one of it', async () => {
	for (const path of PATHS.filter((uri) => /^\/[\x21-\x7e]*$/.test(uri) &&
		!uri.includes('#') && !uri.includes('%6') && !/%2e|\\/.test(uri)))
		oneOf((await request(at.url, { path })).status, [404, 400], path);
});

test('a path of many kilobytes is 404, and so is one too long', () =>
	harmless(async () => {
		for (const length of [2000, 2047, 2048, 2049, 60000])
			is((await ask(at.socket, { uri: `/${'a'.repeat(length)}` }))
				.status, 404, `${length} bytes`);
	}));

test('a malformed query is 400', async () => {
	for (const query of ['a=%', 'a=%zz', 'a=%00', 'a=%ff',
		'a=b&'.repeat(2000)])
		is((await ask(at.socket, { uri: `/login?${query}` })).status, 400,
			query.slice(0, 20));
});

/* ---- FastCGI --------------------------------------------------------------- */

const HEALTH = { REQUEST_METHOD: 'GET', REQUEST_URI: '/auth/health',
	REMOTE_ADDR: '127.0.0.1', CONTENT_LENGTH: '0' };

function sendParams(content, head = begin()) {
	return converse(at.socket, Buffer.concat([head, stream(PARAMS, content),
		stream(STDIN, '')]));
}

test('lengths of names and values may be written in all four forms', () =>
	harmless(async () => {
		for (const name of [1, 127, 128, 200])
			for (const value of [0, 127, 128, 300]) {
				const reply = await sendParams(Buffer.concat([
					params({ ['N'.repeat(name)]:
						'v'.repeat(value) }),
					params({ ...HEALTH, HTTP_X_REQUEST_ID:
						'after.the.pair' })]));

				matches(reply.stdout.toString(),
					/^Status: 200[^]*after\.the\.pair/,
					`the answer to ${name}/${value}`);
			}
	}));

function long(length) {
	const bytes = Buffer.alloc(4);

	bytes.writeUInt32BE((length | 0x80000000) >>> 0);
	return bytes;
}

/* A pair's lengths in their four forms, and cut off. */
function heads([name, value]) {
	return [Buffer.concat([long(name), long(value)]),
		Buffer.concat([size(name & 127), long(value)]),
		Buffer.concat([long(name), size(value & 127)]),
		Buffer.concat([size(name & 127), size(value & 127)]),
		long(name), long(name).subarray(0, 3)];
}

async function lie(socket, lengths) {
	for (const head of lengths.flatMap(heads))
		await converse(socket, Buffer.concat([begin(),
			stream(PARAMS, Buffer.concat([params(HEALTH), head,
				Buffer.from('AB')])), stream(STDIN, '')]));
}

test('lengths that lie cost their sender the connection, nobody else', () =>
	harmless(() => lie(at.socket, [[0, 0x7fffffff], [0x7fffffff, 0],
		[0x7fffffff, 0x7fffffff], [0x7fffffff, 1], [1, 0x7fffffff],
		[9, 100000], [100000, 9], [0, 1], [1, 0], [0, 0]])));

/* libfcgi asserts what malloc gives it, and not in JSON: a stand apart. */
test('lengths no memory could hold cost one worker, for a moment', async () => {
	const apart = await startStand({ name: 'lies' });

	try {
		await lie(apart.socket, [[0x7ffffffe, 0x7ffffffe],
			[0x40000000, 0x40000000], [128, 0x7ffffffd]]);
		await times(20, async () => is((await request(apart.url,
			{ path: '/auth/health' })).status, 200, 'the status'));
	} finally {
		is((await apart.stop()).code, 0, 'the exit status');
	}
});

/* The reader's buffer has 8 KiB, a record 64. */
test('parameters of every size around the buffers arrive whole', () =>
	harmless(async () => {
		const sizes = [0, 1, 127, 128, 1000];

		for (const edge of [8192, 16384, 65535])
			for (let n = edge - 180; n < edge + 20; n += 3)
				sizes.push(n);
		for (const n of sizes) {
			const id = `size-${n}-end`.padEnd(12, '.');
			const reply = await sendParams(Buffer.concat([
				params({ HTTP_X_FILL: 'f'.repeat(n) }),
				params({ ...HEALTH, HTTP_X_REQUEST_ID: id })]));

			ok(reply.stdout.includes(`X-Request-Id: ${id}`) &&
				/^Status: 200/.test(reply.stdout),
			`${n} bytes: ${reply.stdout.subarray(0, 100)}`);
		}
	}));

test('parameters beyond a bound are 400', () => harmless(async () => {
	for (const n of [128 * KIB, 256 * KIB - 1, 256 * KIB])
		matches((await sendParams(params([['HTTP_X_FILL', 'f'.repeat(n)],
			...Object.entries(HEALTH)]))).stdout.toString(),
		/^Status: 400/, `${n} bytes`);
	for (const [count, status] of [[400, 200], [2000, 400]])
		matches((await sendParams(params([...Object.entries(HEALTH),
			...Array.from({ length: count }, (_, i) =>
				[`HTTP_X_${i}`, 'x'])]))).stdout.toString(),
		new RegExp(`^Status: ${status}`), `${count} parameters`);
}));

test('of a parameter sent twice the first counts', async () => {
	const reply = await sendParams(params([...Object.entries(HEALTH),
		['REQUEST_URI', '/account'], ['REQUEST_METHOD', 'POST']]));

	matches(reply.stdout.toString(), /^Status: 200/, 'the answer');
});

test('odd records, versions and roles end a connection, not a worker', () =>
	harmless(async () => {
		const rest = Buffer.concat([stream(PARAMS, params(HEALTH)),
			stream(STDIN, '')]);

		for (const bytes of [
			record(BEGIN, [0, 1, 0, 0, 0, 0, 0, 0], { version: 0 }),
			record(BEGIN, [0, 1, 0, 0, 0, 0, 0, 0], { version: 2 }),
			begin(0), begin(9), begin(65535), record(BEGIN, ''),
			record(BEGIN, [0, 1]), record(ABORT), record(0, 'x'),
			record(255, 'x'), record(PARAMS, ''),
			record(BEGIN, [0, 1, 0, 0, 0, 0, 0, 0], { id: 0 }),
			Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(64),
			Buffer.alloc(64, 0xff)])
			await converse(at.socket, Buffer.concat([bytes, rest]));
		for (const bytes of [begin(), Buffer.concat([begin(),
			record(ABORT)]), Buffer.concat([begin(), record(PARAMS,
			params(HEALTH)), record(ABORT)])])
			await converse(at.socket, bytes);
		await converse(at.socket, Buffer.concat([begin(AUTHORIZER), rest]));
	}));

test('padding and many small records change nothing', async () => {
	const content = params({ ...HEALTH, HTTP_X_REQUEST_ID: 'in.many.parts' });
	const parts = [...content].map((byte, i) => record(PARAMS, [byte],
		{ padding: i % 256 }));
	const reply = await converse(at.socket, Buffer.concat([begin(), ...parts,
		record(PARAMS, ''), record(STDIN, '')]));

	matches(reply.stdout.toString(), /^Status: 200[^]*in\.many\.parts/,
		'the answer');
});

function stall(bytes) {
	return new Promise((resolve) => {
		const socket = net.connect(at.socket, () => {
			socket.write(bytes);
			resolve(socket);
		});

		socket.on('error', () => {});
	});
}

test('whoever stops in mid-request holds a worker for a moment only', () =>
	harmless(async () => {
		const values = params({ ...HEALTH, REQUEST_METHOD: 'POST',
			REQUEST_URI: SIGN_IN, CONTENT_LENGTH: '100' });

		for (const bytes of [Buffer.alloc(0), begin().subarray(0, 5),
			begin(), Buffer.concat([begin(), record(PARAMS,
				values.subarray(0, 20))]),
			Buffer.concat([begin(), stream(PARAMS, values)]),
			Buffer.concat([begin(), stream(PARAMS, values),
				record(STDIN, '{"a":')])]) {
			const held = await times(5, () => stall(bytes));
			const start = Date.now();

			await pause(50);
			await stillAnswers();
			held.forEach((socket) => socket.destroy());

			const took = Date.now() - start;

			ok(took < 4 * READ_TIMEOUT_MS,
				`${bytes.length} bytes: ${took} ms`);
		}
	}));

/* ---- request ids and logs -------------------------------------------------- */

function idOf(reply) {
	return reply.headers.find(([name]) => name === 'x-request-id')?.[1];
}

test('a sane request id is taken, echoed and logged', async () => {
	for (const id of ['12345678', 'a-b_c.d-0123456789', 'A'.repeat(32)]) {
		const reply = await ask(at.socket, { uri: '/auth/health',
			headers: { 'X-Request-Id': id } });

		is(idOf(reply), id, 'the id');
		await eventually('it is logged', () => at.log().some(
			(line) => line.requestId === id));
	}
});

test('any other request id is replaced', async () => {
	for (const id of ['', 'short', 'a'.repeat(500), 'has space 123',
		'quote"12345', 'new\nline123', 'back\\slash1', '\u001b[31mred12',
		'<script>123', 'a,b;c=12345']) {
		const reply = await ask(at.socket, { uri: '/auth/health',
			headers: { 'X-Request-Id': id } });

		is(reply.status, 200, 'the status');
		matches(idOf(reply), /^[A-Za-z0-9]{20}$/, 'the id');
	}
});

const POISON = ['\n{"level":"error","event":"forged"}', '\r\nforged: yes',
	'\u001b[2J\u001b[31mforged', '"},{"event":"forged"', '\\', '\\"', '\u0000',
	'\u2028forged', '\u009b31mforged', '%s%n%d', '\u202eforged'];

test('nobody can write lines of the log', () => harmless(async () => {
	for (const text of POISON) {
		const headers = { 'User-Agent': text, Referer: text,
			Origin: text, Cookie: `a=${text}`, Accept: text,
			'X-Forwarded-For': text, 'X-Request-Id': text };

		await ask(at.socket, { uri: `/login${text}`, headers });
		await ask(at.socket, { uri: '/login', method: `GET${text}`,
			headers });
		await ask(at.socket, { uri: `/login?a=${text}`, headers,
			values: { REMOTE_ADDR: text } });
		await ask(at.socket, { uri: SIGN_IN, method: 'POST',
			body: JSON.stringify({ email: text, password: text }),
			values: { CONTENT_TYPE: 'application/json' } });
		await ask(at.socket, { uri: SIGN_IN, method: 'POST', body: '{}',
			headers, values: { CONTENT_TYPE: `a/b${text}` } });
		await post('/api/auth/sign-up/email', JSON.stringify({
			name: text, email: 'poison@example.com',
			password: PASSWORD }));
	}
	for (const line of at.log()) {
		ok(line.text === undefined, `no JSON: ${line.text}`);
		ok(line.event !== 'forged', 'a forged line');
		matches(JSON.stringify(line), /^[\x20-\x7e\u0080-\u00ff]*$/,
			'a line');
	}
}));

test('what is said in confidence is not logged', async () => {
	const [token] = decodeURIComponent(someone.jar.get(
		'better-auth.session_token')).split('.');
	const wrong = secret('wrongpasswordwithsixteen');
	const address = `typo${wrong}@example.com`;

	await post(SIGN_IN, JSON.stringify({ email: someone.email,
		password: wrong }));
	await post(SIGN_IN, JSON.stringify({ email: address, password: wrong }));
	await post(SIGN_IN, `{"email":"${wrong}`);
	await post(SIGN_IN, `{"email":1,"password":"${wrong}","${wrong}":1}`);
	await post(SIGN_IN, `password=${wrong}`, FORM);
	await post('/login', `csrf=${wrong}&password=${wrong}`, FORM);
	for (const path of [`/api/auth/nothing?token=${token}`,
		`/login?token=${token}`, `/nothing?code=${token}`])
		await request(at.url, { path, headers: {
			Authorization: `Bearer ${token}`, Cookie: `x=${token}` } });
	await request(at.url, { path: '/api/me', headers: {
		Authorization: `Basic ${secret('dXNlcjpwYXNzd29yZDEyMw')}` } });
	/* run.mjs looks for them in all logs at its end */
});
