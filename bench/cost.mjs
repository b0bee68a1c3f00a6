/*
 * What a kind of request costs in processor time, process by process.
 */
import { wrk } from './load.mjs';

/*
 * costOf(bed, { lines, clients, seconds }) - one second to warm up, then the
 * load itself
 *
 * Resolves to what wrk() does and { web, app, database, total }, microseconds a
 * request. Fails when a request was refused.
 */
export async function costOf(bed, { lines, clients, seconds }) {
	const load = { dir: bed.dir, url: bed.url, clients, lines };

	await wrk({ ...load, seconds: 1 });

	const before = bed.cpu();
	const said = await wrk({ ...load, seconds });
	const after = bed.cpu();
	const each = (part) => (after[part] - before[part]) / said.requests;
	const [web, app, database] = ['web', 'app', 'database'].map(each);

	if (said.refused > 0)
		throw new Error(`${said.refused} requests refused`);
	return { ...said, web, app, database, total: web + app + database };
}

export const costText = (cost) => `${cost.total.toFixed(0)} us (web ` +
	`${cost.web.toFixed(0)}, app ${cost.app.toFixed(0)}, db ` +
	`${cost.database.toFixed(0)})`;
