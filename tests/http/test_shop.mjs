/*
 * Buying: an order, a checkout session at a Stripe of our own, and what
 * becomes of both when that is slow, away, or tells nothing.
 */
import { startStripe } from '../lib/stripe.mjs';
import { Person, after, before, eventually, is, lettersTo, matches, ok, person,
	stand, test, times } from './suite.mjs';

const PLACE = 'https://checkout.example.com';
const PACK = { kind: 'pack', name: 'thousand', title: '1,000 credits',
	priceMinor: 900, currency: 'EUR', credits: 1000 };
const HOUR_AGO = () => Math.floor(Date.now() / 1000) - 3600;

let at, stripe, admin, plan;

before(async () => {
	stripe = await startStripe();
	at = await stand({ name: 'shop', config: {
		'shop.enabled': true, 'shop.checkout_origins': PLACE,
		'shop.seller': 'Example Ltd.|1 Example Street',
		'stripe.enabled': true, 'stripe.secret_key': 'sk_test_x',
		'stripe.api_base': stripe.url, 'stripe.deadline_ms': 1000,
		'mail.per_recipient': 0 } });
	admin = await person(at, 'admin_rw');
	plan = (await put('POST', '/api/admin/plans', PACK)).plan;
});
after(async () => {
	const { code } = await at.stop();

	await stripe.close();
	is(code, 0, 'the exit status');
});

async function put(method, path, fields, headers = {}, who = admin) {
	const response = await who.send(method, path, { headers: {
		'Content-Type': 'application/json', ...headers },
	body: JSON.stringify(fields) });

	is(response.status, 200, `${method} ${path} (${response.text})`);
	return response.json();
}

async function buy(who) {
	const response = await who.post('/account/orders', { planId: plan.id });

	is(response.status, 303, 'the status of a purchase');
	return response.header('location');
}

async function orders(who) {
	return (await who.get('/api/orders')).json().orders;
}

async function balance(who) {
	return (await who.get('/api/me')).json().balance;
}

/* The buyer pays, an hour ago, and nobody tells us. */
function pay(url) {
	const session = stripe.complete(url.split('/').at(-1));
	const intent = stripe.get('payment_intents', session.payment_intent);

	intent.created = HOUR_AGO();
	return intent;
}

function reconcile() {
	return at.tollgate(['orders', 'reconcile', '2']).then(
		({ stdout }) => JSON.parse(stdout),
		({ stdout }) => JSON.parse(stdout));
}

async function openDifferences() {
	const { differences } = (await admin.get(
		'/api/admin/orders/differences')).json();

	return differences.filter((one) => one.repairedAt === null);
}

async function repairAll() {
	await reconcile();
	for (const { id } of await openDifferences())
		await put('POST', `/api/admin/orders/differences/${id}/repair`,
			{});
}

/* Somebody who has paid for an order. */
async function buyer() {
	const who = await person(at);

	who.intent = pay(await buy(who));
	await repairAll();
	[who.order] = await orders(who);
	is(who.order.status, 'paid', 'the order');
	return who;
}

/* ---- buying ---------------------------------------------------------------- */

test('a purchase makes an order and leads to where it is paid', async () => {
	const who = await person(at);
	const url = await buy(who);
	const [order, ...more] = await orders(who);
	const { body, headers } = stripe.calls.findLast(({ path }) =>
		path === '/v1/checkout/sessions');

	ok(url.startsWith(`${PLACE}/`), `it leads to ${url}`);
	is(more.length, 0, 'the number of further orders');
	is(order.status, 'created', 'its status');
	is(body['metadata[orderId]'], order.id, 'what Stripe is told');
	is(body['payment_intent_data[metadata][orderId]'], order.id,
		'what the payment is told');
	is(body['line_items[0][price_data][unit_amount]'], '900', 'the price');
	is(body.success_url, `${at.url}/account/orders/${order.id}?paid=1`,
		'the way back');
	is(headers['idempotency-key'], `${order.id}-1`, 'the key');
});

test('an open session is used again, an ended one is not', async () => {
	const who = await person(at);
	const url = await buy(who);
	const [{ id }] = await orders(who);
	const again = (await who.json(`/api/orders/${id}/checkout`, {})).json();

	is(again.url, url, 'where it is paid');
	await at.psql(`UPDATE orders SET checkout_expires_at = now()
		WHERE id = '${id}'`);

	const later = (await who.json(`/api/orders/${id}/checkout`, {})).json();

	ok(later.url !== url, 'the ended session is shown');
	is(stripe.calls.findLast(({ path }) => path ===
		'/v1/checkout/sessions').headers['idempotency-key'], `${id}-2`,
		'the key of the second attempt');
});

test('who asks at once is led to one session', async () => {
	const who = await person(at);
	const { order } = await put('POST', '/api/orders', { planId: plan.id },
		{}, who);
	const urls = new Set((await times(4, () =>
		who.json(`/api/orders/${order.id}/checkout`, {})))
		.filter((response) => response.status === 200)
		.map((response) => response.json().url));

	is(urls.size, 1, 'the number of sessions');
});

test('a page may send a form on to the place of payment only', async () => {
	const who = await person(at);

	matches((await who.get('/account/credits')).header(
		'content-security-policy'),
	/form-action 'self' https:\/\/checkout\.example\.com;/, 'the policy');
	ok((await who.get('/account/credits')).text.includes('€9.00'),
		'no price is shown');
});

test('nobody buys what is retired, or for somebody else', async () => {
	const who = await person(at), other = await person(at);
	const old = (await put('POST', '/api/admin/plans', { ...PACK,
		name: 'old', active: false })).plan;
	const response = await who.json('/api/orders', { planId: old.id });

	is(response.json().code, 'PLAN_NOT_AVAILABLE', 'the code');
	await buy(who);

	const [{ id }] = await orders(who);

	is((await other.get(`/api/orders/${id}`)).status, 404, 'another\'s order');
	is((await other.json(`/api/orders/${id}/checkout`, {})).status, 404,
		'another\'s checkout');
	is((await other.post(`/account/orders/${id}/cancel`)).status, 404,
		'another\'s cancelling');
});

test('unpaid orders are bounded', async () => {
	const who = await person(at);

	for (let i = 0; i < 10; i++)
		await put('POST', '/api/orders', { planId: plan.id }, {}, who);
	is((await who.json('/api/orders', { planId: plan.id })).json().code,
		'TOO_MANY_ORDERS', 'the code');
});

test('a cancelled order ends its session', async () => {
	const who = await person(at);
	const url = await buy(who);
	const [{ id }] = await orders(who);

	is((await who.post(`/account/orders/${id}/cancel`)).status, 303,
		'the status');
	is((await orders(who))[0].status, 'deleted', 'the order');
	is(stripe.get('sessions', url.split('/').at(-1)).status, 'expired',
		'the session');
	is((await who.json(`/api/orders/${id}/checkout`, {})).json().code,
		'ORDER_CLOSED', 'the code');
});

/* ---- when the provider is not there ---------------------------------------- */

test('a provider that hangs keeps nobody from signing in', async () => {
	const who = await person(at);

	await who.csrf();
	stripe.trouble = 'hang';
	try {
		const buying = times(6, () => who.post('/account/orders',
			{ planId: plan.id }));

		await eventually('somebody waits for Stripe', async () =>
			stripe.calls.at(-1).path === '/v1/checkout/sessions');
		await times(3, () => person(at));
		for (const response of await buying) {
			is(response.status, 303, 'the status of a purchase');
			matches(response.header('location'),
				/^\/account\/orders\/\w+$/, 'the way');
			is(response.header('retry-after') ?? null, null,
				'what it asks to wait');
		}
	} finally {
		stripe.trouble = null;
	}

	const [{ id }] = await orders(who);
	const response = await who.json(`/api/orders/${id}/checkout`, {});

	is(response.status, 200, 'paying later');
});

test('without a provider a purchase explains itself', async () => {
	const bare = await stand({ name: 'bare', config: {
		'shop.enabled': true } });

	try {
		const who = await person(bare);

		matches((await who.get('/account/credits')).text,
			/has not set up a way to pay/, 'the page');
		is((await who.json('/api/orders', { planId: 'x' })).json().code,
			'PAYMENTS_OFF', 'the code');
		is((await new Person(bare).get('/api/plans')).json()
			.plans.length, 0, 'the number of plans');
	} finally {
		await bare.stop();
	}
});

/* ---- what the provider did not tell ---------------------------------------- */

test('a payment nobody told of is found and repaired', async () => {
	const who = await person(at);
	const intent = pay(await buy(who));

	await reconcile();

	const found = (await openDifferences()).find(
		({ subject }) => subject === intent.id);

	is(found?.kind, 'payment', 'the difference');
	matches((await admin.get('/admin/orders')).text, /what is known here/,
		'the list of orders');
	matches((await admin.get('/admin/orders/differences')).text,
		new RegExp(intent.id), 'the list of differences');
	is((await admin.post(`/admin/orders/differences/${found.id}/repair`))
		.status, 303, 'the status of the repair');

	const [order] = await orders(who);

	is(order.status, 'paid', 'the order');
	is(await balance(who), 1000, 'the balance');
	is((await admin.json(
		`/api/admin/orders/differences/${found.id}/repair`, {})).status,
	404, 'a second repair');
	is((await lettersTo(at, who.email, 'receipt')).length, 1, 'receipts');
	matches((await admin.get(`/admin/orders/${order.id}`)).text, /Repaired/,
		'the history');
	is((await at.psql(`SELECT count(*)::int AS count FROM audit
		WHERE action = 'order.repair' AND target_id = '${order.id}'
		AND actor_id = '${admin.id}'`))[0].count, 1, 'audit rows');
});

test('a refund and a dispute nobody told of are found, too', async () => {
	const who = await buyer();
	const refund = stripe.refund({ payment_intent: who.intent.id,
		amount: '300' });

	refund.created = HOUR_AGO();
	await repairAll();
	is(await balance(who), 667, 'the balance after the refund');
	stripe.add('disputes', { object: 'dispute', amount: 600,
		currency: 'eur', payment_intent: who.intent.id,
		status: 'needs_response', created: HOUR_AGO() });
	await repairAll();
	is(await balance(who), 0, 'the balance after the dispute');
	is((await orders(who))[0].status, 'refunded', 'the order');
});

test('what is as it should be is no difference', async () => {
	await buyer();

	const { stdout } = await at.tollgate(['orders', 'reconcile']);
	const { differences, payments } = JSON.parse(stdout);

	is(differences, 0, 'differences');
	ok(payments > 0, 'nothing was compared');
});

/* ---- refunds --------------------------------------------------------------- */

function refund(who, fields, key, by = admin) {
	return by.send('POST', `/api/admin/orders/${who.order.id}/refund`, {
		headers: { 'Content-Type': 'application/json',
			'Idempotency-Key': key },
		body: JSON.stringify({ reason: 'Asked for', ...fields }) });
}

test('a refund of a part is made once under its key', async () => {
	const who = await buyer();

	/* Who meets a busy house asks again, under the same key. */
	await times(3, () => eventually('the refund is made', async () =>
		(await refund(who, { amountMinor: 300 }, 'part')).status ===
			200));
	is(await balance(who), 667, 'the balance');
	is([...stripe.tables.refunds.values()].filter((one) =>
		one.payment_intent === who.intent.id).length, 1, 'refunds');
	is((await refund(who, { amountMinor: 200 }, 'part')).json().code,
		'IDEMPOTENCY_KEY_REUSED', 'the code');
	is((await refund(who, { amountMinor: 601 }, 'more')).json().code,
		'REFUND_EXCEEDED', 'the code');
	is((await refund(who, {}, 'rest')).json().order.status, 'refunded',
		'the order');
	is(await balance(who), 0, 'the balance at the end');
	is((await lettersTo(at, who.email, 'refunded')).length, 2, 'letters');
	is((await refund(who, {}, 'again')).json().code,
		'ORDER_NOT_REFUNDABLE', 'the code');
});

/* He paid by transfer, too: refunds at once are each for what they saw. */
test('what was paid at Stripe is never refunded by hand', async () => {
	for (let round = 0; round < 5; round++) {
		const who = await buyer();
		const { id } = who.order;

		await at.psql(`INSERT INTO payments (id, order_id, provider,
				currency, received_minor, refunded_minor,
				created_at, updated_at)
			VALUES ('manual:${id}', '${id}', 'manual', 'EUR', 900, 0,
				now(), now())`);
		await Promise.all([1, 2, 3, 4].map((n) =>
			refund(who, { amountMinor: 900 }, `both-${n}`)));
		is((await at.psql(`SELECT 1 FROM reversals r JOIN payments p
			ON p.id = r.payment_id WHERE p.order_id = '${id}'
			AND p.provider = 'stripe' AND r.id LIKE 'manual:%'`))
			.length, 0, 'refunds nobody asked Stripe for');
	}
});

test('a refund on the page says what was wrong', async () => {
	const who = await buyer();
	const path = `/admin/orders/${who.order.id}`;
	const page = await admin.get(path);
	const key = /name="key" value="(\w+)"/.exec(page.text)[1];
	const wrong = await admin.post(`${path}/refund`, { key, amount: '9,00',
		reason: 'Too many' });

	is(wrong.status, 400, 'the status');
	matches(wrong.text, /Amount must be an amount/, 'the page');
	is((await admin.post(`${path}/refund`, { key, amount: '3.00',
		reason: 'Too many' })).status, 303, 'the status of a right one');
	matches((await admin.get(path)).text, /Too many/, 'the order');
	matches((await who.get(`/account/orders/${who.order.id}`)).text,
		/€3\.00/, 'the buyer\'s page');
});

test('credits that are spent are what a refund is short of', async () => {
	const who = await buyer();

	await put('POST', '/api/credits/spend', { amount: 500 },
		{ 'Idempotency-Key': 'spent' }, who);
	is((await refund(who, {}, 'spent')).status, 200,
		'a refund that takes what is there');
	is(await balance(who), 0, 'the balance');

	const { order } = (await admin.get(
		`/api/admin/orders/${who.order.id}`)).json();

	is(order.creditsShort, 500, 'the shortfall');
});

test('where spent credits are a reason, a refund is refused', async () => {
	const strict = await stand({ name: 'strict', config: {
		'shop.enabled': true, 'shop.refund_spent': 'refuse' } });

	try {
		const boss = await person(strict, 'admin_rw');
		const who = await person(strict);

		who.order = { id: '5'.repeat(32) };
		await strict.psql(`INSERT INTO orders (id, user_id, email,
			description, credits, amount_minor, currency, created_at,
			updated_at) VALUES ('${who.order.id}', '${who.id}',
			'${who.email}', 'Credits', 100, 1000, 'EUR', now(), now())`);
		await put('POST', `/api/admin/orders/${who.order.id}/mark-paid`,
			{ reference: 'Statement 8' }, {}, boss);
		await put('POST', '/api/credits/spend', { amount: 60 },
			{ 'Idempotency-Key': 'spent' }, who);
		is((await refund(who, {}, 'all', boss)).json().code,
			'CREDITS_SPENT', 'the code');
		is((await refund(who, { amountMinor: 400 }, 'part', boss)).status,
			200, 'the status of a refund of what is left');
	} finally {
		await strict.stop();
	}
});

/* ---- paid another way ------------------------------------------------------ */

test('an order is marked as paid once, and refunded by hand', async () => {
	const who = await person(at);
	const url = await buy(who);

	[who.order] = await orders(who);

	const path = `/api/admin/orders/${who.order.id}`;
	const { order } = await put('POST', `${path}/mark-paid`,
		{ reference: 'Statement 7' });

	is(order.status, 'paid', 'the order');
	is(order.provider, 'manual', 'paid through');
	is(stripe.get('sessions', url.split('/').at(-1)).status, 'expired',
		'the session');
	is((await admin.json(`${path}/mark-paid`, { reference: 'x' })).json()
		.code, 'ORDER_CLOSED', 'the code of a second one');

	const calls = stripe.calls.length;

	is((await refund(who, {}, 'hand')).json().order.status, 'refunded',
		'the order');
	is(stripe.calls.length, calls, 'questions to Stripe');
	is(await balance(who), 0, 'the balance');
});

test('a receipt can be printed by its buyer', async () => {
	const who = await buyer(), other = await person(at);
	const path = `/account/orders/${who.order.id}/receipt`;
	const page = await who.get(path);

	is(page.status, 200, 'the status');
	matches(page.text, /1 Example Street[^]*1,000 credits[^]*€9\.00/,
		'the receipt');
	is((await other.get(path)).status, 404, 'another\'s receipt');
	await refund(who, { amountMinor: 300 }, 'receipt');
	matches((await who.get(path)).text,
		/Paid<[^]*€9\.00[^]*Refunded<[^]*−€3\.00/, 'with a refund');
});

test('orders are found by address and by what Stripe calls them', async () => {
	const who = await buyer();

	for (const q of [who.email, who.order.id, who.intent.id]) {
		const found = (await admin.get('/api/admin/orders?q=' +
			encodeURIComponent(q))).json().orders;

		is(found.length, 1, `orders by ${q}`);
		is(found[0].id, who.order.id, 'the order');
	}
});

/* ---- plans ----------------------------------------------------------------- */

test('a plan is edited on its page, and says what is wrong', async () => {
	const path = `/admin/plans/${plan.id}`;
	const fields = { kind: 'pack', name: 'thousand', title: 'A thousand',
		price: '9.00', currency: 'EUR', credits: '1000', active: 'on' };
	const wrong = await admin.post(`${path}/save`, { ...fields,
		price: '9.005', limits: '[1]' });

	is(wrong.status, 400, 'the status');
	matches(wrong.text, /Price must be an amount/, 'the page');
	matches(wrong.text, /value="9\.005"/, 'what was typed');
	for (const entitlements of ['{"Export": true}', '{"a b": 1}',
		'{"export": null}', JSON.stringify({ a: 'x'.repeat(1000) })]) {
		const unfit = await admin.post(`${path}/save`, { ...fields,
			entitlements });

		is(unfit.status, 400, `${entitlements} given with a plan`);
		matches(unfit.text, /Entitlements have names of/, 'the page');
	}
	is((await admin.post(`${path}/save`, { ...fields,
		limits: '{"projects": 5}' })).status, 303, 'a right one');

	const { plan: saved } = (await admin.get(`/api/admin/plans/${plan.id}`))
		.json();

	is(saved.title, 'A thousand', 'the title');
	is(saved.limits.projects, 5, 'a limit');
	matches((await admin.get(path)).text, /plan\.update/, 'the trail');
	is((await admin.post('/admin/plans', fields)).status, 409,
		'a name that is taken');
});
