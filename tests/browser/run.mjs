/*
 * Every promise of every file here: tollgate behind a real lighttpd, met with
 * Debian's Chromium.
 *
 *   node tests/browser/run.mjs [journey|refusal|...]...
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeBrowser } from './browser.mjs';
import { collect, leave, programErrors } from './suite.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const counts = { passed: 0, failed: 0 };

async function attempt(title, work) {
	const start = Date.now();

	try {
		await work();
		counts.passed++;
		console.log(`ok - ${title} (${Date.now() - start} ms)`);
		return true;
	} catch (error) {
		counts.failed++;
		console.log(`not ok - ${title}: ${error.message}`);
		console.log(error.stack?.split('\n').filter((line) =>
			line.includes(HERE) && !line.includes('node_modules'))
			.join('\n'));
		return false;
	}
}

async function runFile(name) {
	const label = name.replace(/^test_|\.mjs$/g, '');
	let file = null;

	const ready = await attempt(`${label}: is ready`, async () => {
		file = await collect(() => import(path.join(HERE, name)));
		await file.before();
	});
	for (const { promise, work } of ready ? file.tests : [])
		await attempt(`${label}: ${promise}`, work);
	if (file !== null)
		await attempt(`${label}: leaves in order`, () => leave(file));
}

const asked = process.argv.slice(2).map((name) => `test_${name}.mjs`);
const files = fs.readdirSync(HERE).filter((name) =>
	/^test_.*\.mjs$/.test(name)).sort();

for (const name of asked.length > 0 ? asked : files)
	await runFile(name);
await attempt('the whole run: no page was answered with our own fault', () => {
	const lines = programErrors();

	if (lines.length > 0)
		throw new Error(`${lines.length} lines in the logs:\n` +
			lines.slice(0, 5).join('\n'));
});
await closeBrowser();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
