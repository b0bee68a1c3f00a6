/*
 * Every promise of every file here, against real workers behind a real
 * lighttpd.
 *
 *   node tests/http/run.mjs [matrix|session|...]...
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { collect, logLines, secretsInLogs } from './suite.mjs';

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
		if (process.env.TG_STACK)
			console.log(error.stack);
		return false;
	}
}

async function runFile(name) {
	const label = name.replace(/^test_|\.mjs$/g, '');
	let file = null;

	await attempt(`${label}: is ready`, async () => {
		file = await collect(() => import(path.join(HERE, name)));
		if (file.tests.length === 0)
			throw new Error('the file makes no promise');
		await file.before();
	}) && await runTests(label, file.tests);
	if (file !== null)
		await attempt(`${label}: leaves in order`, file.after);
}

async function runTests(label, tests) {
	for (const { promise, work } of tests)
		await attempt(`${label}: ${promise}`, work);
}

function fewOf(lines) {
	return lines.slice(0, 3).map((line) => line.slice(0, 300)).join('\n');
}

const asked = process.argv.slice(2).map((name) => `test_${name}.mjs`);
const files = fs.readdirSync(HERE).filter((name) =>
	/^test_.*\.mjs$/.test(name)).sort();

for (const name of asked.length > 0 ? asked : files)
	await runFile(name);
await attempt('the whole run: every line logged is JSON', async () => {
	const odd = logLines().filter((line) => line.text !== undefined &&
		line.time === undefined).map((line) => line.text);

	if (odd.length > 0)
		throw new Error(`${odd.length} are not:\n${fewOf(odd)}`);
});
await attempt('the whole run: no secret is in any log', async () => {
	const lines = secretsInLogs();

	if (lines.length > 0)
		throw new Error(`${lines.length} hold one:\n${fewOf(lines)}`);
});
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
