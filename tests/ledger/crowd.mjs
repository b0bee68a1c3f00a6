/*
 * Sixteen clients who do whatever an owner of credits or an administrator may
 * do, and look at it, in random order, each thing until it is answered: by what
 * was done or is there, or by a refusal. No answer, and one of "come again", is
 * a reason to ask again, under the same key.
 */
import { createHash } from 'node:crypto';
import { ask } from '../lib/fcgi.mjs';
import { ok, pause } from '../http/suite.mjs';

const CLIENTS = 16;
const PATIENCE_MS = 120000;
const AGAIN_MS = 30;

const day = 86400000;
const page = (limit) => ({ path: `credits/transfers?limit=${limit}`, limit });

/*
 * By weight: who asks, where, and for what. hold and taken are ids that were
 * told before, of a hold, of a spend or capture; without one nothing is asked.
 * An order has credits: paid, it grants them, and refunded it takes them back.
 * What has no body looks only, as half of all do.
 */
const acts = [
	[8, 'grant', (c) => ({ admin: true, path: 'admin/credits/grant',
		body: { userId: c.wallet.id, amount: c.amount(200) } })],
	[6, 'expiring grant', (c) => ({ admin: true,
		path: 'admin/credits/grant', body: { userId: c.wallet.id,
			amount: c.amount(200), expiresAt: new Date(Date.now() +
				c.oneOf([300, 1000, 5000, day, 2 * day]))
				.toISOString() } })],
	[3, 'adjust', (c) => ({ admin: true, path: 'admin/credits/adjust',
		body: { userId: c.wallet.id,
			amount: c.amount(60) * c.oneOf([1, -1]) } })],
	[30, 'spend', (c) => ({ path: 'credits/spend',
		body: { amount: c.amount(40) } })],
	[12, 'usage', (c) => ({ path: 'credits/usage', body: { type: 'tokens',
		amount: c.amount(1000), cost: c.oneOf([0, c.amount(30)]),
		metadata: { model: 'm' } } })],
	[14, 'hold', (c) => ({ path: 'credits/holds', body: {
		amount: c.amount(60), expiresIn: c.oneOf([1, 2, 60, 3600, 3600]) } })],
	[8, 'capture', (c) => c.of(c.wallet.holds, (hold) => ({
		path: `credits/holds/${hold}/capture`,
		body: c.oneOf([{}, { amount: c.amount(60) }]), origin: hold }))],
	[4, 'void', (c) => c.of(c.wallet.holds, (hold) => ({
		path: `credits/holds/${hold}/void`, body: {}, origin: hold }))],
	[8, 'refund', (c) => c.of(c.wallet.taken, (taken) => ({ admin: true,
		path: 'admin/credits/refund', origin: taken, body: {
			userId: c.wallet.id, transferId: taken,
			...c.oneOf([{}, { amount: c.amount(20) }]) } }))],
	[4, 'order paid', (c) => c.of(c.wallet.orders, (order) => ({
		admin: true, path: `admin/orders/${order}/mark-paid`,
		body: { reference: 'cash' }, order }))],
	[4, 'order refund', (c) => c.of(c.wallet.orders, (order) => ({
		admin: true, path: `admin/orders/${order}/refund`, order,
		body: c.oneOf([{}, { amountMinor: c.amount(500) }]) }))],
	[44, 'balance', () => ({ path: 'credits/balance' })],
	[30, 'transfers', (c) => page(c.amount(5))],
	[26, 'hold seen', (c) => c.of(c.wallet.holds, (hold) => ({
		path: `credits/holds/${hold}`, origin: hold }))],
];
const WEIGHT = acts.reduce((sum, [weight]) => sum + weight, 0);

class Chance {
	constructor(seed) {
		this.seed = seed;
	}

	below(limit) {
		this.seed = (Math.imul(this.seed, 1103515245) + 12345) &
			0x7fffffff;
		return (this.seed >>> 8) % limit;
	}

	oneOf(list) {
		return list[this.below(list.length)];
	}

	amount(most) {
		return 1 + this.below(most);
	}

	/* One of the last few, so that many are met by two clients at once. */
	of(list, make) {
		return list.length === 0 ? null : make(list[Math.max(0,
			list.length - 1 - this.below(6))]);
	}

	act() {
		let left = this.below(WEIGHT);

		return acts.find(([weight]) => (left -= weight) < 0);
	}
}

export class Crowd {
	asked = 0;
	answered = 0;	/* of all, those asked again included */
	/* By key, what was done: { act, id, number, until }, or { usage },
	 * or { order, name, until }. */
	done = new Map();
	/* By key: what was asked, and { code, from, until }. */
	refused = new Map();
	/* What was asked, and { told, from, until }. */
	looks = [];

	constructor(at, wallets, admin, seed) {
		Object.assign(this, { at, wallets, admin, seed });
	}

	/* Until count have been answered; onAnswer() after each. */
	async run(count, onAnswer) {
		this.onAnswer = onAnswer;
		await Promise.all(Array.from({ length: CLIENTS }, async (_, i) => {
			const chance = new Chance(this.seed + i * 7919);

			while (this.answered < count)
				await this.#one(chance);
		}));
	}

	async #one(chance) {
		const [, name, make] = chance.act();

		chance.wallet = chance.oneOf(this.wallets);
		const act = make(chance);

		if (act === null)
			return;
		Object.assign(act, { name, wallet: chance.wallet,
			from: Date.now() });
		if (act.body === undefined)
			return this.#look(act);
		act.key = createHash('md5').update(
			`${this.seed} ${this.asked++}`).digest('hex');
		await this.#until(act);
		if (chance.below(10) === 0)
			await this.#again(act, chance);
	}

	async #look(act) {
		const { status, body } = await this.#answer(act);

		ok(status === 200, `${act.name} answers ${body.code}`);
		this.looks.push({ ...act, told: body, until: Date.now() });
	}

	/* Answered, one way or the other. */
	async #until(act) {
		const { status, body } = await this.#answer(act);

		if (status < 300)
			this.#note(act, body);
		else
			this.refused.set(act.key, { ...act, code: body.code,
				until: Date.now() });
	}

	async #answer(act, over = {}) {
		const patience = Date.now() + PATIENCE_MS;

		for (;;) {
			const answer = await this.#send(act, over).catch(
				() => ({ status: 0 }));

			if (answer.status !== 0 && answer.status < 500) {
				this.answered++;
				this.onAnswer();
				return { status: answer.status,
					body: JSON.parse(answer.body) };
			}
			ok(Date.now() < patience, `${act.name} is not answered`);
			await pause(AGAIN_MS);
		}
	}

	/* A worker that was killed leaves an answer without its end. */
	async #send(act, over) {
		const headers = { Authorization: `Bearer ${act.admin ?
			this.admin : act.wallet.token}` };
		const what = act.body === undefined ? { headers } : {
			method: 'POST', headers: { ...headers,
				'Idempotency-Key': act.key },
			values: { CONTENT_TYPE: 'application/json' },
			body: JSON.stringify({ reason: act.name, ...act.body,
				...over }) };
		const answer = await ask(this.at.socket,
			{ ...what, uri: `/api/${act.path}` });

		return answer.ended ? answer : { status: 0 };
	}

	#note(act, body) {
		if (act.order !== undefined) {
			this.done.set(act.key, { order: act.order,
				name: act.name, until: Date.now() });
			if (act.name === 'order refund' && !act.body.amountMinor)
				act.wallet.orders = act.wallet.orders.filter(
					(order) => order !== act.order);
			return;
		}

		const transfer = act.name === 'usage' ? body.transfer : body;

		if (transfer === null) {
			this.done.set(act.key, { usage: body.usage.id });
			return;
		}
		this.done.set(act.key, { id: transfer.id, act,
			number: transfer.number, until: Date.now() });
		if (act.name === 'hold')
			act.wallet.holds.push(transfer.id);
		if (['spend', 'usage', 'capture'].includes(act.name))
			act.wallet.taken.push(transfer.id);
	}

	/* The same is answered again; something else under its key is not. */
	async #again(act, chance) {
		const first = this.done.get(act.key);

		if (first?.id === undefined)
			return;
		if (chance.below(2) === 0) {
			const { status, body } = await this.#answer(act);

			ok(status < 300 && (body.transfer ?? body).id ===
				first.id, `${act.name} is done twice: ` +
				JSON.stringify(body));
		} else {
			const { status, body } = await this.#answer(act,
				{ reason: 'another' });

			ok(status === 409 && body.code ===
				'IDEMPOTENCY_KEY_REUSED', `${act.name} under ` +
				`a used key: ${JSON.stringify(body)}`);
		}
	}
}
