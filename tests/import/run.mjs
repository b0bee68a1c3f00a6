/*
 * What people bring along from elsewhere: a real Better Auth with its users is
 * taken over by a tollgate behind a real lighttpd.
 *
 *   node tests/import/run.mjs [better_auth|...]...
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
