/*
 * Events come once to five times, in any order, while all that takes them is
 * killed: what they come to is the same.
 */
import Stripe from 'stripe';
import { is, ok, pause, request, test } from '../http/suite.mjs';
import { ownCluster } from '../lib/cluster.mjs';
import { workersOf } from '../lib/processes.mjs';
import { startStand } from '../lib/stand.mjs';
import { startStripe } from '../lib/stripe.mjs';
import { PLAN_SQL, ending, peopleSql, story } from './story.mjs';

const SEEDS = Number(process.env.TG_SEEDS ?? 12);
const SECRET = 'whsec_events', AT_ONCE = 4;
const PATIENCE_MS = 120000;

const { webhooks } = new Stripe('sk_test_x');

/* xorshift: the same story again for the same seed */
function dice(seed) {
	let x = seed * 2654435761 >>> 0 || 1;

	return (below) => {
		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		return (x >>> 0) % below;
	};
}

async function deliver(stand, event) {
	const body = JSON.stringify(event);
	const response = await request(stand.url, { method: 'POST',
		path: '/api/webhooks/stripe', headers: {
			'Content-Type': 'application/json',
			'Stripe-Signature': webhooks.generateTestHeaderString({
				payload: body, secret: SECRET }) },
		body }).catch(() => null);

	return response?.status ?? 0;
}

/* As Stripe does: until it is acknowledged. */
async function deliverUntil(stand, event) {
	const until = Date.now() + PATIENCE_MS;
	let status = 0;

	while ((status = await deliver(stand, event)) !== 200) {
		ok(status === 0 || status >= 500 || status === 400,
			`an event is answered with ${status}`);
		ok(Date.now() < until, `${event.type} stays at ${status}`);
		await pause(50);
	}
}

function shuffled(events, roll) {
	const all = events.flatMap((event) =>
		Array.from({ length: 1 + roll(5) }, () => event));

	for (let i = all.length - 1; i > 0; i--) {
		const k = roll(i + 1);

		[all[i], all[k]] = [all[k], all[i]];
	}
	return all;
}

/* onStep is called before each delivery. */
async function tell(stand, deliveries, onStep = () => {}) {
	const queue = [...deliveries];
	const one = async () => {
		for (let event; (event = queue.shift()) !== undefined;) {
			await onStep(queue.length);
			await deliverUntil(stand, event);
		}
	};

	await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function killWorker(stand, roll) {
	const workers = workersOf(stand.pids.tollgate);

	if (workers.length > 0)
		process.kill(workers[roll(workers.length)], 'SIGKILL');
}

test(`${SEEDS} shuffles with kills end as the plain order does`, async () => {
	const cluster = ownCluster({ unsafe: true });
	const stripe = await startStripe();

	await cluster.start();

	const stand = await startStand({ name: 'events', config: {
		'stripe.enabled': true, 'stripe.secret_key': 'sk_test_x',
		'stripe.api_base': stripe.url,
		'stripe.webhook_secret': SECRET },
	databaseUrl: await cluster.database('events') });
	let kills = 0;

	try {
		await stand.psql(PLAN_SQL);
		await stand.psql(peopleSql('plain'));
		for (const event of story(stripe, 'plain'))
			await deliverUntil(stand, event);

		const wanted = await ending((sql) => stand.psql(sql), 'plain');

		ok(wanted.includes('"balance" : 1500'), 'nobody has credits');
		for (let seed = 1; seed <= SEEDS; seed++) {
			const roll = dice(seed), tag = `s${seed}`;

			await stand.psql(peopleSql(tag));

			const deliveries = shuffled(story(stripe, tag), roll);
			const cut = roll(deliveries.length);

			await tell(stand, deliveries,
				async (left) => {
					if (left === cut) {
						await cluster.kill();
						await cluster.start();
					}
					if (roll(25) !== 0)
						return;
					killWorker(stand, roll);
					kills++;
				});
			is(await ending((sql) => stand.psql(sql), tag), wanted,
				`the end of seed ${seed}`);
		}
		ok(kills > SEEDS, `only ${kills} kills`);
		console.log(`# ${kills} workers killed`);

		const [left] = await stand.psql(`SELECT count(*) AS n
			FROM provider_events WHERE applied_at IS NULL`);

		is(left.n, 0, 'events without effect');
	} finally {
		await stand.stop();
		await stripe.close();
		await cluster.stop();
	}
});
