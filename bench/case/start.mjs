/* From the start of "tollgate serve" to its first answer through lighttpd. */
import { makeBed } from '../bed.mjs';

const TARGET_MS = 150;
const TIMES = 15;

export const title = 'start';

export async function measure({ empty }) {
	const bed = await makeBed({ people: 100, empty });

	try {
		const base = await median(bed, () => bed.serveEmpty());
		const ours = await median(bed, () => bed.serve());

		return [{ measured: `start to first answer, median of ${TIMES}`,
			ours: `${ours.toFixed(0)} ms`,
			beside: `empty ${base.toFixed(0)} ms`,
			ratio: ours / base, target: `<= ${TARGET_MS} ms`,
			met: ours <= TARGET_MS }];
	} finally {
		await bed.stop();
	}
}

async function median(bed, start) {
	const times = [];

	for (let i = 0; i < TIMES; i++) {
		times.push(await start());
		await bed.quit();
	}
	return times.sort((a, b) => a - b)[TIMES >> 1];
}
