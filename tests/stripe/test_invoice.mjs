/*
 * An invoice of a subscription that is paid is an order: once, and in
 * whatever order its payment and its refund are heard of.
 */
import Stripe from 'stripe';
import { after, before, is, request, stand, test } from
	'../http/suite.mjs';
import { startStripe } from '../lib/stripe.mjs';
import { PLAN_SQL, invoiceOf, lineOf } from './story.mjs';

const SECRET = 'whsec_invoice', SHAPES = 3;
const DAY = 86400, START = Math.floor(Date.now() / 1000) - DAY;
const { webhooks } = new Stripe('sk_test_x');
let at, stripe, people = 0, told = 0;

before(async () => {
	stripe = await startStripe();
	at = await stand({ name: 'invoice', config: { 'stripe.enabled': true,
		'shop.enabled': true, 'stripe.secret_key': 'sk_test_x',
		'stripe.api_base': stripe.url,
		'stripe.webhook_secret': SECRET } });
	await at.psql(PLAN_SQL);
	await at.psql(`INSERT INTO plans (id, kind, name, title, description,
		price_minor, currency, interval, credits, stripe_price_id, active,
		position, created_at, updated_at) VALUES ('big', 'subscription',
		'big', 'Big', '', 90000, 'EUR', 'month', 9000, 'price_big', true,
		1, now(), now())`);
});
after(async () => {
	await stripe.close();
	is((await at.stop()).code, 0, 'the exit status');
});

async function person() {
	const id = `person${++people}`;

	await at.psql(`INSERT INTO users (id, name, email, role, fields,
		created_at, updated_at, stripe_customer_id) VALUES ('${id}', 'P',
		'${id}@example.com', 'user', '{}', now(), now(), 'cus_${id}');
		INSERT INTO wallets (id, kind, balance)
		VALUES ('${id}', 'user', 0)`);
	return id;
}

async function tell([type, object]) {
	const body = JSON.stringify(stripe.event(type, object, {
		id: `evt_i${++told}`, created: START }));
	const { status } = await request(at.url, { method: 'POST',
		path: '/api/webhooks/stripe', body, headers: {
			'Content-Type': 'application/json',
			'Stripe-Signature': webhooks.generateTestHeaderString({
				payload: body, secret: SECRET }) } });

	return status;
}

async function tellAll(events) {
	for (const event of events)
		is(await tell(event), 200, event[0]);
}

/* Its orders, briefly, and its credits. */
async function ending(id) {
	const [row] = await at.psql(`SELECT (SELECT string_agg(concat_ws(' ',
		status, amount_minor, currency, received_minor, refunded_minor,
		credits, credits_given, credits_short, plan_id, provider), ';'
		ORDER BY created_at, id) FROM orders WHERE user_id = '${id}')
		AS orders, (SELECT balance FROM wallets WHERE id = '${id}')
		AS balance`);

	return `${row.orders ?? ''}|${row.balance}`;
}

function ordersOf(list) {
	return list.length < 2 ? [list] : list.flatMap((first, i) =>
		ordersOf(list.filter((_, k) => k !== i))
			.map((rest) => [first, ...rest]));
}

for (const [refunded, end] of [
	[0, 'paid 900 EUR 900 0 500 500 0 pro stripe|500'],
	[300, 'paid 900 EUR 900 300 500 334 0 pro stripe|334'],
	[900, 'refunded 900 EUR 900 900 500 0 0 pro stripe|0'],
])
	test(`paid, and ${refunded} refunded: every order ends alike`,
		async () => {
			const some = invoiceOf(stripe, '', '', 0, { refunded });

			for (const order of ordersOf([...some.keys()]))
				for (let shape = 0; shape < SHAPES; shape++) {
					const id = await person();
					const events = invoiceOf(stripe, id, 'a', START,
						{ shape, refunded });

					await tellAll(order.map((k) => events[k]));
					is(await ending(id), end,
						`${order} in shape ${shape}`);
				}
		});

test('an invoice told by two events is one order', async () => {
	const id = await person();
	const events = invoiceOf(stripe, id, 'a', START);

	await Promise.all([...events, ...events, ...events].map(tell));
	await tellAll(events);
	is(await ending(id), 'paid 900 EUR 900 0 500 500 0 pro stripe|500',
		'the end');
});

test('the order is called as its plan and period', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', 1767225600));
	is((await at.psql(`SELECT description FROM orders
		WHERE user_id = '${id}'`))[0].description,
	'Pro, 1 Jan 2026 to 31 Jan 2026', 'its description');
});

test('a trial costs nothing and brings the credits', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', START, { amount: 0 }));
	is(await ending(id), 'paid 0 EUR 0 0 500 500 0 pro manual|500',
		'the end');
});

test('what a change of plan costs is an order without credits', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', START, {
		reason: 'subscription_update', refunded: 300 }));
	is(await ending(id), 'paid 900 EUR 900 300 0 0 0 pro stripe|0',
		'the end');
});

/* As Stripe lists them: parts first. */
test('the credits are those of the plan whose period is paid', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', START, {
		reason: 'subscription_cycle', lines: [
			lineOf({ price: 'price_big', amount: 5, start: START,
				part: true }),
			lineOf({ amount: -5, start: START, part: true }),
			lineOf({ start: START })] }));
	is(await ending(id), 'paid 900 EUR 900 0 500 500 0 pro stripe|500',
		'the end');
});

test('the line of the period is found behind ten others', async () => {
	const id = await person();
	const parts = Array.from({ length: 12 }, () => lineOf({
		price: 'price_big', amount: 1, start: START, part: true }));
	const events = (name) => invoiceOf(stripe, id, name, START, {
		reason: 'subscription_cycle',
		lines: [...parts, lineOf({ start: START })] });
	const hidden = events('b');

	stripe.tables.invoices.delete(hidden[1][1].id);
	is(await tell(hidden[1]), 400, 'Stripe does not show them');
	await tellAll(events('a'));
	is(await ending(id), 'paid 900 EUR 900 0 500 500 0 pro stripe|500',
		'the end');
});

test('who changes to paying by the year has paid for a period', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', START, {
		reason: 'subscription_update', lines: [
			lineOf({ amount: -400, start: START, part: true }),
			lineOf({ price: 'price_big', start: START })] }));
	is(await ending(id), 'paid 900 EUR 900 0 9000 9000 0 big stripe|9000',
		'the end');
});

test('what begins for nothing brings credits once', async () => {
	const id = await person();

	for (const [name, reason] of [['a', 'subscription_create'],
		['b', 'subscription_create'], ['c', 'subscription_update']])
		await tellAll(invoiceOf(stripe, id, name, START, { amount: 0,
			reason, lines: [lineOf({ amount: 0, start: START })] }));
	is(await ending(id), 'paid 0 EUR 0 0 500 500 0 pro manual|500',
		'the end');
	await tellAll(invoiceOf(stripe, id, 'd', START, { amount: 0,
		reason: 'subscription_cycle' }));
	is((await ending(id)).split('|')[1], '1000', 'a free month later');
});

test('money that lay with Stripe brings no credits again', async () => {
	for (const [total, due, end] of [
		[900, 300, 'paid 300 EUR 300 0 167 167 0 pro stripe|167'],
		[900, 0, '|0'], [-8100, 0, '|0'],
		[0, 0, 'paid 0 EUR 0 0 500 500 0 pro manual|500']]) {
		const id = await person();

		await tellAll(invoiceOf(stripe, id, 'a', START, { amount: due,
			total, amount_due: due,
			lines: [lineOf({ start: START })] }));
		is(await ending(id), end, `${due} of ${total} were due`);
	}
});

test('an invoice of anything else, or of nobody, is no order', async () => {
	const id = await person();

	await tellAll(invoiceOf(stripe, id, 'a', START, { reason: 'manual' }));
	await tellAll(invoiceOf(stripe, 'nobody', 'a', START));
	is(await ending(id), '|0', 'the end');
});

test('one that was paid elsewhere is paid by hand', async () => {
	const id = await person();
	const [, [type, invoice]] = invoiceOf(stripe, id, 'a', START);

	await tellAll([[type, { ...invoice, payment_intent: null }]]);
	is(await ending(id), 'paid 900 EUR 900 0 500 500 0 pro manual|500',
		'the end');
});

test('one that Stripe does not show waits until it does', async () => {
	const id = await person();
	const [, paid] = invoiceOf(stripe, id, 'a', START, { shape: 2 });
	const kept = stripe.tables.invoices.get(paid[1].id);

	stripe.tables.invoices.delete(paid[1].id);
	is(await tell(paid), 400, 'not shown');
	is(await ending(id), '|0', 'before');
	stripe.tables.invoices.set(paid[1].id, kept);
	await tellAll([paid]);
	is(await ending(id), 'paid 900 EUR 900 0 500 500 0 pro stripe|500',
		'then');
});

test('credits that expire last as long as what was paid for', async () => {
	for (const [days, end] of [[7, 30], [60, 60]]) {
		const id = await person();

		await at.psql(`UPDATE plans SET credits_expire_days = ${days}`);
		await tellAll(invoiceOf(stripe, id, 'a', START));

		const [lot] = await at.psql(`SELECT extract(epoch FROM
			expires_at)::bigint AS at FROM lots
			WHERE wallet_id = '${id}'`);

		is(Number(lot.at), START + end * DAY, `of ${days} days`);
	}
	await at.psql('UPDATE plans SET credits_expire_days = NULL');
});
