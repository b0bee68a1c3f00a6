/*
 * What README.md says of backup and restore, done: a dump of a database in use
 * becomes an empty one, with nothing to mend afterwards.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ownCluster } from '../lib/cluster.mjs';
import { query } from '../lib/database.mjs';
import { startStripe } from '../lib/stripe.mjs';
import { Person, after, before, is, ok, person, stand, test } from './suite.mjs';

const run = promisify(execFile);
const OWNER = 'tollgate_owner';
const PACK = { kind: 'pack', name: 'thousand', title: '1,000 credits',
	priceMinor: 900, currency: 'EUR', credits: 1000, creditsExpireDays: 30 };
/* All that a service would miss, and all that triggers count. */
const KEPT = ['schema_migrations', 'users', 'sessions', 'wallets', 'transfers',
	'lots', 'holds', 'orders', 'payments', 'audit'];

let cluster, stripe;
const server = ownCluster({ unsafe: true });

before(async () => {
	stripe = await startStripe();
	await server.start();
	cluster = await server.database('roles');
	await query(cluster, `CREATE ROLE tollgate_worker NOLOGIN;
		CREATE ROLE ${OWNER} LOGIN IN ROLE tollgate_worker`);
});
after(async () => {
	await server.stop();
	await stripe.close();
});

/* As step 2 of INSTALL.md leaves it: empty, and the owner's. */
async function emptyDatabase(name) {
	const url = await server.database(name);

	await query(cluster, `ALTER DATABASE ${name} OWNER TO ${OWNER}`);
	return url;
}

const standOn = (name, url) => stand({ name, config: {
	'shop.enabled': true, 'shop.checkout_origins':
		'https://checkout.example.com',
	'stripe.enabled': true, 'stripe.secret_key': 'sk_test_x',
	'stripe.api_base': stripe.url },
databaseUrl: url.replace('//tollgate@', `//${OWNER}@`) });

async function done(promise) {
	const response = await promise;

	is(response.status, 200, `the status (${response.text})`);
	return response.json();
}

/* Somebody with a session, lots, a hold and an order that is paid. */
async function customer(at) {
	const admin = await person(at, 'super_admin');
	const who = await person(at);
	const call = (by, path, fields) => done(by.json(`/api/${path}`, fields));
	const { plan } = await call(admin, 'admin/plans', PACK);
	const { order } = await call(who, 'orders', { planId: plan.id });

	await call(admin, 'admin/credits/grant', { userId: who.id, amount: 100,
		reason: 'Welcome', expiresInDays: 9, key: 'grant' });
	await call(admin, `admin/orders/${order.id}/mark-paid`,
		{ reference: 'By bank' });
	await call(who, 'credits/spend', { amount: 30, reason: 'Work',
		key: 'spend' });
	await call(who, 'credits/holds', { amount: 20, reason: 'Trip',
		key: 'hold' });
	return who;
}

async function fingerprint(at) {
	const all = {};

	for (const table of KEPT)
		[all[table]] = await at.psql(`SELECT count(*) AS n, md5(
			string_agg(t::text, E'\\n' ORDER BY t::text)) AS md5
			FROM ${table} t`);
	return all;
}

test('a dump becomes an empty database, and nothing is missing', async () => {
	const first = await emptyDatabase('first');
	const at = await standOn('dumped', first);
	const who = await customer(at);
	const dump = path.join(at.dir, 'tollgate.dump');
	const { balance } = await done(who.get('/api/credits/balance'));

	await run('pg_dump', ['--format=custom', `--file=${dump}`, first]);
	is((await at.halt()).code, 0, 'the exit status');

	const dumped = await fingerprint(at);
	const second = await emptyDatabase('second');

	await run('pg_restore', ['--exit-on-error', '--single-transaction',
		`--dbname=${second}`, dump]);

	const now = await standOn('restored', second);
	const again = await fingerprint(now);

	for (const table of KEPT) {
		ok(again[table].n > 0, `nothing is in ${table}`);
		is(again[table].md5, dumped[table].md5, table);
	}
	is(JSON.parse((await now.tollgate(['ledger', 'verify'])).stdout).clean,
		true, 'what ledger verify says');

	const back = new Person(now);

	back.email = who.email;
	await back.signIn();
	is((await done(back.get('/api/credits/balance'))).balance, balance,
		'the balance');
	await done(back.json('/api/credits/spend', { amount: 1, reason: 'Work',
		key: 'after' }));
	is((await now.stop()).code, 0, 'the exit status');
	await at.stop();
});
