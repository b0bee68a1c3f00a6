/*
 * `tollgate import csv` and `tollgate export users`: what one writes the other
 * reads.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Browser } from '../lib/http.mjs';
import { workDir } from '../lib/paths.mjs';
import { after, before, is, matches, ok, PASSWORD, stand, test }
	from '../http/suite.mjs';

const FIELDS = { 'user.fields': 'plan:string, seats:number' };
const SCRYPT = `${'0123456789abcdef'.repeat(2)}:${'ab'.repeat(64)}`;
let site, other;

async function run(at, ...args) {
	try {
		const { stdout, stderr } = await at.tollgate(args);

		return { code: 0, out: stdout, err: stderr };
	} catch (error) {
		return { code: error.code, out: error.stdout, err: error.stderr };
	}
}

async function table(at, text, ...options) {
	const file = path.join(workDir(), `table${process.pid}.csv`);

	fs.writeFileSync(file, text);
	try {
		return await run(at, 'import', 'csv', file, ...options);
	} finally {
		fs.rmSync(file);
	}
}

async function emails(at) {
	return (await at.psql('SELECT email FROM users ORDER BY email'))
		.map((row) => row.email).join(' ');
}

function summary(read, refused, imported) {
	return `users: ${read} read, ${refused} refused, ${imported} imported\n`;
}

before(async () => {
	site = await stand({ name: 'csv', config: FIELDS });
	other = await stand({ name: 'csv2', config: FIELDS });
});

after(async () => {
	await site?.stop();
	await other?.stop();
});

test('a dry run reads all of it and changes nothing', async () => {
	const said = await table(site, 'email,name\na@example.com,A\n',
		'--dry-run');

	is(said.code, 0, said.err);
	is(said.out, summary(1, 0, 0), 'what it says');
	is(await emails(site), '', 'the users');
});

test('users come with what the table says of them', async () => {
	const said = await table(site, '\ufeffname,email' +
		',role,email_verified,username,banned,ban_reason,created_at,' +
		'fields,password_hash,id\r\n' +
		'"Ann ""A"", B",Ann@Example.com,admin_ro,true,Ann_A,,,' +
		'2024-02-29,"{""plan"":""gold"",""seats"":2}",' +
		`${SCRYPT},old-1\r\n` +
		',ben@example.com,,,,true,Spam,,,,\r\n');
	const rows = await site.psql(`SELECT u.id, name, email, role, username,
		display_username, email_verified, banned, ban_reason, fields,
		u.created_at < now() - interval '1 year' AS old, password,
		(SELECT balance FROM wallets w WHERE w.id = u.id) AS balance
		FROM users u LEFT JOIN accounts a ON a.user_id = u.id
		ORDER BY email`);

	is(said.code, 0, said.err);
	is(said.out, summary(2, 0, 2) +
		'beware: administrators come along: 1\n', 'what it says');
	is(JSON.stringify(rows[0]), JSON.stringify({ id: 'old-1',
		name: 'Ann "A", B', email: 'ann@example.com', role: 'admin_ro',
		username: 'ann_a', display_username: 'Ann_A',
		email_verified: true, banned: false, ban_reason: null,
		fields: { plan: 'gold', seats: 2 }, old: true,
		password: SCRYPT, balance: 0 }), 'the first');
	is(rows[1].name, 'ben@example.com', 'the name of who has none');
	is(rows[1].ban_reason, 'Spam', 'the reason of the ban');
	is(rows[1].password, null, 'the password of who has none');
	matches(rows[1].id, /^[0-9a-f]{32}$/, 'a new id');
});

test('a line that is wrong is named, and nothing is imported', async () => {
	const before_ = await emails(site);
	const lines = ['email,name,role,username,banned,created_at,' +
		'password_hash,id',
	'c@example.com,C,,,,,,',
	'nonsense,D,,,,,,',
	'e@example.com,E,wizard,,,,,',
	'f@example.com,F,,,,,in the clear,',
	'ANN@example.com,G,,,,,,',
	'h@example.com,H,,ANN_A,,,,',
	'C@example.com,I,,,,,,',
	'j@example.com,J',
	'k@example.com,K,,,perhaps,,,',
	'l@example.com,L,,,,31.12.2024,,',
	'm@example.com,M,,,,,,old-1', ''];
	const said = await table(site, lines.join('\n'));

	is(said.code, 1, 'the status');
	for (const [line, what] of [[3, 'the e-mail address is not valid'],
		[4, 'the role is not known here'],
		[5, 'the password\'s hash is of no form that is known here'],
		[6, 'the e-mail address is taken here'],
		[7, 'the username is taken here'],
		[8, 'the e-mail address is taken here'],
		[9, 'there are more or fewer cells than columns'],
		[10, 'banned cannot be read'], [11, 'created_at cannot be read'],
		[12, 'the id is known here']])
		ok(said.out.includes(`line ${line}: ${what}\n`),
			`line ${line} is not named: ${said.out}`);
	ok(said.out.endsWith(summary(11, 10, 0)), said.out);
	ok(!said.out.includes('in the clear'), 'a password is told');
	is(await emails(site), before_, 'the users');

	const rest = await table(site, lines.join('\n'), '--skip-conflicts');

	is(rest.code, 0, rest.err);
	is(await emails(site), `${before_} c@example.com`, 'the users');
});

/* An index holds no more than a third of a page of a key. */
test('a key that no index can hold is refused with its line', async () => {
	const long = randomBytes(9000).toString('hex');
	const said = await table(site, 'email,name,username\n' +
		`${long}@example.com,A,\nlong@example.com,B,${long}\n`);

	is(said.code, 1, said.err);
	is(said.out, 'line 2: the e-mail address is not valid\n' +
		'line 3: the username is too long\n' + summary(2, 2, 0), 'it');
});

test('what is no such table is refused in its first lines', async () => {
	for (const [text, what] of [['', /line 1: it is empty/],
		['name\nA\n', /line 1: there is no column email/],
		['email,nick\n', /the column nick is not known/],
		['email,email\n', /the column email is not known, or there twice/],
		['email\na@example.com\n"b\n', /line 3: a quote is not closed/],
		['email\n\xff', /line \d: the text is not UTF-8/]]) {
		const said = await table(site, Buffer.from(text, 'latin1'));

		is(said.code, 1, `the status of ${JSON.stringify(text)}`);
		matches(said.err, what, 'the error');
	}
});

test('an export says who there is, without hashes', async () => {
	const said = await run(site, 'export', 'users');

	is(said.code, 0, said.err);
	matches(said.out, /^id,email,name,/, 'the first line');
	matches(said.out, /\r\n[^\r]*,"Ann ""A"", B",true,/, 'the line of Ann');
	ok(!said.out.includes(SCRYPT), 'a hash is in it');
	ok(!said.out.includes('password_hash'), 'its column is in it');
});

test('an export is JSON when asked', async () => {
	const said = await run(site, 'export', 'users', '--format', 'json');
	const people = JSON.parse(said.out);

	is(people.length, 3, 'the number of users');
	is(people.find(({ id }) => id === 'old-1').fields.seats, 2, 'a field');
	ok(!('password' in people[0]), 'there is a password');
	is((await run(other, 'export', 'users', '--format', 'json')).out,
		'[]\n', 'the export of nobody');
});

test('a formula is none in an export', async () => {
	await site.psql(`UPDATE users SET name = '=HYPERLINK("http://x")'
		WHERE email = 'c@example.com'`);
	matches((await run(site, 'export', 'users')).out,
		/,"'=HYPERLINK\(""http:\/\/x""\)",/, 'the export');
	await site.psql(`UPDATE users SET name = 'C'
		WHERE email = 'c@example.com'`);
});

test('an export with hashes is an import elsewhere', async () => {
	const said = await run(site, 'export', 'users', '--with-hashes');
	const again = await table(other, said.out);
	const digest = `SELECT md5(string_agg(concat(u.id, name, email, role,
		image, banned, ban_reason, fields, username, display_username,
		u.created_at, password, u.updated_at), '' ORDER BY u.id)) AS is
		FROM users u LEFT JOIN accounts a ON a.user_id = u.id`;

	is(again.code, 0, again.err + again.out);
	is((await other.psql(digest))[0].is, (await site.psql(digest))[0].is,
		'the digest of the users');
});

test('who exports or imports leaves a trace', async () => {
	const rows = await site.psql(`SELECT action, after FROM audit
		WHERE target_type = 'database' ORDER BY created_at, id`);

	is(JSON.stringify(rows.map(({ action, after: what }) =>
		[action, what])), JSON.stringify([
		['user.import', { users: 2 }], ['user.import', { users: 1 }],
		['user.export', { hashes: false }],
		['user.export', { hashes: false }],
		['user.export', { hashes: false }],
		['user.export', { hashes: true }]]), 'the rows');
});

test('ten thousand lines are one transaction', async () => {
	const lines = Array.from({ length: 10000 }, (_, i) =>
		`u${i}@example.com,U${i}`);
	const bad = await table(other, ['email,name', ...lines, 'u7@example.com,X',
		''].join('\n'));
	const good = await table(other, ['email,name', ...lines, ''].join('\n'));

	is(bad.code, 1, 'the status with a line twice');
	matches(bad.out, /^line 10002: the e-mail address is taken here$/m,
		'what it says');
	is(good.code, 0, good.err);
	is(good.out, summary(10000, 0, 10000), 'what it says');
});

test('who comes from a table signs in', async () => {
	const person = new Browser(other.url);
	const hash = (await site.tollgate(['user', 'add', '--email',
		'z@example.com'], PASSWORD), (await site.psql(`SELECT password FROM
		accounts a JOIN users u ON u.id = user_id
		WHERE email = 'z@example.com'`))[0].password);
	const said = await table(other, `email,password_hash\nz@example.com,"${
		hash}"\n`);

	is(said.code, 0, said.err + said.out);
	is((await person.json('/api/auth/sign-in/email', {
		email: 'z@example.com', password: PASSWORD })).status, 200,
	'the status of the sign-in');
});

test('what is wrongly called does nothing', async () => {
	for (const args of [['import', 'csv'], ['import', 'csv', '/nowhere'],
		['import', 'xml', 'x'], ['import', 'csv', 'x', '--from', 'y'],
		['export'], ['export', 'orders'],
		['export', 'users', '--format', 'xml'],
		['export', 'users', '--dry-run']])
		is((await run(site, ...args)).code, 2, `the status of ${args}`);
});
