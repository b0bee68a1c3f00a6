/* What an admin waits for among a million users: lists, pages, searches. */
import { makeBed } from '../bed.mjs';
import { costOf } from '../cost.mjs';

const LIST_MS = 20;
const SEARCH_MS = 100;
const CHOICES = 200;	/* different requests of a kind */

export const title = 'admin user list';

export async function measure({ seconds, people, empty }) {
	const bed = await makeBed({ people, logins: Math.min(people, 1000),
		empty });
	const cursors = await cursorsIn(bed, people);
	const rows = [];

	try {
		await bed.serve();
		for (const [name, most, path] of kinds(bed, people, cursors))
			rows.push(await time(bed, name, most, path,
				seconds / 2));
		return rows;
	} finally {
		await bed.stop();
	}
}

/* As store/page.h makes them: where people anywhere in the list stand. */
async function cursorsIn(bed, people) {
	const rows = await bed.database.query(`SELECT id,
		(extract(epoch FROM created_at) * 1000)::bigint AS at
		FROM users WHERE id IN (SELECT md5('user ' ||
			1 + (n::bigint * 7919 * 31) % ${people})
			FROM generate_series(1, ${CHOICES}) AS n)`);

	return rows.map(({ id, at }) =>
		Buffer.from(`${at}|${id}`).toString('base64url'));
}

function kinds(bed, people, cursors) {
	const api = (query) => '/api/admin/users?' + new URLSearchParams(query);
	const anybody = (i) => 1 + i * 7919 * 31 % people;

	return [
		['first page', LIST_MS, () => api({})],
		['first page, HTML', LIST_MS, () => '/admin/users'],
		['any page by cursor', LIST_MS, (i) => api(
			{ cursor: cursors[i % cursors.length] })],
		['any page of the unverified', LIST_MS, (i) => api(
			{ state: 'unverified',
				cursor: cursors[i % cursors.length] })],
		['exact e-mail', LIST_MS, (i) => api(
			{ q: bed.email(anybody(i)) })],
		['search, a name of many', SEARCH_MS, (i) => api(
			{ q: ['grace', 'hugo', 'ada'][i % 3] })],
		['search, a host of 2 %', SEARCH_MS, (i) => api(
			{ q: `@example${i % 50}.` })],
		['search, a part of one e-mail', SEARCH_MS, (i) => api(
			{ q: bed.email(anybody(i)).slice(6, 18) })],
		['search, old users only', SEARCH_MS, (i) => api(
			{ q: `person${12 + i % 20}` })],
		['search, no match', SEARCH_MS, (i) => api(
			{ q: `zebra${i}` })],
	];
}

async function time(bed, name, most, path, seconds) {
	/* all by person 1, the administrator */
	const lines = Array.from({ length: CHOICES }, (_, i) => (
		{ path: path(i), cookie: bed.cookie(1) }));
	const { p50, p99, total } = await costOf(bed, { lines, clients: 1,
		seconds: Math.ceil(seconds) });

	return { measured: `admin users, ${name}`,
		ours: `p99 ${ms(p99)} ms (median ${ms(p50)}, CPU ` +
			`${ms(total)})`,
		target: `<= ${most} ms`, met: p99 <= most * 1000 };
}

const ms = (us) => (us / 1000).toFixed(1);
