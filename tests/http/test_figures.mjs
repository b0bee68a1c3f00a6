/*
 * The overview's figures as programs get them, and the lists behind it.
 */
import { after, before, is, matches, ok, person, stand, test }
	from './suite.mjs';

let at, admin, reader, buyer;
let serial = 0;

before(async () => {
	at = await stand({ name: 'figures' });
	[admin, reader, buyer] = await Promise.all([person(at, 'admin_rw'),
		person(at, 'admin_ro'), person(at)]);
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

async function read(path) {
	const response = await reader.get(path);

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

async function move(who, path, body) {
	const response = await who.send('POST', path, {
		body: JSON.stringify(body), headers: {
			'Content-Type': 'application/json',
			'Idempotency-Key': `figures-${++serial}` } });

	is(response.status, 200, `the status (${response.text})`);
}

/* Grants with an end, whose ids are the names given. */
const lots = (names, days) => at.psql(`INSERT INTO transfers (id, wallet_id,
	kind, from_id, to_id, amount, reason, key, key_hash, created_at,
	expires_at) SELECT name, '${buyer.id}', 'grant', 'issued',
	'${buyer.id}', 10, '', name, sha256(''), now(),
	now() + ${days} * interval '1 day'
	FROM unnest('{${names}}'::text[]) AS name`);

test('what is issued, spent, paid and refunded is counted at once',
	async () => {
		const before = await read('/api/admin/figures');

		await move(admin, '/api/admin/credits/grant',
			{ userId: buyer.id, amount: 500, reason: 'Because' });
		await move(buyer, '/api/credits/spend', { amount: 20 });
		await at.psql(`INSERT INTO orders (id, user_id, email, description,
			credits, amount_minor, currency, status, created_at,
			paid_at, updated_at) SELECT id, '${buyer.id}', 'a@b.c',
			'', 1, 900, 'EUR', status, now(), now(), now()
			FROM (VALUES ('paid'), ('refunded')) AS s (status),
			LATERAL (SELECT 'figures' || status AS id) i`);

		const { totals, byDay, days, currency } =
			await read('/api/admin/figures?days=7');
		const more = (key) => totals[key].now - before.totals[key].now;

		is(days, 7, 'days');
		is(byDay.length, 7, 'the number of days');
		is(byDay[6].day, new Date().toISOString().slice(0, 10), 'today');
		is(more('creditsIssued'), 500, 'issued');
		is(more('creditsSpent'), 20, 'spent');
		is(more('ordersPaid'), 2, 'orders');
		is(totals.revenueMinor.now, 1800, 'revenue');
		is(totals.returnedMinor.now, 900, 'refunded');
		is(totals.revenueMinor.before, 0, 'revenue before');
		is(currency, 'EUR', 'the currency');
		is(byDay[6].revenueMinor, 1800, 'revenue today');
	});

test('there are four ranges and no other', async () => {
	for (const days of [7, 30, 90, 365]) {
		is((await read(`/api/admin/figures?days=${days}`)).byDay.length,
			days, 'the number of days');
		matches((await reader.get(`/admin?days=${days}`)).text,
			new RegExp(`days=${days}" aria-current`), 'the page');
	}
	is((await reader.get('/api/admin/figures?days=31')).status, 400,
		'the status of another');
	is((await reader.get('/admin?days=31')).status, 400, 'the page\'s');
});

test('what runs out comes in the order in which it does', async () => {
	await lots(['late', 'later'], 20);
	await lots(['soon'], 3);
	await lots(['never'], 300);

	const ids = async (query) => (await read(
		`/api/admin/credits/expiring?${query}`)).lots
		.map(({ id }) => id).join();

	is(await ids('days=7'), 'soon', 'within 7 days');
	is(await ids('days=30'), 'soon,late,later', 'within 30 days');
	is(await ids(''), 'soon,late,later', 'unasked');
	is(await ids(`days=all&user=${buyer.email}`), 'soon,late,later,never',
		'of a user');
	is(await ids(`days=all&user=${admin.email}`), '', 'of another');

	const first = await read('/api/admin/credits/expiring?days=all&limit=3');
	const rest = await read('/api/admin/credits/expiring?days=all&limit=3' +
		`&cursor=${first.next}`);

	is(rest.lots.map(({ id }) => id).join(), 'never', 'the next page');
	is(rest.next, null, 'the end');

	const { expiring } = await read('/api/admin/figures');

	is(JSON.stringify(expiring.in7Days),
		'{"count":1,"credits":10,"more":false}', 'the outlook');
	is(expiring.in30Days.credits, 30, 'within 30 days');
});

test('who spent most comes first', async () => {
	await at.psql(`INSERT INTO hourly_figures (hour, sign_ups, issued, spent,
		expired, closed_at) VALUES (date_trunc('hour', now(), 'UTC')
		- interval '5 hours', 0, 0, 0, 0, now()) ON CONFLICT DO NOTHING`);
	await at.psql(`INSERT INTO hourly_spending (hour, wallet_id, spent)
		SELECT date_trunc('hour', now(), 'UTC') - interval '5 hours',
		CASE n WHEN 2 THEN '${buyer.id}' ELSE 'gone' || n END, 1000 + n
		FROM generate_series(1, 3) n`);

	const first = await read('/api/admin/credits/top?limit=2');
	const rest = await read('/api/admin/credits/top?limit=2' +
		`&cursor=${first.next}`);

	is(first.spenders.map(({ userText }) => userText).join(),
		`gone3,${buyer.email}`, 'the first two');
	is(rest.spenders[0].userId, 'gone1', 'the third');
	is(first.spenders[0].balance, null, 'the balance of nobody');
	ok(first.spenders[1].balance > 0, 'the balance of somebody');
	is((await read('/api/admin/figures')).topSpenders[0].spent, 1003,
		'on the overview');
});
