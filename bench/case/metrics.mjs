/* What it costs to be watched: one scrape of /metrics. */
import { makeBed } from '../bed.mjs';
import { costOf, costText } from '../cost.mjs';
import { request } from '../../tests/lib/http.mjs';

export const title = 'metrics';

export async function measure({ seconds, empty }) {
	const bed = await makeBed({ people: 100, empty });
	const lines = [{ path: '/metrics' }];

	try {
		await bed.serve();

		const scrape = await costOf(bed, { lines, seconds, clients: 1 });
		const { body } = await request(bed.url, lines[0]);

		return [{ measured: 'scrape of /metrics, CPU',
			ours: costText(scrape),
			beside: `${(body.length / 1024).toFixed(0)} KiB` }];
	} finally {
		await bed.stop();
	}
}
