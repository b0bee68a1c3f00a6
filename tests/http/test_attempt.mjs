/*
 * Wrong secrets: whoever guesses is slowed down, by whatever door he comes and
 * from wherever, and nobody else is.
 */
import { ask } from '../lib/fcgi.mjs';
import { FORM, PASSWORD, Person, after, before, is, matches, ok, pause, person,
	stand, test } from './suite.mjs';

const DOORS = ['/api/auth/sign-in/email', '/api/auth/signin', '/auth/login'];
const FREE = 6;

let at, network;

before(async () => {
	/* Requests are not limited: what is refused here is refused as a guess. */
	const config = { 'rate_limit.enabled': true, 'rate_limit.rules': '/*=off',
		'rate_limit.account_failures': FREE, 'admin.enabled': true,
		'username.enabled': true };

	[at, network] = await Promise.all([
		stand({ name: 'attempt', config }),
		stand({ name: 'network', config: { ...config,
			'rate_limit.network_failures': 5 } }),
	]);
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await network.stop()).code, 0, 'the exit status');
});

let serial = 0;

function freshAddress() {
	return `203.0.113.${++serial}`;
}

function guess(where, { email, from = '203.0.113.250', uri = DOORS[0],
	password = 'wrong wrong wrong' }) {
	return ask(where.socket, { method: 'POST', uri,
		body: JSON.stringify({ email, password }),
		values: { REMOTE_ADDR: from, CONTENT_TYPE: 'application/json' } });
}

function header(reply, name) {
	return reply.headers.find(([key]) => key === name)?.[1];
}

async function statuses(count, work) {
	const all = [];

	for (let i = 0; i < count; i++)
		all.push((await work(i)).status);
	return all.join();
}

/* Somebody with an account, who has been nowhere yet. */
async function stranger(where) {
	const someone = await person(where);

	await where.psql(`DELETE FROM sessions WHERE user_id = '${someone.id}'`);
	return someone;
}

const REFUSED = [...Array(FREE).fill(401), 429, 429].join();

test('Authelia CVE-2025-24806: all doors count together', async () => {
	const { email } = await person(at);

	is(await statuses(FREE + 2, (i) => guess(at, { email,
		uri: DOORS[i % DOORS.length] })), REFUSED, 'the statuses');
});

test('the page is another door to the same count, and shows its form again',
	async () => {
		const { email } = await stranger(at);
		const visitor = new Person(at);

		for (let i = 0; i < FREE; i++)
			is((await guess(at, { email })).status, 401, 'the status');

		const page = await visitor.post('/login', { email,
			password: PASSWORD });

		is(page.status, 429, 'the status');
		matches(page.text, /Too many requests/, 'the page');
		ok(page.text.includes(`value="${email}"`), 'the address is gone');
		ok(!page.text.includes(PASSWORD), 'the password is there');
	});

test('a new password opens the account to everybody again', async () => {
	const someone = await stranger(at);
	const admin = await person(at, 'admin_rw');
	const password = 'a new one for a new day';

	is(await statuses(FREE + 2, () => guess(at, someone)), REFUSED,
		'the statuses');
	is((await admin.json('/api/auth/admin/set-user-password', {
		userId: someone.id, newPassword: password })).status, 200,
	'the status of setting it');
	is((await guess(at, { ...someone, password })).status, 200,
		'the status with it');
});

test('an address and a username are one account', async () => {
	const someone = new Person(at);
	const username = `name${process.pid}`;

	await someone.json('/api/auth/sign-up/email', { name: 'A', username,
		email: someone.email, password: PASSWORD });
	await at.psql('DELETE FROM sessions');
	is(await statuses(FREE + 2, (i) => i % 2 ? guess(at, someone) :
		ask(at.socket, { method: 'POST',
			uri: '/api/auth/sign-in/username', body: JSON.stringify({
				username, password: 'wrong wrong wrong' }),
			values: { REMOTE_ADDR: freshAddress(),
				CONTENT_TYPE: 'application/json' } })), REFUSED,
	'the statuses');
});

test('another spelling of an address is no other account', async () => {
	const { email } = await person(at);

	is(await statuses(FREE + 2, (i) => guess(at, { email: i % 2 ?
		email.toUpperCase() : email })), REFUSED, 'the statuses');
});

test('where a guess comes from makes no other account', async () => {
	const { email } = await person(at);

	is(await statuses(FREE + 2, () => guess(at, { email,
		from: freshAddress() })), REFUSED, 'the statuses');
});

test('the right secret is not even looked at, until the pause is over',
	async () => {
		const { email, id } = await stranger(at);

		await statuses(FREE, () => guess(at, { email }));

		const early = await guess(at, { email, password: PASSWORD });

		is(early.status, 429, 'the status');
		is(header(early, 'retry-after'), '1', 'Retry-After');
		is(header(early, 'x-retry-after'), '1', 'X-Retry-After');
		is(early.body, JSON.stringify({ message:
			'Too many requests. Please try again later.' }),
		'the body');
		await pause(1050);
		is((await guess(at, { email, password: PASSWORD })).status, 200,
			'the status after it');
		await at.psql(`DELETE FROM sessions WHERE user_id = '${id}'`);
		is(await statuses(FREE + 2, () => guess(at, { email })), REFUSED,
			'the statuses from nought');
	});

test('an account that nobody has is refused alike', async () => {
	const { email } = await person(at);
	const answers = async (address) => {
		const all = [];

		for (let i = 0; i < FREE + 2; i++) {
			const { status, headers, body } = await guess(at,
				{ email: address });

			all.push({ status, body, headers: headers.filter(
				([name]) => name !== 'x-request-id') });
		}
		return JSON.stringify(all);
	};

	is(await answers('nobody@example.com'), await answers(email),
		'the answers');
});

test('nobody is locked out of where he has been before', async () => {
	const someone = await person(at);

	await statuses(FREE + 2, () => guess(at, { email: someone.email }));
	/* from this machine, where the session of signing up is from */
	is((await someone.another()).isSignedIn(), true, 'whether it is open');
	is((await guess(at, { email: someone.email, password: PASSWORD })).status,
		429, 'the status elsewhere');
});

test('the current password is guessed through no other door', async () => {
	const someone = await person(at);
	const change = (path, send) => send.call(someone, path, {
		currentPassword: 'wrong wrong wrong',
		newPassword: 'another one entirely' });
	const csrf = await someone.csrf();
	const replies = [];

	for (let i = 0; i < FREE + 2; i++)
		replies.push(i % 2 ? (await someone.send('POST',
			'/account/security/password', {
				headers: { 'Content-Type': FORM },
				body: new URLSearchParams({ csrf,
					currentPassword: 'wrong wrong wrong',
					newPassword: 'another one entirely',
				}).toString() })).status :
			(await change('/api/auth/change-password',
				someone.json)).status);
	is(replies.join(), [...Array(FREE).fill(400), 429, 429].join(),
		'the statuses');
});

test('of guesses at once no more pass than one by one', async () => {
	const { email } = await person(at);
	const all = await Promise.all(Array.from({ length: 4 * FREE },
		() => guess(at, { email })));

	is(all.filter(({ status }) => status === 401).length, FREE,
		'the number that were looked at');
});

test('Better Auth GHSA-p6v2: an IPv6 network of 64 bits guesses as one',
	async () => {
		const from = (i) => `2001:db8:7:7:${i}::${i + 1}`;
		const all = (n) => [...Array(5).fill(401), 429].join() +
			',429'.repeat(n - 6);

		is(await statuses(8, (i) => guess(network, { from: from(i),
			email: `${i}@example.com` })), all(8), 'the statuses');
		is((await guess(network, { from: '2001:db8:7:8::1',
			email: 'x@example.com' })).status, 401,
		'the status of its neighbour');
		is(await statuses(8, (i) => guess(network, {
			from: i % 2 ? '198.51.100.7' : '::ffff:198.51.100.7',
			email: `${i}@example.net` })), all(8),
		'the statuses of an IPv4 address in two spellings');
	});

test('links that nobody was sent count for the network, too', async () => {
	const values = { REMOTE_ADDR: '198.51.100.77' };
	const follow = (i) => ask(network.socket, { values,
		uri: `/api/auth/reset-password/guess${i}?callbackURL=/login` });

	is(await statuses(7, follow), '302,302,302,302,302,429,429',
		'the statuses');
	is((await guess(network, { email: 'z@example.com',
		from: values.REMOTE_ADDR })).status, 429,
	'the status of a sign-in from there');
	is((await ask(network.socket, { method: 'POST',
		uri: '/api/auth/reset-password', values: { ...values,
			CONTENT_TYPE: 'application/json' }, body: JSON.stringify({
			token: 'guess', newPassword: PASSWORD }) })).status, 429,
	'the status of using one');
});

test('the log says why, without what was guessed', () => {
	const reasons = at.log().filter(({ status }) => status === 429).map(
		({ reason }) => reason);

	ok(reasons.length > 0 && reasons.every((reason) =>
		reason === 'too many wrong secrets of this account'),
	`the reasons are ${reasons.slice(0, 3)}`);
	ok(!JSON.stringify(at.log()).includes('wrong wrong'), 'a guess is there');
});
