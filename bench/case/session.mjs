/* What a session check costs, in processor time, beside an empty responder. */
import { makeBed, sessionCheck } from '../bed.mjs';
import { costOf, costText } from '../cost.mjs';

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

async function compare(bed, name, { seconds, clients }) {
	const load = { seconds, clients,
		lines: bed.lines(PEOPLE, sessionCheck) };

	await bed.serveEmpty();
	const base = await costOf(bed, load);
	await bed.quit();

	await bed.serve();
	const ours = await costOf(bed, load);
	await bed.quit();

	const most = TARGET_US / EMPTY_US * base.total;

	return [
		{ measured: `session check${name}, CPU per request`,
			ours: costText(ours), beside: `empty ${costText(base)}`,
			ratio: ours.total / base.total,
			target: `<= ${TARGET_US} us where empty is ${EMPTY_US}` +
				` (here: ${most.toFixed(0)})`,
			met: ours.total <= most },
		{ measured: `session check${name}, ${clients} clients`,
			ours: `${ours.rate.toFixed(0)}/s`,
			beside: `empty ${base.rate.toFixed(0)}/s`,
			ratio: ours.rate / base.rate },
	];
}
