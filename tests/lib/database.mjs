/*
 * Databases for tests: one private cluster a run, in it one migrated template,
 * and from that a fresh database for whoever asks, in milliseconds.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from './cleanup.mjs';
import { SOURCE, workDir } from './paths.mjs';

const run = promisify(execFile);
const PG = path.join(SOURCE, 'tests/lib/pg');
const OUTPUT_BYTES = 64 << 20;

let cluster = null;
const templates = new Map();

/*
 * The directory of the run's cluster. TG_PG names one that already runs, which
 * several test programs may share; otherwise it is started, and ended with us.
 */
function clusterDir() {
	cluster ??= process.env.TG_PG ?? startCluster();
	return cluster;
}

function startCluster() {
	const dir = path.join(workDir(), `pg${process.pid}`);

	atEnd(() => {
		execFileSync(PG, ['stop', dir]);
		fs.rmSync(dir, { recursive: true, force: true });
	});
	execFileSync(PG, ['start', dir, '--unsafe'],
		{ stdio: ['ignore', 'ignore', 'inherit'] });
	return dir;
}

export function databaseUrl(name) {
	return execFileSync(PG, ['url', clusterDir(), name],
		{ encoding: 'utf8' }).trim();
}

/*
 * Runs SQL; resolves to the rows as objects when it is a query or says
 * RETURNING, else to none.
 */
export async function query(url, sql) {
	const rows = /^\s*(select|values|with|table)\b|\breturning\b/i.test(sql);
	const text = rows ? `WITH answer AS (${sql.replace(/;\s*$/, '')})
		SELECT coalesce(json_agg(answer), '[]') FROM answer` : sql;
	const { stdout } = await run('psql', ['-X', '-q', '-A', '-t', '-v',
		'ON_ERROR_STOP=1', '-d', url, '-c', text],
	{ maxBuffer: OUTPUT_BYTES }).catch((error) => {
		throw new Error(error.stderr || error.message);
	});

	return rows ? JSON.parse(stdout) : [];
}

function administer(sql) {
	return query(databaseUrl('postgres'), sql);
}

/* Identifies the schema steps, so that a shared cluster keeps one template. */
function schemaKey() {
	const dir = path.join(SOURCE, 'sql');
	const hash = createHash('sha256');

	for (const name of fs.readdirSync(dir).sort())
		if (name.endsWith('.sql'))
			hash.update(name).update(fs.readFileSync(
				path.join(dir, name)));
	return hash.digest('hex').slice(0, 16);
}

async function exists(name) {
	const rows = await administer(`SELECT 1 AS yes FROM pg_database
		WHERE datname = '${name}'`);

	return rows.length > 0;
}

/* Two programs may do this at once: made aside, the first to rename wins. */
async function makeTemplate(migrate) {
	const name = `template_${schemaKey()}`;
	const draft = `draft_${process.pid}`;

	if (await exists(name))
		return name;
	await administer(`CREATE DATABASE ${draft} TEMPLATE template0`);
	await migrate(databaseUrl(draft));
	try {
		await administer(`ALTER DATABASE ${draft} RENAME TO ${name}`);
	} catch (error) {
		if (!await exists(name))
			throw error;
		await administer(`DROP DATABASE ${draft}`);
	}
	return name;
}

/*
 * A fresh migrated database; migrate(url) is called for the first one of a
 * schema. Resolves to { name, url, query(sql), drop() }.
 */
export async function freshDatabase(name, migrate) {
	const key = schemaKey();

	if (!templates.has(key))
		templates.set(key, makeTemplate(migrate));
	return createDatabase(name, await templates.get(key));
}

/* Somebody's, migrated now; it is theirs to drop. */
export async function givenDatabase(url, migrate) {
	await migrate(url);
	return { url, query: (sql) => query(url, sql), drop: async () => {} };
}

/* A database without any table. */
export function emptyDatabase(name) {
	return createDatabase(name, 'template0');
}

async function createDatabase(name, template) {
	const url = databaseUrl(name);

	await administer(`CREATE DATABASE ${name} TEMPLATE ${template}`);

	return {
		name,
		url,
		query: (sql) => query(url, sql),
		drop: () => administer(`DROP DATABASE ${name} WITH (FORCE)`),
	};
}
