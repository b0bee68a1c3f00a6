/*
 * Where the tests find things. Not TOLLGATE_*: an unknown variable of that
 * name is, rightly, a reason for the program not to start.
 *
 *   TG_SRC   the source tree
 *   TG_BIN   the program
 *   TG_WORK  a directory for scratch files, open to other users for searching
 *            (PostgreSQL may run as one)
 *   TG_PG    a running cluster of tests/lib/pg
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './cleanup.mjs';

export const SOURCE = path.resolve(process.env.TG_SRC ??
	fileURLToPath(new URL('../..', import.meta.url)));
export const PROGRAM = path.resolve(process.env.TG_BIN ??
	path.join(SOURCE, 'build/tollgate'));

let work = null;

export function workDir() {
	work ??= process.env.TG_WORK ? path.resolve(process.env.TG_WORK) :
		makeWorkDir();
	return work;
}

/* Short, for the sockets in it: their paths may have 107 bytes. */
function makeWorkDir() {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tg-'));

	fs.chmodSync(dir, 0o711);
	atEnd(() => fs.rmSync(dir, { recursive: true, force: true }));
	return dir;
}
