/*
 * Every promise of every file here, against real workers behind a real
 * lighttpd.
 *
 *   node tests/http/run.mjs [matrix|session|...]...
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
