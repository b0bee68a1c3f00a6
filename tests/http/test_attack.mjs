/*
 * Attacks that once worked, and some that never should: each as somebody would
 * carry it out, against real workers.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { PARAMS, STDIN, ask, begin, params, record, stream }
	from '../lib/fcgi.mjs';
import { PROGRAM } from '../lib/paths.mjs';
import { FORM, PASSWORD, Person, SESSION, after, before, is, matches, ok, pause,
	person, request, stand, test, times } from './suite.mjs';

const READ_TIMEOUT_MS = 1500;
const WORKERS = 4;
const SIGN_IN = '/api/auth/sign-in/email';
let at;

before(async () => {
	at = await stand({ name: 'attack', config: {
		'worker.count': WORKERS,
		'worker.read_timeout_ms': READ_TIMEOUT_MS,
		'worker.body_bytes': 1258291,
		'session.fields': 'note:string, more:string' } });
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

function panics() {
	return at.log().filter(({ event }) => event === 'panic');
}

/* What SQL says to the workers' role; resolves to the error or null. */
function asWorker(sql) {
	return at.psql(`SET ROLE tollgate_worker; ${sql}`).then(() => null,
		(error) => error.message);
}

/* ---- races with the loss of power ------------------------------------------ */

test('who loses a role while asking for another\'s gives none', async () => {
	/* Older than the admin: users are locked in the order of their ids. */
	const friend = await person(at);
	const admin = await person(at, 'super_admin');
	const csrf = await admin.csrf('/account');
	const hold = at.psql(`BEGIN; UPDATE users SET name = name
		WHERE id = '${friend.id}'; DO $$ BEGIN PERFORM pg_sleep(1);
		END $$; COMMIT`);
	let asked = null;

	await pause(300);
	asked = admin.form(`/admin/users/${friend.id}/role`,
		{ csrf, role: 'super_admin' });
	await pause(300);
	await admin.become('user');
	is((await asked).status, 403, 'the status');
	await hold;
	is((await at.psql(`SELECT role FROM users
		WHERE id = '${friend.id}'`))[0].role, 'user', 'the role');
});

test('two who ban each other at once do not both succeed', async () => {
	for (let round = 0; round < 10; round++) {
		const two = await times(2, () => person(at, 'super_admin'));
		const tokens = await Promise.all(two.map((one) => one.csrf()));

		await Promise.all(two.map((one, i) => one.form(
			`/admin/users/${two[1 - i].id}/ban`,
			{ csrf: tokens[i], reason: 'duel' })));
		is((await at.psql(`SELECT id FROM users WHERE banned
			AND id IN ('${two[0].id}', '${two[1].id}')`)).length,
		1, 'the number of the banned');
	}
});

test('a session that ends while it is extended is nobody\'s', async () => {
	const someone = await person(at);
	let asked = null, hold = null;

	await at.psql(`UPDATE sessions SET expires_at = now() + interval '1 day'
		WHERE user_id = '${someone.id}'`);
	hold = at.psql(`BEGIN; DELETE FROM sessions
		WHERE user_id = '${someone.id}'; DO $$ BEGIN
		PERFORM pg_sleep(1); END $$; COMMIT`);
	await pause(300);
	asked = await Promise.all(['/api/me', '/api/auth/get-session',
		'/api/auth/list-accounts', '/account'].map((path) =>
		someone.get(path)));
	await hold;
	is(asked.map(({ status }) => status).join(' '), '401 200 401 303',
		'the statuses');
	is(asked[1].text, 'null', 'the session');
});

test('the newest of too many sessions is in the list', async () => {
	const someone = await person(at);
	const ids = (list) => list.json().map(({ id }) => id);

	await at.psql(`INSERT INTO sessions (id, token_hash, user_id, expires_at,
		created_at, updated_at) SELECT 'old' || n,
		sha256(convert_to('old' || n, 'UTF8')), '${someone.id}',
		now() + interval '1 hour', now() - interval '1 hour', now()
		FROM generate_series(1, 100) n`);

	const list = ids(await someone.get('/api/auth/list-sessions'));

	is(list.length, 100, 'the length');
	ok(!list.at(-1).startsWith('old'), 'the newest is hidden');
	await at.psql(`DELETE FROM sessions WHERE user_id = '${someone.id}'`);
});

/* ---- a neighbour's page ---------------------------------------------------- */

/* A sibling site can plant the cookie its form token belongs to. */
test('a planted form cookie signs nobody in from elsewhere', async () => {
	const attacker = await person(at);
	const planted = new Person(at);
	const csrf = await planted.csrf('/login');
	const fields = { '/login': { email: attacker.email },
		'/signup': { name: 'A', email: 'planted@example.com' } };

	for (const headers of [{ Origin: 'null' },
		{ Origin: 'null', 'Sec-Fetch-Site': 'same-site' },
		{ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
		{ 'Sec-Fetch-Site': 'same-site' },
		{ 'Sec-Fetch-Site': 'cross-site' }])
		for (const path of ['/login', '/signup']) {
			const response = await request(at.url, {
				method: 'POST', path, headers: { ...headers,
					'Content-Type': FORM,
					Cookie: planted.jar.header(path) },
				body: new URLSearchParams({ csrf,
					password: PASSWORD, ...fields[path] })
					.toString() });

			is(response.status, 403,
				`${path} with ${JSON.stringify(headers)}`);
		}
});

test('a browser that names its own page in another way is let in', async () => {
	const someone = await person(at);

	for (const headers of [{}, { 'Sec-Fetch-Site': 'none' },
		{ 'Sec-Fetch-Site': 'same-origin' },
		{ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' },
		{ Origin: at.url, 'Sec-Fetch-Site': 'same-origin' }]) {
		const visitor = new Person(at);
		const csrf = await visitor.csrf('/login');
		const response = await request(at.url, { method: 'POST',
			path: '/login', headers: { ...headers,
				'Content-Type': FORM,
				Cookie: visitor.jar.header('/login') },
			body: new URLSearchParams({ csrf, password: PASSWORD,
				email: someone.email }).toString() });

		is(response.status, 303, JSON.stringify(headers));
	}
});

/* ---- what is answered ------------------------------------------------------ */

test('a commit that fails signs nobody in, in no face', async () => {
	const someone = await person(at);
	const visitor = new Person(at);
	const csrf = await visitor.csrf('/login');
	const sessions = () => at.psql('SELECT id FROM sessions');
	const before = (await sessions()).length;
	let page, json;

	await at.psql(`CREATE FUNCTION refuse_late() RETURNS trigger
		LANGUAGE plpgsql AS $$ BEGIN RAISE 'late'
		USING ERRCODE = '23514'; END $$;
		CREATE CONSTRAINT TRIGGER late AFTER INSERT ON sessions
		DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
		EXECUTE FUNCTION refuse_late()`);
	try {
		page = await visitor.form('/login', { csrf,
			email: someone.email, password: PASSWORD });
		json = await new Person(at).json(SIGN_IN, { password: PASSWORD,
			email: someone.email, callbackURL: '/welcome' });
	} finally {
		await at.psql('DROP FUNCTION refuse_late CASCADE');
	}
	is((await sessions()).length, before, 'the number of sessions');
	for (const response of [page, json]) {
		is(response.status, 400, 'the status');
		is(response.header('location'), null, 'the Location');
		ok(!response.cookies.some((line) =>
			line.startsWith(`${SESSION}=`)), 'a session cookie');
	}
});

test('no callback URL writes headers, even where all are allowed',
	async () => {
		const lax = await stand({ name: 'lax',
			config: { 'origin.check': false } });
		const someone = await person(lax);
		const response = await someone.json(SIGN_IN, {
			email: someone.email, password: PASSWORD,
			callbackURL: '/x\r\nX-Evil: 1\r\nSet-Cookie: evil=1' });

		await lax.stop();
		is(response.header('x-evil'), null, 'the header');
		ok(!response.cookies.some((line) => line.startsWith('evil')),
			'the cookie is set');
	});

test('an answer is UTF-8 whatever the type of the body', async () => {
	const reply = await ask(at.socket, { method: 'POST', uri: SIGN_IN,
		values: { CONTENT_TYPE: Buffer.from([0x61, 0xff]) }, body: 'x' });

	is(reply.status, 415, 'the status');
	ok(Buffer.from(reply.body, 'latin1').equals(Buffer.from(Buffer.from(
		reply.body, 'latin1').toString('utf8'))), 'bytes that are not');
});

/* ---- what a request may cost ----------------------------------------------- */

test('what a session keeps is bounded, and so is the list of them',
	async () => {
		const someone = await person(at);
		const note = '\u0001'.repeat(2000);

		is((await someone.json('/api/auth/update-session',
			{ note: 'x'.repeat(2001) })).status, 400, 'one too long');
		is((await someone.json('/api/auth/update-session',
			{ note: 'x'.repeat(500000) })).status, 400, 'a huge one');
		/* One by one: too many at once are told to come back. */
		for (let i = 0; i < 100; i++) {
			const other = await someone.another();

			is((await other.json('/api/auth/update-session',
				{ note, more: note })).status, 200, 'the longest');
		}
		is((await someone.get('/api/auth/list-sessions')).json().length,
			100, 'the length of the list');
		is(panics().length, 0, 'the number of panics');
	});

test('a body in drops holds a worker no longer than any other', async () => {
	const drip = (socket) => socket.write(record(STDIN, 'a'));
	const sockets = Array.from({ length: WORKERS }, () => {
		const socket = net.connect(at.socket);

		socket.on('error', () => {});
		socket.write(Buffer.concat([begin(), stream(PARAMS, params({
			REQUEST_METHOD: 'POST', REQUEST_URI: '/login',
			REMOTE_ADDR: '127.0.0.1', CONTENT_TYPE: FORM,
			CONTENT_LENGTH: '60000' }))]));
		return socket;
	});
	const dripping = setInterval(() => sockets.forEach(drip), 200);

	try {
		await pause(3 * READ_TIMEOUT_MS);
		is(sockets.filter((socket) => !socket.readableEnded &&
			!socket.destroyed).length, 0, 'the number still held');
		is((await request(at.url, { path: '/auth/health' })).status,
			200, 'the status of health');
	} finally {
		clearInterval(dripping);
		sockets.forEach((socket) => socket.destroy());
	}
});

test('a worker that lost the counters of the others serves nobody', () => {
	const { status, stderr } = spawnSync(PROGRAM,
		['worker', '--config', at.conf], { encoding: 'utf8',
			env: { ...process.env, TG_CHILD: '0' } });

	is(status, 1, 'the exit status');
	matches(stderr, /no memory shared/, 'the log');
});

test('a socket set to somebody\'s file does not take its place', () => {
	const precious = path.join(at.dir, 'precious');
	const conf = path.join(at.dir, 'precious.conf');

	fs.writeFileSync(precious, 'kept');
	fs.writeFileSync(conf, fs.readFileSync(at.conf, 'utf8').replace(
		/^socket = .*$/m, `socket = ${precious}`), { mode: 0o600 });

	const { status } = spawnSync(PROGRAM, ['serve', '--config', conf],
		{ timeout: 5000 });

	is(status, 1, 'the exit status');
	is(fs.readFileSync(precious, 'utf8'), 'kept', 'the file');
});

/* ---- a worker gone bad ----------------------------------------------------- */

test('the workers\' role mints no credits by a trigger of its own',
	async () => {
		const someone = await person(at);

		matches(await asWorker(`CREATE TEMP TABLE mint (
			wallet_id text, to_id text, from_id text, amount bigint,
			kind text, created_at timestamptz, balance_after bigint,
			number bigint);
			CREATE TRIGGER mint BEFORE INSERT ON mint FOR EACH ROW
				EXECUTE FUNCTION transfer_apply();
			INSERT INTO mint VALUES ('${someone.id}',
				'${someone.id}', 'issued', 1000, 'grant',
				now())`), /permission denied/, 'the answer');
		is((await at.psql(`SELECT balance FROM wallets
			WHERE id = '${someone.id}'`))[0].balance, 0,
		'the balance');
	});

test('the workers\' role rewrites no history and no schema', async () => {
	for (const sql of ['DELETE FROM audit', 'UPDATE audit SET action = action',
		'TRUNCATE audit', 'DELETE FROM transfers', 'TRUNCATE transfers',
		'UPDATE transfers SET amount = 1', 'DELETE FROM wallets',
		'UPDATE wallets SET balance = 1', 'TRUNCATE users CASCADE',
		'UPDATE orders SET amount_minor = 1', 'DELETE FROM orders',
		'UPDATE order_moves SET to_status = \'paid\'',
		'DELETE FROM schema_migrations',
		'UPDATE schema_migrations SET name = name',
		'CREATE TABLE mine (a int)', 'CREATE SCHEMA mine',
		'CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1',
		'ALTER TABLE users ADD mine int', 'CREATE ROLE mine',
		'ALTER TABLE transfers DISABLE TRIGGER ALL',
		'DROP TRIGGER transfers_apply ON transfers',
		'SET session_replication_role = replica',
		'CREATE RULE mine AS ON INSERT TO users DO INSTEAD NOTHING',
		'COPY (SELECT 1) TO PROGRAM \'true\''])
		matches(await asWorker(sql) ?? 'allowed',
			/permission denied|must be (owner|superuser)/, sql);
	matches(await asWorker(`INSERT INTO wallets (id, kind, balance)
		VALUES ('mine', 'user', 5)`) ?? 'allowed', /violates check/,
	'a wallet that begins with credits');
});
