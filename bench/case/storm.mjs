/* How long a session check takes while others sign in without pause. */
import os from 'node:os';
import { makeBed, sessionCheck, signIn } from '../bed.mjs';
import { hashRate, wrk } from '../load.mjs';

const TARGET = 3;
const PEOPLE = 1000;
const PAUSE_MS = 10;

export const title = 'session check in a sign-in storm';

export async function measure(options) {
	const bed = await makeBed({ people: PEOPLE, empty: options.empty });
	const rows = [];

	try {
		await bed.serve();
		for (const checking of [1, 4])
			rows.push(await compare(bed, checking, options));
		return rows;
	} finally {
		await bed.stop();
	}
}

/*
 * The same hashing outside of tollgate tells what part of the wait is the
 * kernel's, which has fewer processors to give.
 */
async function compare(bed, checking, { clients, seconds, hashRater }) {
	const check = () => wrk({ dir: bed.dir, url: bed.url, seconds,
		clients: checking, pauseMs: PAUSE_MS,
		lines: bed.lines(PEOPLE, sessionCheck) });
	const quiet = await check();
	const [outside] = await Promise.all([check(), hashRate(hashRater, {
		seconds: seconds + 1, processes: os.availableParallelism(),
		memoryKib: 19456, passes: 2 })]);
	const [busy, storm] = await Promise.all([check(),
		wrk({ dir: bed.dir, url: bed.url, seconds: seconds + 1,
			clients, lines: bed.lines(PEOPLE, signIn(bed)) })]);

	return { measured: `session check p99, ${checking} clients, ` +
			`while ${clients} sign in (${storm.rate.toFixed(0)}/s)`,
		ours: ms(busy),
		beside: `quiet ${ms(quiet)}; beside bare hashes ${ms(outside)}`,
		ratio: busy.p99 / quiet.p99, target: `<= ${TARGET}`,
		met: busy.p99 <= TARGET * quiet.p99 };
}

const ms = (said) => `${(said.p99 / 1000).toFixed(1)} ms (median ` +
	`${(said.p50 / 1000).toFixed(1)})`;
