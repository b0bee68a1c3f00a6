/*
 * Users a second that `tollgate import better-auth` takes over, each with a
 * password and a session, beside PostgreSQL writing the same rows by itself.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { once } from 'node:events';
import { emptyDatabase } from '../../tests/lib/database.mjs';
import { PROGRAM } from '../../tests/lib/paths.mjs';
import { startStand } from '../../tests/lib/stand.mjs';

const TARGET_MIB = 32;
const SHARE = 10;	/* of the people of "admin" */

export const title = 'import';

export async function measure({ people }) {
	const count = Math.ceil(people / SHARE);
	const source = await emptyDatabase(`source_${process.pid}`);
	const ours = await startStand({ name: 'import' });
	const beside = await startStand({ name: 'beside' });

	try {
		await source.query(oldUsers(count));

		const alone = await seconds(() => beside.psql(ownRows(count)));
		const took = await runImport(source, ours);
		const rate = count / took.seconds, raw = count / alone;

		return [{ measured: `import of ${count} users, a second`,
			ours: rate.toFixed(0), ratio: rate / raw,
			beside: `PostgreSQL alone ${raw.toFixed(0)}` },
		{ measured: 'import, most memory (VmHWM)',
			ours: `${took.mib.toFixed(1)} MiB`,
			target: `<= ${TARGET_MIB} MiB`,
			met: took.mib <= TARGET_MIB }];
	} finally {
		await ours.stop();
		await beside.stop();
		await source.drop();
	}
}

async function seconds(work) {
	const began = process.hrtime.bigint();

	await work();
	return Number(process.hrtime.bigint() - began) / 1e9;
}

async function runImport(source, stand) {
	let kib = 0, code;
	const took = await seconds(async () => {
		const child = spawn(PROGRAM, ['import', 'better-auth', '--from',
			source.url, '--config', stand.conf],
		{ env: stand.env, stdio: ['ignore', 'ignore', 'inherit'] });
		const timer = setInterval(() => {
			kib = Math.max(kib, highWater(child.pid));
		}, 100);

		[code] = await once(child, 'exit');
		clearInterval(timer);
	});

	if (code !== 0)
		throw new Error(`the import ended with ${code}`);
	return { seconds: took, mib: kib / 1024 };
}

function highWater(pid) {
	try {
		return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(
			`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
	} catch {
		return 0;
	}
}

function oldUsers(count) {
	return `CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL,
			email text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL,
			image text, "createdAt" timestamptz NOT NULL,
			"updatedAt" timestamptz NOT NULL, role text);
		CREATE TABLE account (id text PRIMARY KEY,
			"accountId" text NOT NULL, "providerId" text NOT NULL,
			"userId" text NOT NULL REFERENCES "user", password text,
			"createdAt" timestamptz NOT NULL,
			"updatedAt" timestamptz NOT NULL);
		CREATE TABLE session (id text PRIMARY KEY,
			"expiresAt" timestamptz NOT NULL, token text NOT NULL UNIQUE,
			"createdAt" timestamptz NOT NULL,
			"updatedAt" timestamptz NOT NULL, "ipAddress" text,
			"userAgent" text, "userId" text NOT NULL REFERENCES "user");
		INSERT INTO "user" SELECT md5(i::text), 'Person ' || i, 'p' || i ||
			'@example.com', true, NULL, now(), now(), 'user'
			FROM generate_series(1, ${count}) i;
		INSERT INTO account SELECT md5('a' || i), md5(i::text),
			'credential', md5(i::text), md5(i::text) || ':' ||
			repeat(md5(i::text), 4), now(), now()
			FROM generate_series(1, ${count}) i;
		INSERT INTO session SELECT md5('s' || i), now() + interval
			'1 day', md5('t' || i), now(), now(), '192.0.2.1',
			'Mozilla/5.0', md5(i::text)
			FROM generate_series(1, ${count}) i;
		CREATE INDEX ON account ("userId");
		CREATE INDEX ON session ("userId");
		ANALYZE`;
}

function ownRows(count) {
	return `INSERT INTO users (id, name, email, email_verified, created_at,
			updated_at) SELECT md5(i::text), 'Person ' || i, 'p' || i ||
			'@example.com', true, now(), now()
			FROM generate_series(1, ${count}) i;
		INSERT INTO wallets (id, kind) SELECT md5(i::text), 'user'
			FROM generate_series(1, ${count}) i;
		INSERT INTO accounts (id, user_id, provider_id, account_id,
			password, created_at, updated_at) SELECT md5('a' || i),
			md5(i::text), 'credential', md5(i::text), md5(i::text) || ':'
			|| repeat(md5(i::text), 4), now(), now()
			FROM generate_series(1, ${count}) i;
		INSERT INTO sessions (id, token_hash, user_id, expires_at,
			created_at, updated_at) SELECT md5('s' || i),
			sha256(md5('t' || i)::bytea), md5(i::text), now() +
			interval '1 day', now(), now()
			FROM generate_series(1, ${count}) i`;
}
