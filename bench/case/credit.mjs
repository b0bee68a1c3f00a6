/* Spends a second, durable, beside pgbench running the same statements. */
import path from 'node:path';
import { SOURCE } from '../../tests/lib/paths.mjs';
import { makeBed, WORKERS } from '../bed.mjs';
import { pgbench, wrk } from '../load.mjs';

const TARGET = 0.7;
const PEOPLE = 5000;

export const title = 'credit spend';

export async function measure({ seconds, empty }) {
	const bed = await makeBed({ people: PEOPLE, empty });
	const rows = [];

	try {
		await bed.serve();
		for (const [name, people] of [['many wallets', PEOPLE],
			['one wallet', 1]])
			rows.push(await compare(bed, name, people, seconds));
		return rows;
	} finally {
		await bed.stop();
	}
}

/* A worker is a connection, so that is how many clients either side has. */
async function compare(bed, name, people, seconds) {
	const raw = () => pgbench({ url: bed.database.url, clients: WORKERS,
		seconds, define: { people },
		script: path.join(SOURCE, 'bench/spend.sql') });
	const before = await raw();
	const said = await wrk({ dir: bed.dir, url: bed.url, clients: WORKERS,
		seconds, lines: bed.lines(people, () => ({ method: 'POST',
			path: '/api/credits/spend', body: JSON.stringify(
				{ amount: 1, reason: 'Bench', key: 'k%N' }) })) });
	const base = (before + await raw()) / 2;

	if (said.refused > 0)
		throw new Error(`${said.refused} spends refused`);
	return { measured: `credit spend, ${name}, ${WORKERS} clients`,
		ours: `${said.rate.toFixed(0)}/s`,
		beside: `pgbench ${base.toFixed(0)}/s`,
		ratio: said.rate / base, target: `>= ${TARGET}`,
		met: said.rate / base >= TARGET };
}
