/*
 * The ledger against a model of it, while workers and database are killed.
 *
 *   node tests/ledger/run.mjs
 *
 * TG_OPERATIONS is how many (100000), TG_SEED repeats a run's choices.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
