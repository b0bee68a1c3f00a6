/*
 * Letters on their way: from the outbox through the mailer to a real mail
 * server over real TLS.
 *
 *   node tests/mail/run.mjs [chaos|journey|mailer]...
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSuite } from '../lib/runner.mjs';

await runSuite(path.dirname(fileURLToPath(import.meta.url)),
	process.argv.slice(2));
