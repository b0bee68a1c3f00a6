/*
 * A Stripe of our own: the part of its HTTP API that tollgate asks, in the
 * shapes the wire contract recorded, kept in memory; and what it signs.
 */
import { createHmac } from 'node:crypto';
import http from 'node:http';

const MONTH_SECONDS = 2592000;
const DAY_SECONDS = 86400;
const LIST_DEFAULT = 10;

/* The value of a Stripe-Signature header for body, a text. */
export function signature(body, secret, { t = seconds(), scheme = 'v1' } = {}) {
	const mac = createHmac('sha256', secret).update(`${t}.${body}`)
		.digest('hex');

	return `t=${t},${scheme}=${mac}`;
}

/*
 * startStripe({ secretKey }) - start one on a free port of this machine
 *
 * Resolves to an object with
 *
 * url        for stripe.api_base
 * calls      what was asked so far: { method, path, body, headers }, path
 *            without its query, body the form as an object; calls.length = 0
 *            forgets them
 * trouble    null, or what happens to every call: 'hang' (no answer until it
 *            is null again or the end), 'drop' (the connection is cut), a
 *            status such as 500, or a function (call) that returns one of
 *            these or null
 * tables     customers, prices, subscriptions, sessions, payment_intents,
 *            charges, refunds, disputes, invoices: a Map each, by id
 * complete(sessionId)   the buyer pays: makes what Stripe makes of it and
 *            returns the session
 * event(type, object, { id, created })   an event about a copy of object
 * close()
 */
export async function startStripe({ secretKey = 'sk_test_x' } = {}) {
	const stripe = new Stripe(secretKey);

	await stripe.listen();
	return stripe;
}

function seconds() {
	return Math.floor(Date.now() / 1000);
}

const TABLES = { customers: 'cus', prices: 'price', subscriptions: 'sub',
	sessions: 'cs', payment_intents: 'pi', charges: 'ch', refunds: 're',
	disputes: 'dp', invoices: 'in' };

/* [method, path, what answers]: the first that fits; :id is one segment. */
const ROUTES = [
	['GET', '/v1/customers/search', (stripe, { query }) =>
		stripe.search(query)],
	['POST', '/v1/customers', (stripe, { form }) => stripe.add('customers',
		{ object: 'customer', email: form.email ?? null,
			name: form.name ?? null,
			metadata: members(form, 'metadata') })],
	['POST', '/v1/checkout/sessions', (stripe, { form }) =>
		stripe.checkout(form)],
	['GET', '/v1/checkout/sessions/:id', (stripe, { id }) =>
		stripe.get('sessions', id)],
	['POST', '/v1/checkout/sessions/:id/expire', (stripe, { id }) =>
		Object.assign(stripe.get('sessions', id),
			{ status: 'expired' })],
	['GET', '/v1/checkout/sessions', (stripe, { query }) =>
		stripe.list('sessions', query)],
	['POST', '/v1/subscriptions/:id', (stripe, { id, form }) =>
		stripe.change(id, form)],
	['POST', '/v1/billing_portal/sessions', (stripe, { form }) =>
		stripe.portal(form)],
	['GET', '/v1/invoices/:id/lines', (stripe, { id }) => ({
		object: 'list', has_more: false,
		data: stripe.get('invoices', id).lines.data })],
	['POST', '/v1/refunds', (stripe, { form }) => stripe.refund(form)],
	...Object.keys(TABLES).flatMap((table) => [
		['GET', `/v1/${table}/:id`, (stripe, { id }) =>
			stripe.get(table, id)],
		['GET', `/v1/${table}`, (stripe, { query }) =>
			stripe.list(table, query)],
	]),
];

class Refusal extends Error {
	constructor(status, error) {
		super(error.message);
		this.status = status;
		this.error = error;
	}
}

/* { 'metadata[a]': 'b' } -> { a: 'b' } */
function members(form, name) {
	const prefix = `${name}[`;

	return Object.fromEntries(Object.entries(form)
		.filter(([key]) => key.startsWith(prefix))
		.map(([key, value]) => [key.slice(prefix.length, -1), value]));
}

function need(form, name) {
	if (!form[name])
		throw new Refusal(400, { type: 'invalid_request_error',
			code: 'parameter_missing', param: name,
			message: `Missing required param: ${name}.` });
	return form[name];
}

class Stripe {
	calls = [];
	trouble = null;
	tables = Object.fromEntries(Object.keys(TABLES).map(
		(table) => [table, new Map()]));
	#counts = {};
	#answered = new Map();	/* by idempotency key */
	#server;

	constructor(secretKey) {
		this.secretKey = secretKey;
	}

	async listen() {
		this.#server = http.createServer((request, response) =>
			this.#serve(request, response));
		await new Promise((resolve) =>
			this.#server.listen(0, '127.0.0.1', resolve));
		this.url = `http://127.0.0.1:${this.#server.address().port}`;
	}

	async close() {
		this.trouble = null;
		this.#server.closeAllConnections();
		await new Promise((resolve) => this.#server.close(resolve));
	}

	async #serve(request, response) {
		const chunks = [];

		for await (const chunk of request)
			chunks.push(chunk);

		const url = new URL(request.url, this.url);
		const call = { method: request.method, path: url.pathname,
			headers: request.headers,
			query: Object.fromEntries(url.searchParams),
			body: Object.fromEntries(new URLSearchParams(
				Buffer.concat(chunks).toString())) };

		this.calls.push(call);

		const trouble = await this.#meet(call);

		if (trouble === 'drop')
			return request.socket.destroy();

		const { status, body } = trouble === null ?
			this.#answer(call) : { status: trouble, body: { error: {
				type: 'api_error', message: 'trouble' } } };

		response.writeHead(status, { 'content-type': 'application/json',
			'request-id': `req_${this.calls.length}` });
		response.end(JSON.stringify(body, null, 2));
	}

	async #meet(call) {
		const now = () => typeof this.trouble === 'function' ?
			this.trouble(call) : this.trouble;
		let trouble = now();

		while (trouble === 'hang' && this.#server.listening) {
			await new Promise((resolve) =>
				setTimeout(resolve, 20));
			trouble = now();
		}
		return trouble;
	}

	/* Same key, same answer; same key and another question is refused. */
	#answer(call) {
		const key = call.headers['idempotency-key'];
		const asked = JSON.stringify([call.path, call.body]);
		const before = key && this.#answered.get(key);

		if (call.headers.authorization !== `Bearer ${this.secretKey}`)
			return { status: 401, body: { error: {
				type: 'invalid_request_error',
				message: 'Invalid API Key provided' } } };
		if (before && before.asked !== asked)
			return { status: 400, body: { error: {
				type: 'idempotency_error', message: 'Keys for '
					+ 'idempotent requests can only be used'
					+ ' with the same parameters' } } };
		if (before)
			return before.answer;

		const answer = this.#run(call);

		if (key)
			this.#answered.set(key, { asked, answer });
		return answer;
	}

	#run(call) {
		try {
			for (const [method, path, run] of ROUTES) {
				const fits = method === call.method &&
					new RegExp(`^${path.replace(':id',
						'([^/]+)')}$`).exec(call.path);

				if (fits)
					return { status: 200, body: structuredClone(
						run(this, { id: fits[1],
							form: call.body,
							query: call.query })) };
			}
			throw new Refusal(404, { type: 'invalid_request_error',
				message: `Unrecognized request URL (${
					call.method}: ${call.path}).` });
		} catch (error) {
			if (!(error instanceof Refusal))
				throw error;
			return { status: error.status,
				body: { error: error.error } };
		}
	}

	/* ---- objects -------------------------------------------------- */

	newId(table) {
		this.#counts[table] = (this.#counts[table] ?? 0) + 1;
		return `${TABLES[table]}_${this.#counts[table]}`;
	}

	add(table, object) {
		const { id = this.newId(table), ...rest } = object;
		const made = { id, ...rest };

		this.tables[table].set(id, made);
		return made;
	}

	get(table, id) {
		const found = this.tables[table].get(id);

		if (found === undefined)
			throw new Refusal(404, { type: 'invalid_request_error',
				code: 'resource_missing', param: 'id',
				message: `No such ${table.slice(0, -1)}: '${
					id}'` });
		return found;
	}

	/* Newest first, as Stripe's. */
	list(table, { limit = LIST_DEFAULT, starting_after: after, ...query }) {
		const all = [...this.tables[table].values()].reverse()
			.filter((one) => ['customer', 'payment_intent', 'charge',
				'subscription'].every((name) =>
				!(name in query) || one[name] === query[name]))
			.filter((one) => !('created[gte]' in query) ||
				(one.created ?? 0) >= query['created[gte]']);
		const from = after === undefined ? 0 :
			all.findIndex(({ id }) => id === after) + 1;
		const data = all.slice(from, from + Number(limit));

		return { object: 'list', url: `/v1/${table}`,
			has_more: from + data.length < all.length, data };
	}

	/* email:"a@example.com", which is all that is asked. */
	search({ query }) {
		const [, text] = /^email:(".*")$/.exec(query) ??
			/^email:(".*?[^\\]") AND /.exec(query) ?? [];
		const email = text === undefined ? null : JSON.parse(text);

		return { object: 'search_result', url: '/v1/customers/search',
			has_more: false, data: [...this.tables.customers.values()]
				.filter((one) => one.email === email) };
	}

	price(id, more = {}) {
		return this.add('prices', { id, object: 'price', active: true,
			currency: 'usd', unit_amount: 900, recurring: {
				interval: 'month', usage_type: 'licensed' },
			...more });
	}

	/* Of a subscription's the answer has what the contract recorded; the
	 * session has more. */
	checkout(form) {
		const mode = need(form, 'mode');
		const session = this.add('sessions', {
			object: 'checkout.session', url: null, mode,
			status: 'open' });

		if (mode === 'subscription')
			this.get('prices', need(form, 'line_items[0][price]'));
		need(form, 'success_url');
		session.url = `https://checkout.example.com/${session.id}`;

		const answer = { ...session };

		Object.assign(session, { created: seconds(), form,
			customer: form.customer ?? null,
			client_reference_id: form.client_reference_id ?? null,
			metadata: members(form, 'metadata'),
			payment_status: 'unpaid', payment_intent: null,
			subscription: null, expires_at: seconds() + DAY_SECONDS,
			...amountOf(form) });
		return mode === 'payment' ? { ...session, form: undefined } :
			answer;
	}

	complete(id) {
		const session = this.get('sessions', id);
		const { form, mode } = session;

		if (session.status === 'complete')
			return session;
		session.status = 'complete';
		session.payment_status = 'paid';
		session.customer ??= this.add('customers',
			{ object: 'customer' }).id;
		if (mode === 'subscription')
			session.subscription = this.subscribe({
				customer: session.customer,
				price: form['line_items[0][price]'],
				metadata: members(form,
					'subscription_data[metadata]') }).id;
		else
			session.payment_intent = this.#pay(session).id;
		return session;
	}

	#pay({ amount_total: amount, currency, customer, metadata }) {
		const intent = this.add('payment_intents', {
			object: 'payment_intent', amount, currency, customer,
			amount_received: amount, status: 'succeeded', metadata,
			created: seconds() });

		intent.latest_charge = this.add('charges', { object: 'charge',
			amount, currency, customer, metadata,
			amount_captured: amount, amount_refunded: 0,
			paid: true, refunded: false, disputed: false,
			status: 'succeeded', created: seconds(),
			payment_intent: intent.id }).id;
		return intent;
	}

	subscribe({ customer, price, metadata = {}, status = 'active', ...more }) {
		const now = seconds();

		return this.add('subscriptions', { object: 'subscription',
			customer, status, cancel_at_period_end: false,
			cancel_at: null, canceled_at: null, ended_at: null,
			trial_start: null, trial_end: null, metadata,
			items: { object: 'list', data: [{ id: 'si_1',
				price: { id: price, recurring: {
					interval: 'month',
					usage_type: 'licensed' } },
				quantity: 1, current_period_start: now,
				current_period_end: now + MONTH_SECONDS }] },
			...more });
	}

	change(id, form) {
		const one = this.get('subscriptions', id);

		if ('cancel_at_period_end' in form)
			one.cancel_at_period_end =
				form.cancel_at_period_end === 'true';
		if (form.cancel_at === '')
			one.cancel_at = null;
		if (!one.cancel_at_period_end && one.cancel_at === null)
			one.canceled_at = one.ended_at;
		return one;
	}

	portal(form) {
		this.get('customers', need(form, 'customer'));
		return { id: 'bps_1', object: 'billing_portal.session',
			url: 'https://billing.example.com/p' };
	}

	refund(form) {
		const charge = form.charge ? this.get('charges', form.charge) :
			this.get('charges', this.get('payment_intents',
				need(form, 'payment_intent')).latest_charge);
		const left = charge.amount - charge.amount_refunded;
		const amount = Number(form.amount ?? left);

		if (left === 0)
			throw new Refusal(400, { type: 'invalid_request_error',
				code: 'charge_already_refunded', message: `Charge ${
					charge.id} has already been refunded.` });
		if (amount > left)
			throw new Refusal(400, { type: 'invalid_request_error',
				param: 'amount', message: 'Refund amount is ' +
					'greater than unrefunded amount' });
		charge.amount_refunded += amount;
		charge.refunded = charge.amount_refunded === charge.amount;
		return this.add('refunds', { object: 'refund', amount,
			currency: charge.currency, charge: charge.id,
			payment_intent: charge.payment_intent,
			status: 'succeeded', reason: form.reason ?? null,
			metadata: members(form, 'metadata'),
			created: seconds() });
	}

	event(type, object, { id = `evt_${nextEvent()}`,
		created = seconds() } = {}) {
		const { form, ...shown } = object;

		return { id, object: 'event', type, created, livemode: false,
			api_version: '2026-08-26.dahlia', pending_webhooks: 1,
			data: { object: structuredClone(shown) } };
	}
}

let events = 0;

function nextEvent() {
	return `${process.pid}_${++events}`;
}

/* What line items with a price of their own add up to. */
function amountOf(form) {
	let total = 0, currency = null;

	for (let i = 0; `line_items[${i}][quantity]` in form; i++) {
		const data = `line_items[${i}][price_data]`;

		total += Number(form[`${data}[unit_amount]`] ?? 0) *
			Number(form[`line_items[${i}][quantity]`]);
		currency = form[`${data}[currency]`] ?? currency;
	}
	return { amount_total: total, currency };
}
