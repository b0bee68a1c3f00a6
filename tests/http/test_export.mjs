/*
 * Lists of administrators as CSV: what is in the file, what can never be in
 * it, and the trace that it leaves.
 */
import { after, before, is, matches, ok, person, stand, test }
	from './suite.mjs';

const BOM = '\ufeff';
const MANY = 100001;		/* orders; one more than a file holds */
let at, admin;

before(async () => {
	at = await stand({ name: 'export', config: { 'worker.count': 1 } });
	admin = await person(at, 'admin_ro');
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

/* A file's records, as the strictest reader of RFC 4180 has them. */
function records(text) {
	const rows = [[]];
	const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;

	while (cell.lastIndex < text.length) {
		const match = cell.exec(text);

		ok(match !== null, 'this is no CSV');
		rows.at(-1).push(match[1].startsWith('"') ?
			match[1].slice(1, -1).replaceAll('""', '"') : match[1]);
		if (match[2] !== ',')
			rows.push([]);
	}
	rows.pop();
	return rows;
}

async function file(who, path) {
	const response = await who.get(path);

	is(response.status, 200, `the status (${response.text.slice(0, 200)})`);
	is(response.header('content-type'), 'text/csv; charset=utf-8',
		'the type');
	is(response.header('cache-control'), 'no-store', 'Cache-Control');
	ok(response.text.startsWith(BOM), 'no byte order mark');

	const [head, ...rows] = records(response.text.slice(BOM.length));

	ok(rows.every((row) => row.length === head.length), 'a ragged table');
	return { name: response.header('content-disposition'),
		head, rows: rows.map((row) => Object.fromEntries(
			row.map((text, i) => [head[i], text]))) };
}

/* Names that a spreadsheet would run. */
const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1+1', '\r=1+1',
	'=cmd|\' /C calc\'!A0', '＝1+1', '=HYPERLINK("http://x","y")'];

test('no cell of a file is a formula', async () => {
	for (const [i, name] of FORMULAS.entries())
		await at.psql(`UPDATE users SET name = $f$${name}$f$
			WHERE id = '${(await person(at)).id}'`, i);

	const { rows } = await file(admin, '/admin/users.csv');

	ok(rows.length > FORMULAS.length, 'rows are missing');
	for (const row of rows)
		for (const [head, text] of Object.entries(row))
			ok(head === 'Balance' || !/^[=+\-@\t\r\n＝＋－＠]/.test(text),
				`${head} is ${JSON.stringify(text)}`);
	ok(rows.some(({ Name }) => Name === '\'=HYPERLINK("http://x","y")'),
		'the formula is not there as text');
});

test('a file holds all of the list, and what the filter says', async () => {
	const whole = await file(admin, '/admin/users.csv');
	const some = await file(admin, '/admin/users.csv?role=admin_ro');
	const { users } = (await admin.get('/api/admin/users?limit=100')).json();

	is(whole.rows.length, users.length, 'the number of users');
	is(whole.rows.map(({ Id }) => Id).join(), users.map(({ id }) => id)
		.join(), 'the order');
	is(some.rows.length, 1, 'the number of admins');
	is(some.rows[0]['E-mail'], admin.email, 'the admin');
	matches(whole.name,
		/^attachment; filename="users-\d{4}-\d\d-\d\d\.csv"$/, 'the name');
	is((await admin.get('/admin/users.csv?role=nonsense')).status, 400,
		'the status of a wrong filter');
});

test('every file leaves a row that says who took what', async () => {
	await file(admin, '/admin/users.csv?role=admin_ro&q=&cursor=');

	const [row] = await at.psql(`SELECT actor_id, target_type, target_id,
		after FROM audit WHERE action = 'list.export'
		ORDER BY created_at DESC, id DESC LIMIT 1`);

	is(row.actor_id, admin.id, 'the actor');
	is(`${row.target_type} ${row.target_id}`, 'list users', 'the target');
	is(JSON.stringify(row.after), '{"role":"admin_ro","rows":1}',
		'what it says');
});

test('the page offers the file with its filters', async () => {
	for (const list of ['users', 'credits', 'orders'])
		matches((await admin.get(`/admin/${list}`)).text, new RegExp(
			`href="/admin/${list}\\.csv\\?"`), `the page of ${list}`);
	matches((await admin.get('/admin/users?role=admin_ro')).text,
		/href="\/admin\/users\.csv\?role=admin_ro"/, 'with a filter');
	ok(!(await (await person(at)).get('/account/credits')).text
		.includes('.csv'), 'a user is offered a file');
});

test('the ledger and orders say numbers as numbers', async () => {
	const buyer = await person(at);
	const rw = await person(at, 'admin_rw');

	await at.psql(`INSERT INTO orders (id, user_id, email, description,
		credits, amount_minor, currency, created_at, updated_at)
		VALUES ('one', '${buyer.id}', '${buyer.email}', 'Credits',
		100, 1205, 'EUR', now(), now())`);
	for (const [deed, amount] of [['grant', 50], ['adjust', -20]])
		await rw.send('POST', `/api/admin/credits/${deed}`, {
			body: JSON.stringify({ userId: buyer.id, amount,
				reason: 'Because' }), headers: {
				'Content-Type': 'application/json',
				'Idempotency-Key': `export-${deed}` } });

	const ledger = await file(admin, `/admin/credits.csv?user=${buyer.id}`);
	const orders = await file(admin, '/admin/orders.csv');

	is(ledger.rows.map(({ Change }) => Change).join(), '-20,50', 'changes');
	is(orders.rows[0].Amount, '12.05', 'the amount');
});

test('a list that is too long is cut, and the file says so', async () => {
	await at.psql(`INSERT INTO orders (id, email, description, credits,
		amount_minor, currency, created_at, updated_at)
		SELECT 'many' || n, 'many@example.com', 'Credits', 1, 1, 'EUR',
		now() - n * interval '1 s', now()
		FROM generate_series(1, ${MANY}) n`);

	const { name, rows } = await file(admin, '/admin/orders.csv');

	is(rows.length, MANY - 1, 'the number of rows');
	is(new Set(rows.map(({ Id }) => Id)).size, MANY - 1,
		'the number of different ones');
	matches(name, /^attachment; filename="orders-[-\d]+-first-100000\.csv"$/,
		'the name');
});
