/*
 * Runs the promises of test files (tests/http/suite.mjs) one by one and ends
 * with "N passed, N failed".
 */
import fs from 'node:fs';
import path from 'node:path';
import { collect, linesAreJson, linesHoldNoSecret, logLines } from
	'../http/suite.mjs';

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

async function runFile(directory, name) {
	const label = name.replace(/^test_|\.mjs$/g, '');
	let file = null;

	await attempt(`${label}: is ready`, async () => {
		file = await collect(() => import(path.join(directory, name)));
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

/* The files test_NAME.mjs of directory; all of them when no NAME is asked. */
export async function runSuite(directory, asked) {
	const files = fs.readdirSync(directory).filter((name) =>
		/^test_.*\.mjs$/.test(name)).sort();

	for (const name of asked.length > 0 ?
		asked.map((one) => `test_${one}.mjs`) : files)
		await runFile(directory, name);
	await attempt('the whole run: every line logged is JSON',
		async () => linesAreJson(logLines()));
	await attempt('the whole run: no secret is in any log',
		async () => linesHoldNoSecret(logLines()));
	console.log(`${counts.passed} passed, ${counts.failed} failed`);
	/* Not by waiting: what a broken promise left behind would keep us. */
	process.exit(counts.failed === 0 ? 0 : 1);
}
