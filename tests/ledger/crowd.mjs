/*
 * Sixteen clients who do whatever an owner of credits or an administrator may
 * do, in random order, each thing until it is answered: by what was done, or by
 * a refusal. No answer, and one of "come again", is a reason to ask again,
 * under the same key.
 */
import { createHash } from 'node:crypto';
import { ask } from '../lib/fcgi.mjs';
import { ok, pause } from '../http/suite.mjs';

const CLIENTS = 16;
const PATIENCE_MS = 120000;
const AGAIN_MS = 30;

const day = 86400000;

/*
 * By weight: who asks, where, and for what. hold and taken are ids that were
 * told before, of a hold, of a spend or capture; without one nothing is asked.
 * An order has credits: paid, it grants them, and refunded it takes them back.
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
		amount: c.amount(60), expiresIn: c.oneOf([1, 2, 3600]) } })],
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
	/* By key, what was done: { act, id, number, until }, or { usage },
	 * or { order, name, until }. */
	done = new Map();
	/* By key: what was asked, and { code, from, until }. */
	refused = new Map();

	constructor(at, wallets, admin, seed) {
		Object.assign(this, { at, wallets, admin, seed });
	}

	/* Until count have been answered; onAnswer(n) after each. */
	async run(count, onAnswer) {
		await Promise.all(Array.from({ length: CLIENTS }, async (_, i) => {
			const chance = new Chance(this.seed + i * 7919);

			while (this.asked < count)
				await this.#one(chance, onAnswer);
		}));
	}

	async #one(chance, onAnswer) {
		const n = this.asked++;
		const key = createHash('md5').update(`${this.seed} ${n}`)
			.digest('hex');
		const [, name, make] = chance.act();

		chance.wallet = chance.oneOf(this.wallets);
		const act = make(chance);

		if (act === null)
			return;
		Object.assign(act, { name, key, wallet: chance.wallet,
			from: Date.now() });
		await this.#until(act);
		if (chance.below(10) === 0)
			await this.#again(act, chance);
		await onAnswer(n);
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

			if (answer.status !== 0 && answer.status < 500)
				return { status: answer.status,
					body: JSON.parse(answer.body) };
			ok(Date.now() < patience, `${act.name} is not answered`);
			await pause(AGAIN_MS);
		}
	}

	/* A worker that was killed leaves an answer without its end. */
	async #send(act, over) {
		const body = { reason: act.name, ...act.body, ...over };
		const answer = await ask(this.at.socket, { method: 'POST',
			uri: `/api/${act.path}`,
			headers: { Authorization: `Bearer ${act.admin ?
				this.admin : act.wallet.token}`,
			'Idempotency-Key': act.key },
			values: { CONTENT_TYPE: 'application/json' },
			body: JSON.stringify(body) });

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
