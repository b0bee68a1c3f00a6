/*
 * What came against what the transcript says. Every difference is a problem
 * { path, expected, actual }, where actual may be ABSENT.
 */
import { createHmac } from 'node:crypto';
import { parseSetCookie } from '../lib/http.mjs';
import { decodeSessionData, decodeToken, isSigned } from './decode.mjs';

export const ABSENT = Symbol('absent');

/*
 * compareValue(judge, path, expected, actual) - compare two JSON values
 *
 * judge  { values, problems, accepts(path, expected, actual) }: the last
 *        decides on known deviations where a text is not what was expected
 */
export function compareValue(judge, path, expected, actual) {
	if (typeof expected === 'string')
		compareText(judge, path, expected, actual);
	else if (expected === null || typeof expected !== 'object')
		expected === actual || problem(judge, path, expected, actual);
	else if (Array.isArray(expected))
		compareList(judge, path, expected, actual);
	else
		compareObject(judge, path, expected, actual);
}

function problem(judge, path, expected, actual) {
	judge.problems.push({ path, expected, actual });
}

function compareText(judge, path, expected, actual) {
	const number = typeof actual === 'number' &&
		!/^(<[^<>]+>|\{\{[^{}]+\}\})$/.test(expected);

	if (!number && judge.values.matches(expected, actual))
		return;
	if (typeof actual !== 'string' ||
	    !judge.accepts(path, expected, actual))
		problem(judge, path, expected, actual);
}

function compareList(judge, path, expected, actual) {
	if (!Array.isArray(actual))
		return problem(judge, path, expected, actual);
	if (actual.length !== expected.length)
		problem(judge, `${path}.length`, expected.length,
			actual.length);
	expected.slice(0, actual.length).forEach((item, i) =>
		compareValue(judge, `${path}[${i}]`, item, actual[i]));
}

function compareObject(judge, path, expected, actual) {
	if (actual === null || typeof actual !== 'object' ||
	    Array.isArray(actual))
		return problem(judge, path, expected, actual);
	for (const [key, value] of Object.entries(expected)) {
		if (Object.hasOwn(actual, key))
			compareValue(judge, `${path}.${key}`, value,
				actual[key]);
		else
			problem(judge, `${path}.${key}`, value, ABSENT);
	}
	for (const key of Object.keys(actual))
		if (!Object.hasOwn(expected, key))
			problem(judge, `${path}.${key}`, ABSENT, actual[key]);
}

/*
 * The whole answer: status, the headers the transcript lists, cookies, body.
 * secret signs the cookies whose decoded form ends in <hmac>.
 */
export function compareResponse(judge, secret, expected, response) {
	if (response.status !== expected.status)
		judge.problems.push({ path: 'status',
			expected: expected.status, actual: response.status });
	for (const [name, value] of Object.entries(expected.headers))
		compareText(judge, `headers.${name}`, value,
			response.header(name) ?? ABSENT);
	compareCookies(judge, secret, expected.cookies ?? [],
		response.cookies.map(parseSetCookie));
	compareBody(judge, expected, response);
}

function compareBody(judge, expected, response) {
	const type = response.header('content-type');

	if (expected.emptyBody) {
		if (response.body.length > 0)
			problem(judge, 'body', ABSENT, response.text);
		if (type !== null && !('content-type' in expected.headers))
			problem(judge, 'headers.content-type', ABSENT, type);
		return;
	}
	compareValue(judge, 'body', expected.body, content(response));
}

function content(response) {
	try {
		return response.json();
	} catch {
		return response.body.length > 0 ? response.text : ABSENT;
	}
}

function compareCookies(judge, secret, expected, actual) {
	if (actual.length !== expected.length)
		problem(judge, 'cookies', expected.map((one) => one.name),
			actual.map((one) => one.name));
	expected.slice(0, actual.length).forEach((cookie, i) =>
		compareCookie(judge, secret, cookie, actual[i],
			`cookies[${i}]`));
}

function compareCookie(judge, secret, expected, actual, path) {
	/* signed first: the name of another cookie may hold its token */
	if (expected.decoded !== undefined)
		compareSigned(judge, secret, `${path}.decoded`,
			expected.decoded, actual.value);
	compareText(judge, `${path}.name`, expected.name, actual.name);
	compareText(judge, `${path}.value`, expected.value, actual.value);
	compareObject(judge, `${path}.attributes`, expected.attributes,
		actual.attributes);

	const order = Object.keys(actual.attributes);
	const known = Object.keys(expected.attributes);

	if (order.length === known.length &&
	    order.join() !== known.join())
		problem(judge, `${path}.attributes (order)`, known, order);
}

/* The form of the value, and that it really was signed with our secret. */
function compareSigned(judge, secret, path, expected, raw) {
	const value = decode(raw);
	const dot = value.lastIndexOf('.');
	const hmac = createHmac('sha256', secret)
		.update(value.slice(0, dot)).digest('base64');

	compareText(judge, path, expected, value);
	if (expected.endsWith('.<hmac>') && value.slice(dot + 1) !== hmac)
		problem(judge, `${path} (signature)`, hmac,
			value.slice(dot + 1));
	if (encodeURIComponent(value) !== raw)
		problem(judge, `${path} (encoding)`,
			encodeURIComponent(value), raw);
}

function decode(raw) {
	try {
		return decodeURIComponent(raw);
	} catch {
		return raw;
	}
}

/*
 * What the answer's opaque values hold, and who signed them. Every JWT in a
 * header is checked, though transcripts show the inside of few.
 */
export function compareDecoded(judge, exchange, { response, outbox }, signers) {
	const header = response.header('set-auth-jwt');

	if (header !== null)
		compareSigner(judge, 'headers.set-auth-jwt', header, signers);
	if (exchange.jwt !== undefined)
		compareToken(judge, exchange.jwt, { outbox,
			body: content(response) }, signers);
	if (exchange.decodedSessionData !== undefined)
		compareSessionData(judge, exchange.decodedSessionData, response,
			signers.secret);
}

function compareSigner(judge, path, text, signers) {
	if (!isSigned(text, signers))
		problem(judge, `${path} (signature)`, 'one of ours', text);
}

/* of: where the token is, "body.token" or "outbox[0].token" */
function compareToken(judge, { of, payloadKeys, ...expected }, said, signers) {
	const text = of.split(/[.[\]]+/).reduce((value, name) => value?.[name],
		said);

	if (typeof text !== 'string')
		return problem(judge, `jwt ${of}`, expected, ABSENT);

	const { header, payload } = decodeToken(text);

	compareValue(judge, `jwt ${of}`, expected, 'payload' in expected ?
		{ header, payload } : { header });
	if (payloadKeys !== undefined)
		compareValue(judge, `jwt ${of} (keys)`, payloadKeys,
			Object.keys(payload));
	compareSigner(judge, `jwt ${of}`, text, signers);
}

function compareSessionData(judge, expected, response, secret) {
	const cookie = response.cookies.map(parseSetCookie).find(({ name }) =>
		name.endsWith('.session_data'));

	if (cookie === undefined)
		return problem(judge, 'session_data', expected, ABSENT);

	const { shown, right } = decodeSessionData(cookie.value, secret);

	compareValue(judge, 'session_data', expected, shown);
	if (!right)
		problem(judge, 'session_data', 'made with our secret', shown);
}

/*
 * Rows of the database: as many, in this order; of each row only what the
 * transcript shows, since our tables have further columns.
 */
export function compareRows(judge, label, expected, actual) {
	const shown = actual.map((row, i) => Object.fromEntries(
		Object.keys(expected[i] ?? row).filter((key) =>
			Object.hasOwn(row, key)).map((key) => [key, row[key]])));

	compareList(judge, `db ${label}`, expected, shown);
}
