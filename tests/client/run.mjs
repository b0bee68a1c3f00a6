/*
 * Apps with the official clients: what they call works, and what they may not
 * have is refused in the words they know.
 *
 *   node tests/client/run.mjs [core|mail|admin|token|...]...
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
