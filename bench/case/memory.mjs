/* Memory of master, workers and janitor after sign-ins and session checks. */
import { makeBed, sessionCheck, signIn, WORKERS } from '../bed.mjs';
import { wrk } from '../load.mjs';
import { familyOf, memoryOf } from '../processes.mjs';

const TARGET_MIB = 40;
const PEOPLE = 1000;

export const title = 'memory';

export async function measure({ seconds, clients, empty }) {
	const bed = await makeBed({ people: PEOPLE, empty });

	try {
		const base = await after(bed, () => bed.serveEmpty(),
			[sessionCheck], clients, seconds);
		const ours = await after(bed, () => bed.serve(),
			[signIn(bed), sessionCheck], clients, seconds);

		return [{ measured: `memory (PSS), ${WORKERS} workers of ` +
				`${ours.processes} processes, after load`,
			ours: `${mib(ours.pss)} and hash arenas ` +
				`${mib(ours.arenas)}`,
			beside: `empty ${mib(base.pss)}`,
			ratio: ours.pss / base.pss,
			target: `<= ${TARGET_MIB} MiB, arenas not counted`,
			met: ours.pss / 1024 <= TARGET_MIB }];
	} finally {
		await bed.stop();
	}
}

async function after(bed, start, loads, clients, seconds) {
	await start();
	for (const line of loads)
		await wrk({ dir: bed.dir, url: bed.url, clients, seconds,
			lines: bed.lines(PEOPLE, line) });

	const memory = { ...memoryOf(bed.pid),
		processes: familyOf(bed.pid).length };

	await bed.quit();
	return memory;
}

const mib = (kib) => `${(kib / 1024).toFixed(1)} MiB`;
