/*
 * `tollgate import better-auth`: who was signed in at a Better Auth server
 * stays signed in, and nobody's password has to be set anew.
 */
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Browser, request } from '../lib/http.mjs';
import { emptyDatabase } from '../lib/database.mjs';
import { PROGRAM, workDir } from '../lib/paths.mjs';
import { after, before, eventually, is, matches, ok, PASSWORD, SESSION, stand,
	test } from '../http/suite.mjs';
import { startReference } from './reference.mjs';

const SECRET = 'stand-secret-0123456789abcdefABCDEF';
const FIELDS = { 'user.fields': 'plan:string, seats:number',
	'session.fields': 'theme:string' };
let reference, site;
const people = {};

/* ---- people at the reference ----------------------------------------------- */

async function signUp(name, more = {}) {
	const browser = new Browser(reference.url);
	const response = await browser.json('/api/auth/sign-up/email', {
		name, email: `${name.toLowerCase()}@example.com`,
		password: PASSWORD, ...more });

	is(response.status, 200, `the sign-up of ${name}: ${response.text}`);
	return Object.assign(browser, { email: `${name.toLowerCase()
	}@example.com`, id: response.json().user.id });
}

async function session(browser) {
	return (await browser.get('/api/auth/get-session')).json();
}

async function call(browser, way, body) {
	const response = await browser.json(`/api/auth/${way}`, body);

	is(response.status, 200, `${way}: ${response.text}`);
	return response.json();
}

/* The same browser, its cookies with it, at the new place. */
function moved(browser, to = site) {
	const other = new Browser(to.url);

	other.jar = browser.jar;
	return other;
}

async function populate() {
	people.ada = await signUp('Ada', { username: 'Ada_L', plan: 'gold',
		seats: 3 });
	people.root = await signUp('Root');
	people.bad = await signUp('Bad');
	people.gone = await signUp('Gone');
	await reference.query(`UPDATE "user" SET role = 'admin'
		WHERE id = '${people.root.id}'`);
	people.second = new Browser(reference.url);
	await call(people.second, 'sign-in/email', { email: 'ada@example.com',
		password: PASSWORD });
	people.revoked = new Browser(reference.url);
	people.revoked.token = (await call(people.revoked, 'sign-in/email', {
		email: 'ada@example.com', password: PASSWORD })).token;
	await call(people.second, 'revoke-session',
		{ token: people.revoked.token });
	await call(people.root, 'admin/ban-user', { userId: people.bad.id,
		banReason: 'Spam' });
	await reference.query(`UPDATE session SET "expiresAt" = now() -
		interval '1 minute' WHERE "userId" = '${people.gone.id}'`);
	await reference.query(`INSERT INTO account (id, "accountId",
		"providerId", "userId", "accessToken", "createdAt", "updatedAt")
		VALUES ('social1', '4711', 'github', '${people.ada.id}',
		'provider-token', now(), now())`);
	await reference.query(`INSERT INTO passkey (id, name, "publicKey",
		"userId", "credentialID", counter, "deviceType", "backedUp",
		transports, "createdAt", aaguid) VALUES ('key1', 'Phone',
		'pQECAyYgASE=', '${people.ada.id}', 'AQ-_', 7, 'multiDevice',
		true, 'internal,hybrid', '2025-01-01', 'ea9b8d66')`);
	people.key = await call(people.ada, 'api-key/create', { name: 'Robot',
		metadata: { of: 'mine' }, expiresIn: 86400 * 2 });
	await call(people.ada, 'api-key/create', { name: 'Ended' });
	await reference.query(`UPDATE apikey SET "expiresAt" = now() -
		interval '1 minute' WHERE name = 'Ended'`);
	people.ada.was = await session(people.ada);
}

/* ---- the command ----------------------------------------------------------- */

/* Resolves to { code, out, err }; a failure is an answer, too. */
async function run(at, ...args) {
	try {
		const { stdout, stderr } = await at.tollgate(['import',
			'better-auth', ...args]);

		return { code: 0, out: stdout, err: stderr };
	} catch (error) {
		return { code: error.code, out: error.stdout, err: error.stderr };
	}
}

function tally(out, name) {
	const [, ...numbers] = new RegExp(`^${name}: (\\d+) read, (\\d+) known,` +
		' (\\d+) refused, (\\d+) imported$', 'm').exec(out) ?? [];
	const [read, known, refused, imported] = numbers.map(Number);

	return { read, known, refused, imported };
}

function same(got, wanted, what) {
	is(JSON.stringify(got), JSON.stringify(wanted), what);
}

async function users(at) {
	return (await at.psql('SELECT count(*)::int AS n FROM users'))[0].n;
}

before(async () => {
	reference = await startReference({ secret: SECRET });
	site = await stand({ name: 'import', config: { ...FIELDS,
		'api_key.enabled': true, 'api_key.sessions': true } });
	await populate();
});

after(async () => {
	await reference?.stop();
	await site?.stop();
});

/* ---- what it promises ------------------------------------------------------ */

test('a dry run counts and changes nothing', async () => {
	const said = await run(site, '--from', reference.database.url,
		'--dry-run');

	is(said.code, 0, said.err);
	same(tally(said.out, 'users'), { read: 4, known: 0, refused: 0,
		imported: 0 }, 'what it says of users');
	same(tally(said.out, 'accounts'), { read: 5, known: 0, refused: 0,
		imported: 0 }, 'what it says of accounts');
	same(tally(said.out, 'sessions'), { read: 3, known: 0, refused: 0,
		imported: 0 }, 'what it says of sessions');
	matches(said.out, /^not imported: table twoFactor$/m, 'its output');
	matches(said.out, /^beware: administrators come along: 1$/m, 'its output');
	is(await users(site), 0, 'the number of users');
});

test('everybody comes along', async () => {
	const said = await run(site, '--from', reference.database.url);

	is(said.code, 0, said.err);
	is(tally(said.out, 'users').imported, 4, 'the users imported');
	is(tally(said.out, 'accounts').imported, 5, 'the accounts imported');
	is(tally(said.out, 'sessions').imported, 3, 'the sessions imported');
	is((await site.psql(`SELECT count(*)::int AS n FROM wallets
		WHERE kind = 'user'`))[0].n, 4, 'the number of wallets');
});

test('the same cookies are the same session', async () => {
	const { was } = people.ada, is_ = await session(moved(people.ada));

	same(Object.keys(is_.session).sort(), Object.keys(was.session)
		.filter((key) => key !== 'impersonatedBy' ||
			key in is_.session).sort(), 'the members of the session');
	for (const key of ['id', 'userId', 'token', 'expiresAt', 'createdAt',
		'userAgent', 'ipAddress', 'theme'])
		is(is_.session[key], was.session[key], `session.${key}`);
	for (const key of ['id', 'name', 'email', 'emailVerified', 'image',
		'createdAt', 'plan', 'seats'])
		is(is_.user[key], was.user[key], `user.${key}`);
	is((await session(moved(people.second))).user.id, people.ada.id,
		'the user of the second browser');
});

test('the same password signs in, and is hashed anew', async () => {
	const hash = async () => (await site.psql(`SELECT password FROM accounts
		WHERE user_id = '${people.ada.id}' AND provider_id =
		'credential'`))[0].password;
	const browser = new Browser(site.url);

	matches(await hash(), /^[0-9a-f]{32}:[0-9a-f]{128}$/, 'the old hash');
	is((await browser.json('/api/auth/sign-in/email', {
		email: people.ada.email, password: 'something else' })).status,
	401, 'the status with another password');
	await call(browser, 'sign-in/email', { email: people.ada.email,
		password: PASSWORD });
	matches(await hash(), /^\$argon2id\$/, 'the new hash');
	await call(browser, 'sign-in/email', { email: people.ada.email,
		password: PASSWORD });
});

test('what was revoked or has expired stays out', async () => {
	is(await session(moved(people.revoked)), null, 'the revoked session');
	is(await session(moved(people.gone)), null, 'the expired session');
});

test('the admin still is one, the banned user still is out', async () => {
	is((await moved(people.root).get('/api/admin/users')).status, 200,
		'the status of the list of users');
	is((await moved(people.ada).get('/api/admin/users')).status, 403,
		'its status for somebody else');
	is(await session(moved(people.bad)), null, 'the banned session');
	is((await moved(people.bad).json('/api/auth/sign-in/email', {
		email: people.bad.email, password: PASSWORD })).json().code,
	'BANNED_USER', 'the code of his sign-in');

	const [row] = await site.psql(`SELECT banned, ban_reason FROM users
		WHERE id = '${people.bad.id}'`);

	same(row, { banned: true, ban_reason: 'Spam' }, 'the ban');
});

test('usernames and accounts at providers come along', async () => {
	const [row] = await site.psql(`SELECT u.username, u.display_username,
		a.provider_id, a.account_id FROM users u JOIN accounts a
		ON a.user_id = u.id WHERE u.id = '${people.ada.id}'
		AND a.provider_id <> 'credential'`);

	same(row, { username: 'ada_l', display_username: 'Ada_L',
		provider_id: 'github', account_id: '4711' }, 'the row');
});

test('passkeys come along', async () => {
	const rows = await site.psql(`SELECT id, user_id, name, credential_id,
		encode(public_key, 'base64') AS key, counter, device_type,
		backed_up, transports, aaguid, created_at::date AS day
		FROM passkeys`);

	same(rows, [{ id: 'key1', user_id: people.ada.id, name: 'Phone',
		credential_id: 'AQ-_', key: 'pQECAyYgASE=', counter: 7,
		device_type: 'multiDevice', backed_up: true,
		transports: 'internal,hybrid', aaguid: 'ea9b8d66',
		day: '2025-01-01' }], 'the passkeys');
});

test('a key for programs still opens', async () => {
	const response = await request(site.url, {
		path: '/api/auth/get-session',
		headers: { 'x-api-key': people.key.key } });
	const rows = await site.psql('SELECT name, metadata FROM api_keys');

	is(response.json()?.user?.id, people.ada.id, 'whose it is');
	same(rows, [{ name: 'Robot', metadata: { of: 'mine' } }], 'the keys');
});

test('no token and no secret of a provider is kept', async () => {
	const [{ found }] = await site.psql(`SELECT count(*)::int AS found
		FROM sessions s, accounts a WHERE s::text || a::text LIKE ANY
		('{%${people.ada.was.session.token}%,%provider-token%}')`);

	is(found, 0, 'the number of rows with one');
});

test('each page of users leaves an audit row', async () => {
	const rows = await site.psql(`SELECT actor_id, target_id, after
		FROM audit WHERE action = 'user.import'`);

	is(rows.length, 1, 'the number of rows');
	is(rows[0].after.users, 4, 'the users in it');
});

test('again it brings back nobody who has left', async () => {
	const late = await signUp('Late');

	await moved(people.second).json('/api/auth/sign-out', {});
	await site.psql(`DELETE FROM users WHERE id = '${people.gone.id}'`);

	const said = await run(site, '--from', reference.database.url);

	is(said.code, 0, said.err);
	same(tally(said.out, 'users'), { read: 5, known: 4, refused: 0,
		imported: 1 }, 'what it says of users');
	is(tally(said.out, 'sessions').imported, 1, 'the sessions imported');
	is(await session(moved(people.second)), null, 'the session ended here');
	is(await users(site), 4, 'the number of users');
	is((await session(moved(late))).user.id, late.id, 'who came late');
});

test('a conflict is named, and nothing is imported', async () => {
	const other = await stand({ name: 'conflict', config: FIELDS });

	try {
		await conflicts(other);
	} finally {
		await other.stop();
	}
});

async function conflicts(other) {
	const made = await signUp('Twin');
	const sql = `INSERT INTO "user" (id, name, email, "emailVerified", role,
		seats) VALUES
		('caps', 'Caps', 'ADA@example.com', true, null, null),
		('mail', 'Mail', 'not an address', true, null, null),
		('role', 'Role', 'role@example.com', true, 'wizard', null),
		('long', repeat('x', 201), 'long@example.com', true, null, null),
		(repeat('long', 64), 'Long', 'long.id@example.com', true, null,
		null);
		INSERT INTO account (id, "accountId", "providerId", "userId",
		password, "updatedAt") VALUES
		('odd', '${made.id}', 'credential', 'role', null, now()),
		('far', '${randomBytes(600).toString('hex')}',
		'gitlab', '${people.root.id}', null, now()),
		(repeat('a', 256), 'a', 'gitlab', '${people.root.id}', null,
		now()),
		('twice', '4711', 'github', '${made.id}', null, now());
		INSERT INTO passkey (id, "publicKey", "userId", "credentialID",
		counter, "deviceType", "backedUp") VALUES
		('odd', 'no base64', '${people.root.id}', 'AAAA', 0,
		'singleDevice', false), ('type', 'AAAA', '${people.root.id}',
		'AAAB', 0, 'elsewhere', false), ('same', 'AAAA',
		'${people.root.id}', 'AQ-_', 0, 'singleDevice', false),
		('wide', 'AAAA', '${people.bad.id}', repeat('A', 1368), 0,
		'singleDevice', false);
		UPDATE apikey SET metadata = '[1]', "referenceId" =
		'${people.root.id}' WHERE name = 'Robot';
		UPDATE account SET password = 'in the clear'
		WHERE "userId" = '${people.bad.id}'`;

	await reference.query(sql);
	await call(new Browser(other.url), 'sign-up/email', { name: 'Here',
		email: 'late@example.com', password: PASSWORD });

	const dry = await run(other, '--from', reference.database.url,
		'--dry-run');
	const wet = await run(other, '--from', reference.database.url);

	for (const pattern of [
		/^user caps: the e-mail address is another user's, too$/m,
		/^user mail: the e-mail address is not valid$/m,
		/^user role: the role is not known here$/m,
		/^user long: the name is too long$/m,
		/^user \w+: the account at github is there more than once$/m,
		/^user \w+: the e-mail address is taken here$/m,
		/^user \w+: the password's hash is of no form/m,
		/^user \w+: a passkey cannot be read$/m,
		/^user \w+: the subject of an account is too long$/m,
		/^user \w+: the id of something he owns is too long$/m,
		/^user (long){15}\.\.\.: the id is too long$/m,
		/^user \w+: a passkey says of itself what is not possible$/m,
		/^user \w+: a passkey is there more than once$/m,
		/^user \w+: an API key has permissions or metadata that/m])
		matches(dry.out, pattern, 'what the dry run says');
	is(dry.out.includes('in the clear'), false, 'a password is told');
	is(dry.code, 1, 'the status of the dry run');
	is(wet.code, 1, 'the status of the import');
	is(wet.out, dry.out, 'what the import says');
	matches(wet.err, /Nothing was imported/, 'the error');
	is(await users(other), 1, 'the number of users');

	const rest = await run(other, '--from', reference.database.url,
		'--skip-conflicts');

	is(rest.code, 0, rest.err);
	is((await session(moved(people.root, other)))?.user.id, people.root.id,
		'who had no conflict');
	same(await other.psql(`SELECT name FROM users WHERE id IN ('caps',
		'mail', 'role', 'long', '${people.ada.id}')`), [],
	'who had one');
	is(await session(moved(people.ada, other)), null, 'a session of one');
	await reference.query(`DELETE FROM "user" WHERE id IN
		('caps', 'mail', 'role', 'long') OR length(id) > 255`);
	await reference.query(`DELETE FROM account WHERE id IN ('twice', 'far')
		OR length(id) > 255`);
	await reference.query(`DELETE FROM passkey WHERE id <> 'key1'`);
	await reference.query(`UPDATE apikey SET metadata = NULL`);
	await reference.query(`UPDATE account SET password = NULL
		WHERE password = 'in the clear'`);
}

/* ---- killed in the middle -------------------------------------------------- */

const MANY = 8000;

function manyUsers() {
	return reference.query(`INSERT INTO "user" (id, name, email,
		"emailVerified") SELECT md5(i::text), 'Many ' || i, 'many' || i ||
		'@example.com', true FROM generate_series(1, ${MANY}) i;
		INSERT INTO account (id, "accountId", "providerId", "userId",
		password, "updatedAt") SELECT 'a' || id, id, 'credential', id,
		repeat('a', 32) || ':' || repeat('b', 128), now() FROM "user"
		WHERE name LIKE 'Many %';
		INSERT INTO session (id, token, "userId", "expiresAt",
		"updatedAt") SELECT 's' || i || id, md5(i || id), id, now() +
		interval '1 day', now() FROM "user", generate_series(1, 3) i
		WHERE name LIKE 'Many %'`);
}

/* What an import leaves, audit and its own ids aside. */
async function digest(at) {
	const [row] = await at.psql(`SELECT
		(SELECT md5(string_agg(u::text, '' ORDER BY id)) FROM users u)
			AS users,
		(SELECT md5(string_agg(a::text, '' ORDER BY id)) FROM accounts a)
			AS accounts,
		(SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM sessions s)
			AS sessions,
		(SELECT md5(string_agg(w::text, '' ORDER BY id)) FROM wallets w)
			AS wallets`);

	return row;
}

async function killedAt(at, count) {
	const child = spawn(PROGRAM, ['import', 'better-auth', '--from',
		reference.database.url, '--config', at.conf],
	{ env: at.env, stdio: 'ignore' });
	const gone = once(child, 'exit');

	await eventually('some users are there', async () =>
		await users(at) > count, 60000);
	child.kill('SIGKILL');
	is((await gone)[1], 'SIGKILL', 'how it ended');
}

test('killed in the middle and run again, it ends the same', async () => {
	const whole = await stand({ name: 'whole', config: FIELDS });
	const broken = await stand({ name: 'broken', config: FIELDS });

	try {
		await manyUsers();
		is((await run(whole, '--from', reference.database.url)).code, 0,
			'the status of the undisturbed import');
		await killedAt(broken, 0);
		await killedAt(broken, MANY / 3);
		ok(await users(broken) < MANY, 'it was done before the kill');

		const said = await run(broken, '--from', reference.database.url);

		is(said.code, 0, said.err);
		same(await digest(broken), await digest(whole),
			'the digest of what is there');
		is(await users(whole), MANY + 6, 'the number of users');
	} finally {
		await whole.stop();
		await broken.stop();
	}
});

/* ---- other shapes ---------------------------------------------------------- */

async function elsewhere(sql, work) {
	const source = await emptyDatabase(`shape_${process.pid}`);
	const other = await stand({ name: 'shape' });

	try {
		await source.query(sql);
		await work(source, other);
	} finally {
		await other.stop();
		await source.drop();
	}
}

test('an older release: numbers for ids, no zones, no plugins, a schema',
	() => elsewhere(`CREATE SCHEMA "Old-1"; SET search_path TO "Old-1";
		CREATE TABLE "user" (id serial PRIMARY KEY, name text NOT NULL,
			email text NOT NULL UNIQUE,
			"emailVerified" boolean NOT NULL, image text,
			"createdAt" timestamp NOT NULL,
			"updatedAt" timestamp NOT NULL);
		CREATE TABLE account (id serial PRIMARY KEY,
			"accountId" text NOT NULL, "providerId" text NOT NULL,
			"userId" integer NOT NULL, password text,
			"createdAt" timestamp NOT NULL);
		CREATE TABLE session (id serial PRIMARY KEY,
			"expiresAt" timestamp NOT NULL, token text NOT NULL,
			"userId" integer NOT NULL);
		INSERT INTO "user" SELECT i, 'N' || i, 'n' || i || '@example.com',
			false, NULL, '2024-02-29 12:00:00.5', '2024-03-01'
			FROM generate_series(1, 2500) i;
		INSERT INTO account ("accountId", "providerId", "userId",
			"createdAt") SELECT id::text, 'credential', id, now()
			FROM "user";
		INSERT INTO session ("expiresAt", token, "userId")
			SELECT now() + interval '1 hour', md5(i::text), 7
			FROM generate_series(1, 2500) i`,
	async (source, other) => {
		const said = await run(other, '--from', source.url, '--schema',
			'Old-1');

		is(said.code, 0, said.err);
		for (const name of ['users', 'accounts', 'sessions'])
			is(tally(said.out, name).imported, 2500, name);
		same(await other.psql(`SELECT id, name, email_verified, role,
			created_at::text, fields FROM users WHERE id = '10'`),
		[{ id: '10', name: 'N10', email_verified: false, role: 'user',
			created_at: '2024-02-29 12:00:00.5+00', fields: {} }],
		'one of them');
	}));

test('a row that cannot be read is named', () =>
	elsewhere(`CREATE TABLE "user" (id text PRIMARY KEY, name text,
			email text, deep jsonb);
		CREATE TABLE account (id text, "accountId" text,
			"providerId" text, "userId" text);
		CREATE TABLE session (id text, "expiresAt" timestamptz,
			token text, "userId" text);
		INSERT INTO "user" VALUES ('deep', 'D', 'd@example.com',
			(repeat('[', 99) || repeat(']', 99))::jsonb)`,
	async (source, other) => {
		const said = await run(other, '--from', source.url);

		is(said.code, 1, 'the status');
		matches(said.err, /a row of user deep cannot be read/,
			'the error');
	}));

test('a database of another shape is refused by what it lacks', () =>
	elsewhere('CREATE TABLE "user" (id text PRIMARY KEY, email text)',
		async (source, other) => {
			const said = await run(other, '--from', source.url);

			is(said.code, 1, 'the status');
			matches(said.err, /lacks, or does not let us read, .*user\.name/,
				'the error');
			matches(said.err, /session\.token/, 'the error');
		}));

test('a login that may only read is enough', async () => {
	const other = await stand({ name: 'reader', config: FIELDS });
	const name = `reader_${process.pid}`;
	const url = reference.database.url.replace('tollgate@', `${name}@`);

	try {
		await reference.query(`CREATE ROLE ${name} LOGIN;
			GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name}`);
		is((await run(other, '--from', url)).code, 0, 'the status');
	} finally {
		await other.stop();
		await reference.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
	}
});

/* ---- how it is called ------------------------------------------------------ */

test('a password belongs into a file, not among the arguments', async () => {
	const told = reference.database.url.replace('tollgate@',
		'tollgate:hush@');
	const file = path.join(workDir(), `from${process.pid}`);
	const said = await run(site, '--from', told, '--dry-run');

	is(said.code, 2, 'the status with a password in --from');
	matches(said.err, /others can read a password in --from/, 'the error');
	fs.writeFileSync(file, `${told}\n`, { mode: 0o600 });
	is((await run(site, '--from-file', file, '--dry-run')).code, 0,
		'the status with --from-file');
	fs.rmSync(file);
});

test('what is wrongly called does nothing', async () => {
	for (const args of [[], ['--from', 'x', '--from-file', 'y'],
		['--from', 'dbname=x', '--schema', 'a";drop'],
		['--from-file', '/nowhere'], ['--from', 'x', '--role', 'user']])
		is((await run(site, ...args)).code, 2, `the status of ${args}`);
});

test('a source that does not answer is told apart', async () => {
	const said = await run(site, '--from', 'host=/nowhere dbname=x');

	is(said.code, 1, 'the status');
	matches(said.err, /source/, 'the error');
});
