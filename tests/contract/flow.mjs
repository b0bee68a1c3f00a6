/*
 * Replays one flow, exchange by exchange, against a target:
 *
 * address      where to connect to, http://127.0.0.1:port
 * origin       what {{origin}} stands for
 * secret       signs the cookies
 * routes       [{ method, path }], path with :name for a dynamic segment
 * sql(text)    runs a statement of the transcript's
 * rows(label)  resolves to the rows behind a label of "db", or to null where
 *              the label has no meaning yet
 * keys()       resolves to the public keys that tokens are signed with
 * stripe       what stands for Stripe (stripe.mjs); or null
 * letters()    resolves to all letters so far, oldest first, of which kind,
 *              recipient, url and newEmail are read
 */
import { setTimeout as pause } from 'node:timers/promises';
import { request } from '../lib/http.mjs';
import { compareDecoded, compareResponse, compareRows, compareValue } from
	'./compare.mjs';
import { KINDS, expiredToken, messageOf, sameSecond } from './messages.mjs';
import { DEVIATIONS, NOT_OURS, REVOKES } from './tables.mjs';
import { Missing, Values, placeholders } from './values.mjs';

/* What the runner has nothing to compare with or do yet. */
const UNREAD = ['tokenEndpointRequest'];

/*
 * Resolves to one result an exchange: { exchange, outcome, why, problems,
 * deviations }. outcome is "passed", "failed", or "absent" when what it is
 * about does not exist yet, why then saying what that is.
 */
export async function runFlow(target, exchanges) {
	const run = {
		values: new Values({ origin: target.origin,
			'expired-jwt:1': expiredToken(target.secret),
			...moments() }),
		handles: new Map(),
		read: new Set(),	/* ids of letters */
		tokens: [],		/* that were in letters */
		lost: new Map(),	/* placeholder: result that lacks it */
	};
	const results = [];

	for (const exchange of exchanges) {
		const result = { exchange, outcome: 'passed', why: '',
			problems: [], deviations: [] };

		await runExchange(target, run, result);
		if (result.problems.length > 0)
			result.outcome = 'failed';
		else if (exchange.partly !== undefined)
			Object.assign(result, { outcome: 'absent',
				why: exchange.partly });
		noteLost(run, result);
		results.push(result);
	}
	return results;
}

/* Epoch seconds, as Stripe's objects have them. */
function moments() {
	const now = Math.floor(Date.now() / 1000);

	return { now, 'now+2592000': now + 2592000 };
}

async function runExchange(target, run, result) {
	const { exchange } = result;
	const why = missingPart(target, exchange);

	if (why !== null)
		return Object.assign(result, { outcome: 'absent', why });
	try {
		const wanted = run.values.fill(exchange.request);
		const setup = run.values.fill(exchange.setup ?? []);

		await prepare(target, setup);
		await converse(target, run, result, wanted);
	} catch (error) {
		if (error instanceof Missing)
			explainMissing(run, result, error.placeholder);
		else
			result.problems.push({ path: 'exchange',
				expected: 'an answer', actual: error });
	}
}

function missingPart(target, exchange) {
	const { method, path } = exchange.request;
	const nowhere = exchange.response.status === 404 &&
		exchange.response.emptyBody;
	const bare = path.split('?')[0];

	if (exchange.skipped !== undefined)
		return exchange.skipped;

	const unread = UNREAD.find((key) => key in exchange) ??
		(exchange.outbox ?? []).map(({ kind }) => kind)
			.find((kind) => !KINDS.includes(kind)) ??
		(exchange.setup ?? []).flatMap(Object.keys)
			.find((key) => !['sql', 'waitMs'].includes(key));

	if (!nowhere && !target.routes.some((route) =>
		route.method === method && covers(route.path, bare)))
		return `no route ${method} ${bare}`;
	return unread === undefined ? null : `nothing to do for "${unread}"`;
}

function covers(pattern, path) {
	const wanted = pattern.split('/'), given = path.split('/');

	return wanted.length === given.length && wanted.every((part, i) =>
		part === given[i] || (part.startsWith(':') && given[i] !== ''));
}

function explainMissing(run, result, name) {
	const source = run.lost.get(name);

	if (source?.outcome === 'failed')
		result.problems.push({ path: 'request',
			expected: `{{${name}}}`,
			actual: `nothing, as "${source.exchange.name}" failed` });
	else
		Object.assign(result, { outcome: 'absent', why: source ?
			`needs {{${name}}} of "${source.exchange.name}"` :
			`the runner cannot make {{${name}}}` });
}

function noteLost(run, result) {
	const { response, db, outbox } = result.exchange;

	for (const name of placeholders([response, db, outbox]))
		if (run.values.get(name) === undefined && !run.lost.has(name))
			run.lost.set(name, result);
}

async function prepare(target, setup) {
	for (const step of setup) {
		if (step.sql !== undefined)
			await target.sql(step.sql);
		else
			await pause(step.waitMs);
	}
}

async function converse(target, run, result, wanted) {
	const { exchange, problems } = result;
	const body = encodeBody(withHandles(wanted, run.handles));

	target.stripe?.meet(exchange, wanted);

	const response = await request(target.address, {
		method: wanted.method,
		path: wanted.path,
		headers: { 'user-agent': 'contract-recorder/1',
			...wanted.headers,
			...target.stripe?.signed(exchange, body) },
		body,
	});
	const judge = { values: run.values, problems,
		accepts: (path, expected, actual) => accepts(run, result,
			{ path, expected, actual, exchange }) };

	result.response = response;
	compareResponse(judge, target.secret, exchange.response, response);
	if (exchange.stripeCalls !== undefined)
		compareValue(judge, 'stripeCalls', exchange.stripeCalls,
			target.stripe.asked());

	/* before the rows, which may name what a letter shows first */
	const outbox = await compareOutbox(target, run, judge, exchange);

	compareDecoded(judge, exchange, { response, outbox }, {
		secret: target.secret, keys: await target.keys() });
	for (const { table, rows } of exchange.db ?? []) {
		const actual = await target.rows(table);

		if (actual === null)
			problems.push({ path: `db ${table}`, expected: rows,
				actual: 'no query in tables.mjs' });
		else
			compareRows(judge, table, rows.map((row) =>
				withoutForeign(table, row)), actual);
	}
}

/* Resolves to what was sent, as the transcript would show it. */
async function compareOutbox(target, run, judge, { outbox }) {
	const letters = (await target.letters()).filter(({ id }) =>
		!run.read.has(id));
	const sent = letters.filter(({ kind }) => KINDS.includes(kind))
		.map(messageOf).map((one) => sameSecond(run.tokens, one));

	letters.forEach(({ id }) => run.read.add(id));
	run.tokens.push(...sent.map(({ token }) => token));
	compareValue(judge, 'outbox', outbox ?? [], sent);
	return sent;
}

function withoutForeign(table, row) {
	return Object.fromEntries(Object.entries(row).filter(([column]) =>
		!(NOT_OURS[table] ?? []).includes(column)));
}

function accepts(run, result, seen) {
	const deviation = DEVIATIONS.find((one) => one.accepts({ ...seen,
		values: run.values, handles: run.handles }));

	if (deviation !== undefined)
		result.deviations.push(`${deviation.name} (${seen.path})`);
	return deviation !== undefined;
}

/* Proves that a session can be revoked by what the list showed of it. */
function withHandles(wanted, handles) {
	const { path, body } = wanted;

	if (!REVOKES.test(path))
		return wanted;
	return { ...wanted, body: Object.fromEntries(Object.entries(body).map(
		([key, value]) => [key, handles.get(value) ?? value])) };
}

function encodeBody({ body, bodyEncoding }) {
	if (body === null)
		return null;
	if (bodyEncoding === 'form')
		return new URLSearchParams(body).toString();
	if (bodyEncoding !== 'raw')
		return JSON.stringify(body);
	return typeof body === 'string' ? body : JSON.stringify(body['<json>']);
}
