/* What a session check costs, in processor time, beside an empty responder. */
import { makeBed, sessionCheck } from '../bed.mjs';
import { wrk } from '../load.mjs';

const TARGET_US = 130;
const EMPTY_US = 38;	/* of the machine the target was set on */
const PEOPLE = 5000;

export const title = 'session check';

export async function measure({ seconds, clients, empty }) {
	const rows = [];

	for (const [name, config] of [
		['', {}],
		[', rate limit on', { 'rate_limit.enabled': true,
			'rate_limit.max': 1000000, 'rate_limit.window': 1 }],
	]) {
		const bed = await makeBed({ people: PEOPLE, config, empty });

		try {
			rows.push(...await compare(bed, name,
				{ seconds, clients }));
		} finally {
			await bed.stop();
		}
	}
	return rows;
}

async function compare(bed, name, options) {
	await bed.serveEmpty();
	const base = await costOf(bed, options);
	await bed.quit();

	await bed.serve();
	const ours = await costOf(bed, options);
	await bed.quit();

	const most = TARGET_US / EMPTY_US * base.total;

	return [
		{ measured: `session check${name}, CPU per request`,
			ours: text(ours), beside: `empty ${text(base)}`,
			ratio: ours.total / base.total,
			target: `<= ${TARGET_US} us where empty is ${EMPTY_US}` +
				` (here: ${most.toFixed(0)})`,
			met: ours.total <= most },
		{ measured: `session check${name}, ${options.clients} clients`,
			ours: `${ours.rate.toFixed(0)}/s`,
			beside: `empty ${base.rate.toFixed(0)}/s`,
			ratio: ours.rate / base.rate },
	];
}

const text = (cost) => `${cost.total.toFixed(0)} us (web ` +
	`${cost.web.toFixed(0)}, app ${cost.app.toFixed(0)}, db ` +
	`${cost.database.toFixed(0)})`;

async function costOf(bed, { seconds, clients }) {
	const load = { dir: bed.dir, url: bed.url, clients,
		lines: bed.lines(PEOPLE, sessionCheck) };

	await wrk({ ...load, seconds: 1 });

	const before = bed.cpu();
	const said = await wrk({ ...load, seconds });
	const after = bed.cpu();
	const each = (part) => (after[part] - before[part]) / said.requests;
	const cost = { web: each('web'), app: each('app'),
		database: each('database'), rate: said.rate };

	if (said.refused > 0)
		throw new Error(`${said.refused} session checks refused`);
	return { ...cost, total: cost.web + cost.app + cost.database };
}
