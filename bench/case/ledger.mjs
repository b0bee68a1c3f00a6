/* What users and admins wait for where the ledger is long. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROGRAM, SOURCE } from '../../tests/lib/paths.mjs';
import { makeBed } from '../bed.mjs';
import { costOf } from '../cost.mjs';

const run = promisify(execFile);
const PEOPLE = 100000;		/* wallets */
const PAGE_MS = 20;
const SEARCH_MS = 100;
const CHOICES = 200;		/* different requests of a kind */

export const title = 'a long ledger';

export async function measure({ seconds, transfers, empty }) {
	const people = Math.min(PEOPLE, Math.max(100, transfers / 100));
	const bed = await makeBed({ people, empty });
	const rows = [];

	try {
		await fill(bed, people, transfers);
		await bed.serve();
		for (const [name, most, person, where] of
			kinds(bed, people, await cursorsIn(bed)))
			rows.push(await time(bed, `${name}, ${transfers} transfers`,
				most, person, where, Math.ceil(seconds / 2)));
		return rows;
	} finally {
		await bed.stop();
	}
}

async function fill(bed, people, transfers) {
	await run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v',
		`transfers=${transfers}`, '-v', `people=${people}`, '-d',
		bed.database.url, '-f', path.join(SOURCE, 'bench/ledger.sql')]);
	await addUp(bed);
	await bed.database.query('VACUUM ANALYZE');
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/* A janitor does it until all hours that are over have their row. */
async function addUp(bed) {
	const closed = async () => Number((await bed.database.query(
		'SELECT count(*) AS hours FROM hourly_figures'))[0].hours);
	const janitor = spawn(PROGRAM, ['janitor', '--config', bed.conf],
		{ stdio: 'ignore' });
	const ended = once(janitor, 'exit');
	let hours = 0;

	try {
		for (let before = -1; hours > before || hours === 0;) {
			before = hours;
			await pause(10000);
			hours = await closed();
		}
	} finally {
		janitor.kill('SIGTERM');
		await ended;
	}
}

/* Where transfers anywhere in the list stand, as store/page.h says it. */
async function cursorsIn(bed) {
	const rows = await bed.database.query(`WITH asked AS MATERIALIZED (
		SELECT now() - n * 300.0 / ${CHOICES} * interval '1 day' AS at
		FROM generate_series(1, ${CHOICES}) AS n)
		SELECT id, (extract(epoch FROM created_at) * 1000)::bigint AS at
		FROM asked, LATERAL (SELECT id, created_at FROM transfers
			WHERE created_at > asked.at
			ORDER BY created_at LIMIT 1) AS chosen`);

	return rows.map(({ id, at }) =>
		Buffer.from(`${at}|${id}`).toString('base64url'));
}

const number = (n) => Buffer.from(`${n}|x`).toString('base64url');
const day = (i) => new Date(Date.now() - (1 + i % 300) * 86400000)
	.toISOString().slice(0, 10);

/* By a user, or by person 1, the administrator. */
function kinds(bed, people, cursors) {
	const anybody = (i) => 3 + i * 7919 % (people - 2);
	const admin = () => 1;
	const list = (query) => '/api/admin/credits?' +
		new URLSearchParams(query);

	return [
		['balance and ledger, HTML', PAGE_MS, anybody,
			() => '/account/credits'],
		['balance and ledger of the longest, HTML', PAGE_MS, () => 2,
			(i) => `/account/credits?cursor=${number(10 + i * 997)}`],
		['balance, JSON', PAGE_MS, anybody, () => '/api/credits/balance'],
		['everybody\'s, first page, HTML', PAGE_MS, admin,
			() => '/admin/credits'],
		['everybody\'s, any page', PAGE_MS, admin,
			(i) => list({ cursor: cursors[i % cursors.length] })],
		['everybody\'s grants, any page', PAGE_MS, admin, (i) => list(
			{ kind: 'grant', cursor: cursors[i % cursors.length] })],
		['everybody\'s of a day', PAGE_MS, admin,
			(i) => list({ from: day(i), to: day(i) })],
		['one user\'s', PAGE_MS, admin,
			(i) => list({ user: bed.email(anybody(i)) })],
		['of 10 credits or more', SEARCH_MS, admin,
			() => list({ atLeast: 10 })],
		['of 101 credits or more (none)', SEARCH_MS, admin,
			() => list({ atLeast: 101 })],
		['what expires', PAGE_MS, admin,
			() => '/api/admin/credits/expiring?days=90'],
		['who spends most', PAGE_MS, admin,
			() => '/api/admin/credits/top'],
		['overview of 30 days, HTML', PAGE_MS, admin, () => '/admin'],
		['overview of 365 days, HTML', SEARCH_MS, admin,
			() => '/admin?days=365'],
	];
}

async function time(bed, name, most, person, where, seconds) {
	const lines = Array.from({ length: CHOICES }, (_, i) => (
		{ path: where(i), cookie: bed.cookie(person(i)) }));
	const { p50, p99, total } = await costOf(bed,
		{ lines, clients: 1, seconds });

	if (!(total > 0))
		throw new Error(`${name}: no answer`);
	return { measured: `ledger, ${name}`,
		ours: `p99 ${ms(p99)} ms (median ${ms(p50)}, CPU ${ms(total)})`,
		target: `<= ${most} ms`, met: p99 <= most * 1000 };
}

const ms = (us) => (us / 1000).toFixed(1);
