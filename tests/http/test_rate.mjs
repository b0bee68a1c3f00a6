/*
 * Limits: a bucket for each client and path, whatever the path is called and
 * whoever claims to speak for whom.
 */
import { ask } from '../lib/fcgi.mjs';
import { PASSWORD, after, before, is, matches, ok, stand, test }
	from './suite.mjs';

const SIGN_IN = '/api/auth/sign-in/email';
const MAX = 3;			/* of /sign-in and /sign-up in ten seconds */

let at, forwarded, one, other;
let addresses = 0, accounts = 0;

before(async () => {
	const limits = { 'rate_limit.enabled': true, 'rate_limit.max': 5,
		'rate_limit.window': 10 };

	[at, forwarded] = await Promise.all([
		stand({ name: 'rate', config: limits }),
		stand({ name: 'forwarded', config: { ...limits,
			'server.trusted_proxies':
				'192.0.2.1, 198.51.100.0/24, 2001:db8:1::/48' } }),
	]);
	one = await stand({ name: 'hostone', config: { ...limits,
		'rate_limit.storage': 'database' } });
	other = await stand({ name: 'hosttwo', config: { ...limits,
		'rate_limit.storage': 'database',
		'db.url': one.database.url } });
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await forwarded.stop()).code, 0, 'the exit status');
	is((await other.stop()).code, 0, 'the exit status');
	is((await one.stop()).code, 0, 'the exit status');
});

function freshAddress() {
	return `203.0.113.${++addresses}`;
}

/* Each at another account, whose wrong secrets are counted, too. */
async function knock(where, { from, uri = SIGN_IN, headers = {} }) {
	const reply = await ask(where.socket, { method: 'POST', uri, headers,
		body: JSON.stringify({ email: `a${++accounts}@example.com`,
			name: 'A', password: PASSWORD }),
		values: { REMOTE_ADDR: from, CONTENT_TYPE: 'application/json' } });

	return reply.status;
}

/* How many of tries are let through before the first 429. */
async function passes(where, tries) {
	let count = 0;

	for (const one of tries) {
		if (await knock(where, one) === 429)
			return count;
		count++;
	}
	return count;
}

const SIX = [0, 1, 2, 3, 4, 5];

test('the fourth sign-in within ten seconds is 429, and says when', async () => {
	const from = freshAddress();

	is(await passes(at, SIX.map(() => ({ from }))), MAX, 'the count');

	const reply = await ask(at.socket, { method: 'POST', uri: SIGN_IN,
		values: { REMOTE_ADDR: from } });
	const header = (name) => reply.headers.find(([key]) => key === name)?.[1];

	is(reply.status, 429, 'the status');
	matches(header('retry-after') ?? '', /^([1-9]|10)$/, 'Retry-After');
	is(header('x-retry-after'), header('retry-after'), 'X-Retry-After');
	is(JSON.stringify(JSON.parse(reply.body)), JSON.stringify({ message:
		'Too many requests. Please try again later.' }), 'the body');
});

test('another address is free meanwhile', async () => {
	const from = freshAddress();

	await passes(at, SIX.map(() => ({ from })));
	is(await knock(at, { from: freshAddress() }), 401, 'the status');
});

test('aliases and the page share one bucket', async () => {
	for (const paths of [[SIGN_IN, '/api/auth/signin', '/auth/login', '/login'],
		['/login', '/login', '/auth/login', SIGN_IN],
		['/api/auth/sign-up/email', '/auth/register', '/signup',
			'/api/auth/signup']]) {
		const from = freshAddress();

		is(await passes(at, paths.map((uri) => ({ from, uri }))), MAX,
			paths.join());
	}
});

test('other paths have a bucket of their own, and each its bound', async () => {
	const from = freshAddress();
	const get = (uri) => ask(at.socket, { uri, values: { REMOTE_ADDR: from } });

	await passes(at, SIX.map(() => ({ from })));
	for (let i = 0; i < 5; i++)
		is((await get('/api/auth/get-session')).status, 200, 'the status');
	is((await get('/api/auth/get-session')).status, 429, 'the status');
	is((await get('/auth/health')).status, 200, 'the status of another');
});

test('a page that is refused is a page', async () => {
	const from = freshAddress();

	await passes(at, SIX.map(() => ({ from })));

	const reply = await ask(at.socket, { method: 'POST', uri: '/login',
		values: { REMOTE_ADDR: from } });

	is(reply.status, 429, 'the status');
	matches(reply.body, /Too many attempts/, 'the page');
});

test('an IPv6 network of 64 bits is one client', async () => {
	is(await passes(at, SIX.map((i) => ({ from: `2001:db8:2:1::${i + 1}` }))),
		MAX, 'the count');
	is(await passes(at, SIX.map((i) => ({
		from: `2001:db8:2:2:${i}:${i}:${i}:1` }))), MAX, 'the count');
	is(await passes(at, SIX.slice(0, 4).map((i) => ({
		from: `2001:db8:3:${i}::1` }))), 4, 'the count of networks');
});

test('an IPv4 address written as IPv6 is the same client', async () => {
	const from = freshAddress();

	is(await passes(at, SIX.map((i) => ({
		from: i % 2 ? from : `::ffff:${from}` }))), MAX, 'the count');
});

test('nobody says where somebody else comes from', async () => {
	const from = freshAddress();

	is(await passes(at, SIX.map((i) => ({ from, headers: {
		'X-Forwarded-For': `198.18.0.${i}`,
		'X-Real-IP': `198.18.0.${i}`, Forwarded: `for=198.18.0.${i}`,
		'Client-IP': `198.18.0.${i}` } }))), MAX, 'the count');
});

test('a trusted proxy says where its clients come from', async () => {
	const [one, two] = [freshAddress(), freshAddress()];
	const via = (from, chain) => SIX.map(() => ({ from,
		headers: { 'X-Forwarded-For': chain } }));

	is(await passes(forwarded, via('192.0.2.1', one)), MAX, 'the count');
	is(await passes(forwarded, via('198.51.100.7', one)), 0,
		'the count of the same client elsewhere');
	is(await passes(forwarded, via('192.0.2.1', two)), MAX,
		'the count of another client');
	is(await passes(forwarded, via('2001:db8:1:2::3', `${two}`)), 0,
		'the count behind a proxy of IPv6');
});

test('of a chain the last address that is no proxy counts', async () => {
	const client = freshAddress();

	is(await passes(forwarded, SIX.map((i) => ({ from: '192.0.2.1',
		headers: { 'X-Forwarded-For':
			`198.18.1.${i}, ${client}, 198.51.100.9` } }))), MAX,
	'the count');
});

test('whoever is no trusted proxy is the client', async () => {
	const from = freshAddress();

	is(await passes(forwarded, SIX.map((i) => ({ from, headers: {
		'X-Forwarded-For': `198.18.2.${i}` } }))), MAX, 'the count');
});

test('all workers count together', async () => {
	const from = freshAddress();
	const answers = await Promise.all(Array.from({ length: 24 },
		() => knock(at, { from })));

	is(answers.filter((status) => status !== 429).length, MAX, 'the count');
	ok(answers.includes(429), 'nobody was refused');
});

test('hosts of one database count together, when told to', async () => {
	const from = freshAddress();
	const answers = await Promise.all(Array.from({ length: 24 },
		(_, i) => knock(i % 2 ? one : other, { from })));

	is(answers.filter((status) => status !== 429).length, MAX, 'the count');
	is(await knock(one, { from: freshAddress() }), 401,
		'the status of another address');

	const email = 'guessed@example.com';
	const guesses = [];

	for (let i = 0; i < 12; i++)
		guesses.push((await ask((i % 2 ? one : other).socket, {
			method: 'POST', uri: SIGN_IN, values: {
				REMOTE_ADDR: freshAddress(),
				CONTENT_TYPE: 'application/json' },
			body: JSON.stringify({ email, password: PASSWORD }),
		})).status);
	is(guesses.join(), [...Array(10).fill(401), 429, 429].join(),
		'the statuses of guesses at one account');
});
