#!/usr/bin/env node
/*
 * Replays the recorded exchanges of the wire contract against the program:
 * every flow on a stand of its own. See ../lib/paths.mjs for TG_BIN and the
 * like.
 *
 *   replay.mjs [--flow NAME]... [--verbose]
 *
 * The last line is "N passed, N failed"; the status is 1 unless something
 * passed and nothing failed.
 */
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { request } from '../lib/http.mjs';
import { startStand } from '../lib/stand.mjs';
import { startStripe } from './stripe.mjs';
import { runFlow } from './flow.mjs';
import { failureText, flowLine, resultLine, tally } from './report.mjs';
import { COLUMNS_SQL, PLANS_SQL, QUERIES, SECRET, flowSettings, viewsSql } from
	'./tables.mjs';
import { withoutUnbuilt } from './unbuilt.mjs';

const { values: options } = parseArgs({ options: {
	flow: { type: 'string', multiple: true },
	verbose: { type: 'boolean' },
} });
const index = transcript('index');
const flows = options.flow ?? Object.keys(index).map(
	(file) => file.replace('.json', ''));
let passed = 0, failed = 0;

for (const flow of flows) {
	const results = await replay(flow);

	passed += tally(results, 'passed').length;
	failed += tally(results, 'failed').length;
	for (const result of tally(results, 'failed'))
		console.log(failureText(flow, result));
	console.log(flowLine(flow, results));
	if (options.verbose)
		console.log(results.map(resultLine).join('\n'));
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

function transcript(name) {
	return JSON.parse(fs.readFileSync(
		new URL(`transcripts/${name}.json`, import.meta.url), 'utf8'));
}

async function replay(flow) {
	const { config } = index[`${flow}.json`];
	const { settings, unknown } = flowSettings(config);
	const exchanges = withoutUnbuilt(transcript(flow),
		config.plugins ?? []);

	if (unknown.length > 0)
		return exchanges.map((exchange) => ({ exchange,
			outcome: 'absent', why: `no setting for ${unknown}`,
			problems: [], deviations: [] }));

	let stand = null, stripe = null;

	try {
		if (settings['stripe.enabled']) {
			stripe = await startStripe(settings);
			settings['stripe.api_base'] = stripe.url;
		}
		stand = await startStand({ name: flow, config: settings });
		if (stripe !== null)
			await stand.psql(PLANS_SQL);
		return await runFlow({ ...await targetOf(stand, settings),
			stripe }, exchanges);
	} catch (error) {
		return [standFailure(exchanges[0], error)];
	} finally {
		await stand?.stop();
		await stripe?.close();
	}
}

async function publicKeys(stand, settings) {
	if (!settings['jwt.enabled'])
		return [];
	return (await request(stand.url, { path: '/.well-known/jwks.json' }))
		.json().keys;
}

function standFailure(exchange, error) {
	return { exchange, outcome: 'failed', why: '', deviations: [],
		problems: [{ path: 'stand', expected: 'a running program',
			actual: error }] };
}

async function targetOf(stand, settings) {
	const { stdout } = await stand.tollgate(['routes']);

	await stand.psql(viewsSql(await stand.psql(COLUMNS_SQL)));
	return {
		address: stand.url,
		origin: settings['server.url'] ?? stand.url,
		secret: SECRET,
		routes: stdout.trim().split('\n').map((line) => {
			const [method, path] = line.split(/\s+/);

			return { method, path };
		}),
		letters: () => stand.letters(),
		sql: (text) => stand.psql(
			`SET search_path = contract, public; ${text}`),
		keys: () => publicKeys(stand, settings),
		rows: async (label) => label in QUERIES ?
			stand.psql(QUERIES[label]) : null,
	};
}
