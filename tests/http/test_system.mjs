/*
 * The diagnosis: that it says what the service believes, why, and what an
 * operator should look at; and that it tells no secret.
 */
import { ask } from '../lib/fcgi.mjs';
import { Person, after, before, eventually, is, matches, ok, person, stand,
	test } from './suite.mjs';

const PROXY = '10.0.0.4';
const TOKEN = 'metricsTokenThatNobodyMaySee0123456789';
const WORKERS = 3;

const readers = new Map();
let at, secure, url;

before(async () => {
	[at, secure] = await Promise.all([
		stand({ name: 'system', config: { 'worker.count': WORKERS,
			'metrics.token': TOKEN } }),
		stand({ name: 'proxied', config: (own) => ({
			'server.url': url = own.replace('127.0.0.1', 'localhost'),
			'server.trusted_proxies': `${PROXY}, 10.0.0.7`,
			'rate_limit.enabled': true,
			'rate_limit.rules': '/*=off',
			'server.strict_views': false,
			'password.memory_kib': 7168, 'password.passes': 5,
			'mail.smtp_url': 'smtp://localhost:1' }) }),
	]);
	readers.set(at, await person(at, 'admin_ro'));
	readers.set(secure, await (await new Person(secure, url).signUp())
		.become('admin_ro'));
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	is((await secure.stop()).code, 0, 'the exit status');
});

/* As somebody who may see it, by whatever way. */
async function diagnosis(where, { headers = {}, values = {} } = {}) {
	const reply = await ask(where.socket, { uri: '/api/admin/system',
		headers: { Cookie: readers.get(where).jar.header('/'),
			...headers }, values });

	is(reply.status, 200, `the status (${reply.body})`);
	return JSON.parse(reply.body);
}

const settings = ({ cautions }) => cautions.map(({ setting }) => setting);

test('it says where the address of a client was taken from', async () => {
	const plain = (await diagnosis(at, { values: {
		REMOTE_ADDR: '198.51.100.9' } })).request;

	is(plain.address, '198.51.100.9', 'the address');
	is(plain.addressFrom, 'REMOTE_ADDR', 'what it is from');
	is(plain.forwarding.length, 0, 'the headers');

	const spoofed = (await diagnosis(at, { values: {
		REMOTE_ADDR: '198.51.100.9' }, headers: {
		'X-Forwarded-For': '203.0.113.1', 'X-Forwarded-Proto': 'https',
		Forwarded: 'for=203.0.113.1' } })).request;

	is(spoofed.address, '198.51.100.9', 'the address');
	matches(spoofed.addressFrom, /no trusted proxy.*not believed/,
		'what it is from');
	is(spoofed.forwarding.map(({ name, believed }) =>
		`${name} ${believed}`).join(), 'Forwarded false,' +
		'X-Forwarded-For false,X-Forwarded-Proto false', 'the headers');

	const unknown = (await diagnosis(at, { values: {
		REMOTE_ADDR: 'unix:' } })).request;

	is(unknown.address, null, 'the address');
	matches(unknown.addressFrom, /REMOTE_ADDR is no address/, 'why');
});

test('of a trusted proxy it says what was believed', async () => {
	const { request, cautions } = await diagnosis(secure, {
		values: { REMOTE_ADDR: PROXY }, headers: {
			'X-Forwarded-For': '198.18.0.1, 203.0.113.5, 10.0.0.7',
			'X-Forwarded-Host': 'evil.example' } });

	is(request.address, '203.0.113.5', 'the address');
	matches(request.addressFrom, /right end over trusted proxies/, 'why');
	is(request.forwarding.find(({ name }) => name === 'X-Forwarded-For')
		.believed, true, 'whether the list is believed');
	is(request.forwarding.find(({ name }) => name === 'X-Forwarded-Host')
		.believed, false, 'whether the host is');
	ok(!cautions.some(({ setting }) => setting ===
		'server.trusted_proxies'), 'it warns of a proxy it trusts');
});

test('the host that was asked for is compared as browsers write it',
	async () => {
		const { host } = new URL(at.url);
		const port = host.split(':')[1];
		const seen = async (name) => (await diagnosis(at, { headers: {
			Host: name } })).request.hostMatches;

		is(await seen(host), true, host);
		is(await seen(`127.0.0.1:${Number(port) + 1}`), false, 'a port');
		is(await seen('evil.example'), false, 'another');
		is(await seen(''), false, 'none');
		ok(settings(await diagnosis(at, { headers: { Host: 'evil.example' } }))
			.includes('server.url'), 'it is not told');
	});

test('what a stranger sends is shown as text, and cut', async () => {
	const { forwarding } = (await diagnosis(at, { headers: {
		'X-Forwarded-For': '<script>\u00ff'.repeat(50),
		Via: Buffer.from([0x61, 0xff, 0xfe]).toString('latin1') } })).request;

	ok(forwarding.every(({ value }) => value.length <= 200), 'it is long');

	const page = await readers.get(at).get('/admin/system', {
		headers: { 'X-Forwarded-For': '<script>alert(1)</script>' } });

	is(page.status, 200, 'the status');
	ok(!page.text.includes('<script>alert'), 'it is not escaped');
});

test('workers, slots, database, schema and versions are there', async () => {
	/* Who has just answered somebody else is busy a moment longer. */
	const seen = await eventually('only who answers this is busy',
		async () => {
			const told = await diagnosis(at);

			return told.host.workers.filter(({ state }) =>
				state === 'busy').length === 1 ? told : null;
		});

	is(seen.host.workers.length, WORKERS, 'the workers');
	is(seen.host.workersWanted, WORKERS, 'the number there should be');
	ok(seen.host.workers.every(({ pid }) => pid > 1), 'a worker has no pid');
	ok(seen.host.hashSlots.all >= 1, 'there is no hash slot');
	is(seen.database.role, 'tollgate_worker', 'the role');
	is(seen.database.readOnly, false, 'whether it is read-only');
	ok(seen.database.microseconds > 0, 'the answer took no time');
	matches(seen.database.host, /^\//, 'the host');
	ok(seen.schema.length >= 8 && seen.schema.every(({ state }) =>
		state === 'applied'), 'a step is not applied');
	for (const name of ['tollgate', 'PostgreSQL', 'libpq', 'OpenSSL', 'json-c',
		'libcurl'])
		matches(seen.versions.find((part) => part.name === name)?.version
			?? '', /^[0-9]+\.[0-9]+/, name);
	is(seen.limits.rules.at(-1).path, '*', 'the last rule');
});

test('settings that are seldom meant are told, others not', async () => {
	const odd = settings(await diagnosis(at, { headers: { Host:
		new URL(at.url).host } }));

	for (const name of ['rate_limit.enabled', 'server.strict_views',
		'mail.smtp_url', 'password.memory_kib'])
		ok(odd.includes(name), `${name} is not told`);

	is(settings(await diagnosis(secure, { headers: { Host:
		new URL(url).host } })).join(), '', 'what is told of good ones');
	ok((await readers.get(at).get('/admin/system')).text.includes('rate_limit.enabled'),
		'the page does not tell');
});

test('a schema that is not the program\'s is told', async () => {
	await at.psql(`UPDATE schema_migrations SET sha256 = repeat('0', 64)
		WHERE number = 3`);

	const seen = await diagnosis(at);

	is(seen.schema[2].state, 'changed', 'the state');
	ok(settings(seen).includes('server.migrations'), 'it is not told');
});

test('no secret is in it', async () => {
	const all = JSON.stringify(await diagnosis(at)) +
		(await readers.get(at).get('/admin/system')).text;
	const { password } = new URL(at.database.url.replace(/^postgres\w*:/,
		'http:').replace(/@\//, '@x/'));

	for (const text of [TOKEN, 'stand-secret', ...password ? [password] : []])
		ok(!all.includes(text), 'a secret is shown');
});
