/*
 * What a wallet is, in the plainest words: a balance, lots that run out, and
 * what every transfer took from where. It is told the transfers of the ledger
 * in their order and fails at the first that does not follow from those before.
 *
 * Instants are ms. A transfer has id, number, kind, amount, after (balance),
 * at, origin, expires, key.
 */
function must(truth, text) {
	if (!truth)
		throw new Error(text);
}

const least = (a, b) => a < b ? a : b;
const sooner = (a, b) => a.expires - b.expires || (a.id < b.id ? -1 : 1);
const total = (list, of) => list.reduce((sum, one) => sum + of(one), 0);

const monthOf = (at) => new Date(at).toISOString().slice(0, 7);
const out = (list, at) => list.filter(({ expires }) => expires <= at);

/*
 * What is there in a state at an instant, booked or not: a hold that has run
 * out gives back, but for what has run out of that.
 */
export function balanceAt({ balance, lots, holds }, at) {
	return balance - total(out(lots, at), (lot) => lot.remaining) +
		total(out(holds, at), (hold) => hold.amount -
			total(out(hold.taken, at), ({ amount }) => amount));
}

export const NOTHING = { number: 0, balance: 0, lots: [], holds: [], spent: 0 };

const ORIGINS = { release: ['hold'], capture: ['hold'], expire: ['grant'],
	refund: ['spend', 'capture'], clawback: ['grant'] };

export class Wallet {
	balance = 0;
	count = 0;
	lots = new Map();
	/* By id of transfer: { t, taken: [{ lot, amount }], back, closed };
	 * lot is null for what has no end, the order that of taking; closed is
	 * the number of what closed a hold. */
	made = new Map();
	holds = new Set();	/* those of made that are open */
	spent = new Map();	/* by month */

	/* What it looks like now, apart from itself. */
	state(t) {
		return { number: t.number, at: t.at, balance: this.balance,
			lots: this.#open().map((lot) => ({ ...lot })),
			holds: [...this.holds].map(({ t: hold, taken }) => ({
				expires: hold.expires, amount: hold.amount,
				taken: taken.filter(({ lot }) => lot !== null)
					.map(({ lot, amount }) => ({ amount,
						expires: lot.expires })) })),
			spent: this.spent.get(monthOf(t.at)) ?? 0 };
	}

	apply(t) {
		const origin = this.made.get(t.origin);
		const one = { t, taken: [], back: 0 };

		must(t.number === ++this.count, 'a number is missing');
		if (!t.key.startsWith('tollgate:due:'))
			this.#nothingDue(t);
		if (t.kind in ORIGINS)
			this.#settles(t, origin);
		this[`_${t.kind}`](t, one, origin);
		must(t.after === this.balance, `the balance is ${t.after}, ` +
			`not ${this.balance}`);
		this.made.set(t.id, one);
	}

	#nothingDue(t) {
		for (const lot of this.lots.values())
			must(lot.remaining === 0 || lot.expires > t.at,
				`lot ${lot.id} has run out unbooked`);
		for (const { t: hold } of this.holds)
			must(hold.expires > t.at,
				`hold ${hold.id} has run out unbooked`);
	}

	#settles(t, origin) {
		must(origin !== undefined && ORIGINS[t.kind].includes(
			origin.t.kind), 'it settles nothing');
		if (t.kind !== 'expire')
			origin.back += t.amount;
		must(origin.back <= origin.t.amount, 'too much comes back');
	}

	get #rest() {
		return this.balance - total([...this.lots.values()],
			(lot) => lot.remaining);
	}

	/* Sources in order; each gives what it has. */
	#take(t, one, sources) {
		let wanted = t.amount;

		for (const lot of sources) {
			const amount = least(wanted, lot === null ? this.#rest :
				lot.remaining);

			if (amount <= 0)
				continue;
			if (lot !== null)
				lot.remaining -= amount;
			this.balance -= amount;
			one.taken.push({ lot, amount });
			wanted -= amount;
		}
		must(wanted === 0, `${wanted} more than there was`);
	}

	#open() {
		return [...this.lots.values()].filter((lot) =>
			lot.remaining > 0).sort(sooner);
	}

	/* In the opposite order, but never to a source more than it gave. */
	#give(t, taker) {
		let wanted = t.amount;

		for (const from of [...taker.taken].reverse()) {
			const amount = least(wanted, from.amount);

			from.amount -= amount;
			if (from.lot !== null)
				from.lot.remaining += amount;
			this.balance += amount;
			wanted -= amount;
		}
		must(wanted === 0, 'more comes back than was taken');
	}

	#counts(at, amount) {
		const month = monthOf(at);

		this.spent.set(month, (this.spent.get(month) ?? 0) + amount);
	}

	_grant(t) {
		this.balance += t.amount;
		if (t.expires !== null)
			this.lots.set(t.id, { id: t.id, remaining: t.amount,
				expires: t.expires });
	}

	_adjust(t, one) {
		if (t.to === 'issued')
			this.#take(t, one, [...this.#open(), null]);
		else
			this.balance += t.amount;
	}

	_spend(t, one) {
		this.#take(t, one, [...this.#open(), null]);
		this.#counts(t.at, t.amount);
	}

	_hold(t, one) {
		this._spend(t, one);
		this.holds.add(one);
	}

	#close(hold, t) {
		hold.closed = t.number;
		this.holds.delete(hold);
	}

	_expire(t, one) {
		const lot = this.lots.get(t.origin);

		must(lot.expires <= t.at, 'it had not expired');
		must(lot.remaining === t.amount, 'more or less had expired');
		this.#take(t, one, [lot]);
	}

	_release(t, one, hold) {
		must(!t.key.startsWith('tollgate:due:') ||
			hold.t.expires <= t.at, 'the hold had not expired');
		this.#close(hold, t);
		this.#give(t, hold);
		this.#counts(hold.t.at, -t.amount);
	}

	_capture(t, one, hold) {
		must(hold.t.expires > t.at, 'the hold had expired');
		must(!hold.closed, 'the hold was closed');
		this.#close(hold, t);
		one.taker = hold;
	}

	_refund(t, one, spend) {
		const taker = spend.taker ?? spend;

		this.#give(t, taker);
		this.#counts(taker.t.at, -t.amount);
	}

	_clawback(t, one, grant) {
		const own = this.lots.get(grant.t.id) ?? null;

		this.#take(t, one, own === null ? [null, ...this.#open()] :
			[own, ...this.#open(), null]);
	}
}
