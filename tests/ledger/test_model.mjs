/*
 * All operations of the ledger, in random order, from sixteen clients, while
 * workers and PostgreSQL are killed; then every transfer is told to a model.
 */
import { createHash } from 'node:crypto';
import { ownCluster } from '../lib/cluster.mjs';
import { workersOf } from '../lib/processes.mjs';
import { after, before, eventually, is, linesAreJson, linesHoldNoSecret, ok,
	secret, stand, test } from '../http/suite.mjs';
import { Crowd } from './crowd.mjs';
import { balanceAt, NOTHING, Wallet } from './model.mjs';

const OPERATIONS = Number(process.env.TG_OPERATIONS ?? 100000);
/* Told to the model after each, and then forgotten here. */
const ROUND = 20000;
const WALLETS = 40;
const ORDERS = 60;	/* of each wallet, to be paid and refunded */
const QUOTA = 20000;
const SEED = Number(process.env.TG_SEED ?? Date.now() % 2 ** 31);
/* A long run kills no more of each than these; then, answers between two. */
const WORKERS_KILLED = 2000;
const DATABASES_KILLED = 45;
const WORKER_EVERY = Math.max(1500, Math.floor(OPERATIONS / WORKERS_KILLED));
const DATABASE_EVERY = Math.max(17000,
	Math.floor(OPERATIONS / DATABASES_KILLED));

const cluster = ownCluster({ unsafe: true });
const kills = { workers: 0, databases: 0 };
const seen = { answers: 0, done: 0, looks: 0, codes: {} };
let at, admin;

before(async () => {
	console.log(`# TG_SEED=${SEED}`);
	await cluster.start();
	at = await stand({ name: 'model', config: { 'worker.count': 4,
		'db.deadline_ms': 2000 },
	databaseUrl: await cluster.database('own') });
	admin = (await makeUsers('a', 1, 'super_admin'))[0].token;
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
	await cluster.stop();
});

/* ---- who takes part -------------------------------------------------------- */

async function makeUsers(name, count, role) {
	await at.psql(`INSERT INTO users (id, name, email, role, created_at,
			updated_at)
		SELECT '${name}' || i, 'W', '${name}' || i || '@example.com',
			'${role}', now(), now()
		FROM generate_series(1, ${count}) i;
		INSERT INTO wallets (id, kind, monthly_quota)
		SELECT '${name}' || i, 'user',
			CASE WHEN i % 4 = 0 THEN ${QUOTA} END
		FROM generate_series(1, ${count}) i;
		INSERT INTO sessions (id, user_id, token_hash, expires_at,
			created_at, updated_at)
		SELECT 's${name}' || i, '${name}' || i,
			sha256(md5('${name}' || i)::bytea),
			now() + interval '7 days', now(), now()
		FROM generate_series(1, ${count}) i`);
	return Array.from({ length: count }, (_, i) => ({
		id: `${name}${i + 1}`, holds: [], taken: [], orders: [],
		quota: (i + 1) % 4 === 0 ? QUOTA : Infinity,
		token: secret(createHash('md5').update(`${name}${i + 1}`)
			.digest('hex')) }));
}

function idsOf(wallets) {
	return wallets.map(({ id }) => `'${id}'`).join(', ');
}

async function makeOrders(wallets) {
	await at.psql(`INSERT INTO orders (id, user_id, email, description,
			credits, amount_minor, currency, credits_expire_days,
			created_at, updated_at)
		SELECT u.id || '_' || i, u.id, u.email, 'Credits', 10 + i % 90,
			1000, 'EUR', CASE i % 3 WHEN 0 THEN 30 END, now(), now()
		FROM users u, generate_series(1, ${ORDERS}) i
		WHERE u.id IN (${idsOf(wallets)})`);
	for (const wallet of wallets)
		wallet.orders = Array.from({ length: ORDERS },
			(_, i) => `${wallet.id}_${i + 1}`);
}

/* ---- the killer ------------------------------------------------------------ */

function killWorker() {
	const workers = workersOf(at.pids.tollgate);

	if (workers.length > 0)
		process.kill(workers[kills.workers++ % workers.length],
			'SIGKILL');
}

let dying = null;

async function killDatabase() {
	kills.databases++;
	await cluster.kill();
	await cluster.start();
}

function onAnswer() {
	seen.answers++;
	if (seen.answers % WORKER_EVERY === 0)
		killWorker();
	if (seen.answers % DATABASE_EVERY === 0)
		dying = killDatabase();
}

/* ---- the ledger, told to the model ----------------------------------------- */

/* Of each wallet all there is, as of one instant: the janitor goes on. */
function ledgers(wallets) {
	return at.psql(`SELECT id, balance, last_number,
			(SELECT coalesce(json_object_agg(id, remaining), '{}')
			 FROM lots l WHERE l.wallet_id = w.id) AS lots,
			(SELECT coalesce(json_object_agg(id, closed_at IS NOT
				NULL), '{}')
			 FROM holds h WHERE h.wallet_id = w.id) AS holds,
			(SELECT coalesce(json_agg(t ORDER BY number), '[]')
			 FROM (SELECT id, number, kind, amount, to_id AS to,
				balance_after AS after, key,
				origin_id AS origin,
				(extract(epoch FROM created_at) * 1000)::bigint
					AS at,
				(extract(epoch FROM expires_at) * 1000)::bigint
					AS expires
			  FROM transfers WHERE wallet_id = w.id) t) AS transfers
		FROM wallets w WHERE id IN (${idsOf(wallets)})`);
}

/* Tells it everything; gives what it looked like after each, too. */
function tell(wallet, ledger) {
	const model = new Wallet();
	const states = [NOTHING];

	for (const t of ledger.transfers) {
		try {
			model.apply(t);
		} catch (error) {
			throw new Error(`${wallet.id} number ${t.number}, ${t.kind
			} of ${t.amount}: ${error.message}`);
		}
		states.push(model.state(t));
	}
	agrees(ledger, model);
	return { wallet, model, states };
}

function agrees(ledger, model) {
	is(ledger.balance, model.balance, `the balance of ${ledger.id}`);
	is(ledger.last_number, model.count, 'the number of transfers');
	for (const [id, lot] of model.lots)
		is(ledger.lots[id], lot.remaining, `lot ${id}`);
	for (const { t, closed } of model.made.values())
		if (t.kind === 'hold')
			is(ledger.holds[t.id], closed !== undefined, `hold ${t.id}`);
}

/* What an order says it has given is what the ledger says. */
async function ordersAgree(told) {
	const given = new Map();
	const count = (order, change) =>
		given.set(order, (given.get(order) ?? 0) + change);
	const orders = new Map();

	for (const { model } of told)
		for (const { t } of model.made.values())
			if (t.key.startsWith('tollgate:order:'))
				count(t.key.split(':')[2], t.kind === 'grant' ?
					t.amount : -t.amount);
	for (const order of await at.psql(`SELECT id, credits_given,
			received_minor AS received, refunded_minor AS refunded,
			(extract(epoch FROM paid_at) * 1000)::bigint AS paid
			FROM orders WHERE user_id IN (${idsOf(told.map(
				({ wallet }) => wallet))})`)) {
		orders.set(order.id, order);
		is(order.credits_given, given.get(order.id) ?? 0,
			`what order ${order.id} has given`);
	}
	return orders;
}

function exactlyOnce(crowd, told) {
	const found = new Map(told.flatMap(({ model }) => [...model.made
		.values()].map(({ t }) => [t.key, t])));

	for (const [key, { id }] of crowd.done)
		ok(id === undefined || found.get(key)?.id === id,
			`${key} was told, and is not there`);
	for (const key of crowd.refused.keys())
		ok(!found.has(key), `${key} was refused, and is there`);
	for (const key of found.keys())
		ok(key.startsWith('tollgate:') || crowd.done.has(key),
			`${key} is there, and nobody was told`);
}

/* ---- refusals -------------------------------------------------------------- */

/*
 * A refusal fell somewhere between question and answer: its cause must have
 * been there at some moment of that time.
 */
const causes = {
	INSUFFICIENT_CREDITS: (r, { states }) => states.some((s) => s.balance -
		s.lots.reduce((sum, lot) => sum + (lot.expires <= r.until ?
			lot.remaining : 0), 0) < r.wanted),
	EXPIRY_PASSED: (r) => Date.parse(r.body.expiresAt) <= r.until,
	QUOTA_EXCEEDED: (r, { wallet, states }) => states.some((s) => s.spent +
		r.wanted > wallet.quota),
	HOLD_CLOSED: (r, { model }) => model.made.get(r.origin).closed ||
		model.made.get(r.origin).t.expires <= r.until,
	HOLD_EXCEEDED: (r, { model }) => r.wanted >
		model.made.get(r.origin).t.amount,
	TRANSFER_REVERSED: (r, { model }) => model.made.get(r.origin).back ===
		model.made.get(r.origin).t.amount,
	ORDER_CLOSED: (r, { orders }) => orders.get(r.order).paid <= r.until,
	ORDER_NOT_REFUNDABLE: (r, { orders }) =>
		!(orders.get(r.order).told <= r.from) || orders.get(r.order)
		.refunded === orders.get(r.order).received,
	/* What is left, when none is named, was looked up before. */
	REFUND_EXCEEDED: (r, { orders }) => (r.wanted || 1e12) + orders.get(
		r.order).refunded > orders.get(r.order).received &&
		orders.get(r.order).refunded > 0,
	TRANSFER_EXCEEDED: (r, { model }) => r.wanted + model.made.get(r.origin)
		.back > model.made.get(r.origin).t.amount,
};

/* From the last state told to somebody before the question, to the last that
 * began before the answer. */
function during(refusal, states, toldAt) {
	let first = 0;

	for (let n = states.length - 1; n > 0 && first === 0; n--)
		if ((toldAt.get(n) ?? Infinity) < refusal.from)
			first = n;
	return states.slice(first).filter(({ at: began }) => began === undefined
		|| began <= refusal.until);
}

/* Of what was asked, its wallet's model and states, these those of its time. */
function historian(crowd, told) {
	const histories = new Map(told.map((one) => [one.wallet.id,
		{ ...one, toldAt: new Map() }]));

	for (const { act, number, until } of crowd.done.values())
		if (act !== undefined)
			histories.get(act.wallet.id).toldAt.set(number, until);
	return (asked) => {
		const one = histories.get(asked.wallet.id);

		return { ...one, states: during(asked, one.states, one.toldAt) };
	};
}

function everyRefusalHasACause(crowd, historyOf, orders) {
	for (const { order, name, until } of crowd.done.values())
		if (name === 'order paid')
			orders.get(order).told = until;
	for (const r of crowd.refused.values()) {
		ok(r.code in causes, `${r.name} answers ${r.code}`);
		r.wanted = Math.abs(r.body.cost ?? r.body.amount ??
			r.body.amountMinor ?? 0);
		ok(causes[r.code](r, { ...historyOf(r), orders }),
			`${r.code} of ${r.name} of ${r.wanted} has no cause`);
	}
}

/* ---- what was seen --------------------------------------------------------- */

/* All moments at which a state may have changed by itself. */
function moments({ from, until }, { lots, holds }) {
	return [from, ...[...lots, ...holds, ...holds.flatMap(({ taken }) =>
		taken)].map(({ expires }) => expires).filter((at) =>
		at > from && at <= until)];
}

/* What somebody is told was so at some moment between question and answer. */
const truths = {
	balance: (look, { states }) => states.some((s) => moments(look, s)
		.some((at) => balanceAt(s, at) === look.told.balance)),
	transfers: ({ told: { transfers }, limit }, { states, model }) =>
		states.some(({ number }) => transfers.length === Math.min(
			limit, number) && transfers.every((row, i) => row.number ===
				number - i)) &&
		transfers.every((row) => {
			const { t } = model.made.get(row.id);

			return t.number === row.number && t.after === row.balance;
		}),
	'hold seen': ({ told, origin, until }, { states, model }) => {
		const { t, closed = Infinity } = model.made.get(origin);

		return told.amount === t.amount && (told.closedAt === null ?
			states.some((s) => s.number < closed) :
			t.expires <= until ||
			states.some((s) => s.number >= closed));
	},
};

function everyLookIsTrue(crowd, historyOf) {
	for (const look of crowd.looks)
		ok(truths[look.name](look, historyOf(look)),
			`${look.name} was told ${JSON.stringify(look.told)}`);
}

/* ---- the promises ---------------------------------------------------------- */

const rounds = Math.ceil(OPERATIONS / ROUND);

for (let round = 1; round <= rounds; round++)
	test(`round ${round} of ${rounds}: what was told is there once, ` +
		'and as the model has it', async () => {
		const wallets = await makeUsers(`w${round}_`, WALLETS, 'user');
		await makeOrders(wallets);

		const crowd = new Crowd(at, wallets, admin, SEED + round);

		await crowd.run(Math.min(ROUND, OPERATIONS), onAnswer);
		await dying;

		const ledgerOf = new Map((await ledgers(wallets)).map(
			(ledger) => [ledger.id, ledger]));
		const told = wallets.map((wallet) => tell(wallet,
			ledgerOf.get(wallet.id)));

		const historyOf = historian(crowd, told);

		exactlyOnce(crowd, told);
		everyRefusalHasACause(crowd, historyOf, await ordersAgree(told));
		everyLookIsTrue(crowd, historyOf);

		const lines = at.forgetLog();

		linesAreJson(lines);
		linesHoldNoSecret(lines);
		seen.done += crowd.done.size;
		seen.looks += crowd.looks.length;
		for (const { code } of crowd.refused.values())
			seen.codes[code] = (seen.codes[code] ?? 0) + 1;
	});

test('something was killed, done and refused', () => {
	console.log(`# ${JSON.stringify({ ...kills, ...seen })}`);
	ok(kills.workers > 0, 'no worker was killed');
	ok(OPERATIONS < DATABASE_EVERY || kills.databases > 0,
		'no database was killed');
	ok(seen.done > OPERATIONS / 3, `only ${seen.done} were done`);
	for (const code of ['INSUFFICIENT_CREDITS', 'HOLD_CLOSED'])
		ok(seen.codes[code] > 0, `never ${code}`);
});

test('usage is counted once, with what it cost', async () => {
	const [row] = await at.psql(`SELECT count(*) AS odd FROM usage_events u
		LEFT JOIN transfers t ON t.id = u.transfer_id
		WHERE u.cost <> coalesce(t.amount, 0)`);

	is(row.odd, 0, 'the number of usage events with another cost');
});

test('the ledger verifies, and all wallets add up to zero', async () => {
	const said = JSON.parse((await at.tollgate(['ledger',
		'verify'])).stdout);

	is(said.clean, true, JSON.stringify(said.first));
	is(said.sum, 0, 'the sum of all wallets');
});

test('what runs out while nobody looks is booked all the same', async () => {
	await eventually('the janitor has settled what was due', async () => {
		const [row] = await at.psql(`SELECT count(*) AS due FROM wallets
			WHERE due_at < now() - interval '65 seconds'`);

		return row.due === 0;
	}, 120000);
});
