/* Sign-ins a second beside the bare hash, in as many processes as slots. */
import os from 'node:os';
import { makeBed, signIn } from '../bed.mjs';
import { hashRate, wrk } from '../load.mjs';

const TARGET = 0.9;
const PEOPLE = 1000;

export const title = 'sign-in';

export async function measure({ seconds, clients, empty, hashRater }) {
	const bed = await makeBed({ people: PEOPLE, empty });
	const raw = () => hashRate(hashRater, { seconds,
		processes: os.availableParallelism(), memoryKib: 19456,
		passes: 2 });

	try {
		await bed.serve();

		const before = await raw();
		const said = await wrk({ dir: bed.dir, url: bed.url, clients,
			seconds, lines: bed.lines(PEOPLE, signIn(bed)) });
		const bare = (before + await raw()) / 2;

		return [{ measured: `sign-in, ${clients} clients`,
			ours: `${said.rate.toFixed(1)}/s (${said.refused} x 503)`,
			beside: `hash alone ${bare.toFixed(1)}/s`,
			ratio: said.rate / bare, target: `>= ${TARGET}`,
			met: said.rate / bare >= TARGET }];
	} finally {
		await bed.stop();
	}
}
