/*
 * People who buy and subscribe, and all that Stripe would report of it.
 *
 * A story belongs to a tag, which is part of every id in it, so that many may
 * be told to one stand and end in rows that are the same but for the tag.
 */

const START = 1767225600;	/* 2026-01-01, seconds */
const DAY = 86400;
const MONTH = 30 * DAY;
const PRICE = 'price_pro';
const LINES_SHOWN = 10;	/* of an invoice, in an event */
export const PEOPLE = 6;

export const PLAN_SQL = `INSERT INTO plans (id, kind, name, title, description,
	price_minor, currency, interval, credits, stripe_price_id, active,
	position, created_at, updated_at) VALUES ('pro', 'subscription', 'pro',
	'Pro', '', 900, 'EUR', 'month', 500, '${PRICE}', true, 0, now(), now())`;

/* The people of a tag, before Stripe has told anything. */
export function peopleSql(tag) {
	return Array.from({ length: PEOPLE }, (_, i) => {
		const id = idOf(tag, i);

		return `INSERT INTO users (id, name, email, role, fields,
			created_at, updated_at, stripe_customer_id) VALUES ('${id}',
			'P', '${id}@example.com', 'user', '{}', now(), now(),
			'cus_${id}');
		INSERT INTO wallets (id, kind, balance)
			VALUES ('${id}', 'user', 0);
		INSERT INTO subscriptions (id, plan, reference_id,
			stripe_customer_id, status, created_at, updated_at)
			VALUES ('row${id}', 'pro', '${id}', 'cus_${id}',
			'incomplete', now(), now());
		INSERT INTO orders (id, user_id, email, description, credits,
			amount_minor, currency, created_at, updated_at) VALUES
			('order${id}', '${id}', '${id}@example.com', 'Pack', 1000,
			2000, 'EUR', now(), now())`;
	}).join(';\n');
}

export function idOf(tag, i) {
	return `${tag}p${i}`;
}

/* Everything, in the order it happened: [type, object, seconds]. */
export function story(stripe, tag) {
	return Array.from({ length: PEOPLE }, (_, i) =>
		[...subscriptionOf(stripe, tag, i), ...orderOf(tag, i)]).flat()
		.map(([type, object, at], n) => stripe.event(type, object, {
			id: `evt_${tag}n${n}`, created: at }));
}

function subscriptionOf(stripe, tag, i) {
	const id = idOf(tag, i);
	const base = { id: `sub_${id}`, customer: `cus_${id}`, price: PRICE,
		metadata: { subscriptionId: `row${id}`, userId: id } };
	const at = (time, status, more = {}) => {
		const one = stripe.subscribe({ ...base, status, ...more });

		Object.assign(one.items.data[0], {
			current_period_start: time,
			current_period_end: time + MONTH });
		return structuredClone(one);
	};
	const t = START + i;
	const news = [
		['customer.subscription.created', at(t, 'incomplete'), t],
		['customer.subscription.updated', at(t, 'active'), t],
		['checkout.session.completed', { id: `cs_s${id}`,
			object: 'checkout.session', mode: 'subscription',
			subscription: `sub_${id}`, customer: `cus_${id}`,
			client_reference_id: id, metadata: base.metadata }, t],
		...invoiceOf(stripe, id, 'a', t, { shape: i,
			refunded: [900, 300, 0][i >> 1] }),
		['customer.subscription.updated', at(t, 'active', {
			cancel_at_period_end: true }), t + DAY],
		['customer.subscription.updated', at(t, 'active'), t + 2 * DAY],
		...invoiceOf(stripe, id, 'x', t + 2 * DAY, { shape: i + 1,
			reason: 'subscription_update', refunded: 100 }),
		...invoiceOf(stripe, id, 'b', t + MONTH, { shape: i + 2,
			reason: 'subscription_cycle' }),
		['customer.subscription.updated', at(t + MONTH, i % 3 === 0 ?
			'past_due' : 'active'), t + MONTH],
	];

	if (i % 2 === 0)
		news.push(['customer.subscription.deleted', at(t + MONTH,
			'canceled', { canceled_at: t + MONTH + DAY,
				ended_at: t + MONTH + DAY }), t + MONTH + DAY]);
	return news;
}

/* How an invoice says which payment intent paid it: as before version
 * 2025-03-31, since then, or not unless it is asked. */
const SHAPES = [
	(intent) => ({ payment_intent: intent }),
	(intent) => ({ payments: { object: 'list', data: [
		{ status: 'canceled', payment: { type: 'payment_intent',
			payment_intent: `${intent}x` } },
		{ status: 'paid', payment: { type: 'payment_intent',
			payment_intent: intent } }] } }),
	() => ({}),
];

/* A line of an invoice; a part of a period is one of a change. */
export function lineOf({ price = PRICE, amount = 900, start, part = false }) {
	return { id: 'il_1', amount, pricing: { price_details: { price } },
		period: { start, end: start + MONTH },
		parent: part ? { type: 'invoice_item_details',
			invoice_item_details: { proration: true } } :
			{ type: 'subscription_item_details',
				subscription_item_details: { proration: false } } };
}

/*
 * All of one invoice: paid, its charge, and what of it went back. Amount 0
 * has no payment. lines are those of lineOf in place of one; more is what else
 * the invoice says.
 */
export function invoiceOf(stripe, person, name, start, { shape = 0,
	reason = 'subscription_create', amount = 900, refunded = 0,
	lines, ...more } = {}) {
	const id = `in_${name}${person}`, intent = `pi_${name}${person}`;
	const paid = { id, object: 'invoice', customer: `cus_${person}`,
		billing_reason: reason, amount_paid: amount, currency: 'eur',
		lines: { object: 'list', data: lines ?? [lineOf({ amount, start,
			part: reason === 'subscription_update' })] }, ...more };
	const charge = (back) => ({ id: `ch_${name}${person}`,
		object: 'charge', amount, amount_captured: amount,
		amount_refunded: back, currency: 'eur', status: 'succeeded',
		paid: true, refunded: back === amount,
		payment_intent: intent, metadata: {} });
	const refund = { id: `re_${name}${person}`, object: 'refund',
		amount: refunded, currency: 'eur', charge: charge(0).id,
		payment_intent: intent, status: 'succeeded', metadata: {} };

	if (amount === 0)
		return [['invoice.paid', paid, start]];
	stripe.add('invoices', { ...paid, ...SHAPES[1](intent) });
	if (paid.lines.data.length > LINES_SHOWN)
		paid.lines = { object: 'list', has_more: true,
			data: paid.lines.data.slice(0, LINES_SHOWN) };
	return [
		['charge.succeeded', charge(0), start],
		['invoice.paid', { ...paid, ...SHAPES[shape % 3](intent) },
			start],
		...refunded === 0 ? [] : [
			['charge.refunded', charge(refunded), start + 60],
			['refund.created', refund, start + 60]],
	];
}

function orderOf(tag, i) {
	const id = idOf(tag, i), t = START + 100 + i;
	const metadata = { orderId: `order${id}` };
	const charge = (refunded) => ({ id: `ch_${id}`, object: 'charge',
		amount: 2000, amount_captured: 2000, amount_refunded: refunded,
		currency: 'eur', status: 'succeeded', paid: true,
		refunded: refunded === 2000, payment_intent: `pi_${id}`,
		metadata });
	const paid = [
		['checkout.session.completed', { id: `cs_o${id}`,
			object: 'checkout.session', mode: 'payment',
			status: 'complete', payment_status: 'paid',
			payment_intent: `pi_${id}`, amount_total: 2000,
			currency: 'eur', metadata }, t],
		['payment_intent.succeeded', { id: `pi_${id}`,
			object: 'payment_intent', amount: 2000,
			amount_received: 2000, currency: 'eur',
			status: 'succeeded', metadata }, t],
		['charge.succeeded', charge(0), t],
		['customer.created', { id: `cus_${id}`, object: 'customer' }, t],
	];
	const back = i % 3 === 0 ? 0 : i % 3 === 1 ? 500 : 2000;
	const refund = (status) => ({ id: `re_${id}`, object: 'refund',
		amount: back, currency: 'eur', charge: `ch_${id}`,
		payment_intent: `pi_${id}`, status, metadata: {} });

	return back === 0 ? paid : [...paid,
		['refund.created', refund('pending'), t + 60],
		['charge.refunded', charge(back), t + 60],
		['refund.updated', refund('succeeded'), t + 90]];
}

/* All that it came to, without the tag. */
export async function ending(psql, tag) {
	const rows = await psql(`SELECT json_build_object(
		'subscriptions', (SELECT json_agg(to_jsonb(s) - 'created_at'
			- 'updated_at' - 'told_by' - 'told_rank'
			ORDER BY id) FROM subscriptions s
			WHERE reference_id LIKE '${tag}p%'),
		'orders', (SELECT json_agg(json_build_object(
			'id', coalesce(invoice_id, id),
			'description', description, 'plan', plan_id,
			'status', status, 'amount', amount_minor,
			'received', received_minor,
			'refunded', refunded_minor, 'disputed', disputed_minor,
			'credits', credits,
			'given', credits_given, 'short', credits_short)
			ORDER BY coalesce(invoice_id, id))
			FROM orders WHERE user_id LIKE '${tag}p%'),
		'payments', (SELECT json_agg(json_build_object('id', p.id,
			'order', coalesce(o.invoice_id, o.id),
			'received', p.received_minor,
			'refunded', p.refunded_minor) ORDER BY p.id)
			FROM payments p LEFT JOIN orders o ON o.id = p.order_id
			WHERE p.id ~ '^(pi|in)_[abx]?${tag}p'),
		'wallets', (SELECT json_agg(json_build_object('id', id,
			'balance', balance) ORDER BY id) FROM wallets
			WHERE id LIKE '${tag}p%'))::text AS story`);

	return rows[0].story.replaceAll(`${tag}p`, 'p');
}
