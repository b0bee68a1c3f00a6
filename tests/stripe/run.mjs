/*
 * What Stripe reports and is asked, with signatures of its own npm package.
 *
 *   node tests/stripe/run.mjs [client|events|hostile|invoice]...
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
