/*
 * A server that answers from a transcript, as tollgate should, and can be told
 * to err: the runner's own test.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import { mailToken, seal } from '../lib/letters.mjs';
import { expiredToken } from './messages.mjs';
import { SECRET } from './tables.mjs';

const PHC = '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$' +
	'A'.repeat(43);
const PLACEHOLDER = /\{\{([^{}]+)\}\}|<([a-z0-9-]+)>/g;

const makers = {
	id: () => randomBytes(16).toString('hex'),
	token: () => randomBytes(16).toString('hex'),
	iso8601: () => new Date().toISOString(),
	scrypt: () => PHC,
	jwt: () => mailToken(SECRET, { email: 'a@example.com', iat: ++serial,
		exp: serial + 3600 }),
	'expired-jwt': () => expiredToken(SECRET),
};
let serial = 0;

const digest = (text) => createHash('sha256').update(text).digest('hex');

/*
 * plant(answer, exchange) may change what is about to be sent: { status,
 * headers, cookies, body, emptyBody, outbox, db }, cookies as { name, value,
 * attributes }.
 *
 * Resolves to a target for runFlow, and { requests, statements, close() }.
 */
export async function startRecorded(exchanges, { plant = () => {},
	routes = exchanges.map(routeOf) } = {}) {
	const replay = new Replay(exchanges, plant);
	const server = http.createServer((request, response) =>
		replay.serve(request, response));

	await new Promise((resolve) =>
		server.listen(0, '127.0.0.1', resolve));

	const origin = `http://127.0.0.1:${server.address().port}`;

	replay.values.set('origin', origin);
	return {
		address: origin, origin, secret: SECRET, routes,
		sql: async (text) => replay.statements.push(text),
		rows: async (label) => replay.rows(label),
		keys: async () => [],
		letters: async () => replay.letters,
		requests: replay.requests,
		statements: replay.statements,
		close: () => server.close(),
	};
}

export function routeOf({ request }) {
	return { method: request.method, path: request.path.split('?')[0] };
}

class Replay {
	values = new Map();
	requests = [];
	statements = [];
	letters = [];
	#answer = null;

	constructor(exchanges, plant) {
		this.left = [...exchanges];
		this.plant = plant;
	}

	/* The runner skips what is not built; so do we. */
	#next({ method, url }) {
		const same = ({ request }) => request.method === method &&
			this.render(request.path) === url;

		this.left.splice(0, this.left.findIndex(same));
		return this.left.shift();
	}

	async serve(request, response) {
		const chunks = [];

		for await (const chunk of request)
			chunks.push(chunk);
		this.requests.push({ method: request.method, url: request.url,
			headers: request.headers,
			text: Buffer.concat(chunks).toString() });
		this.#send(response, this.#next(request));
	}

	#send(response, exchange) {
		const { status, headers, cookies = [], body, emptyBody } =
			exchange.response;
		const answer = this.#answer = {
			status,
			headers: this.render(headers),
			cookies: cookies.map((one) => this.#cookie(one)),
			body: this.render(body),
			emptyBody,
			outbox: this.render(exchange.outbox ?? []),
			db: (exchange.db ?? []).map((one) => this.#stored(one)),
		};

		if (/\/list-sessions$/.test(exchange.request.path))
			this.#hide(exchange, answer.body);
		this.plant(answer, exchange);
		answer.outbox.forEach(({ email, ...rest }) => this.letters.push({
			id: `letter ${this.letters.length}`, recipient: email,
			newEmail: null, ...rest }));
		response.writeHead(answer.status, { ...answer.headers,
			'set-cookie': answer.cookies.map(cookieLine) });
		response.end(answer.emptyBody ? '' :
			JSON.stringify(answer.body));
	}

	rows(label) {
		return this.#answer.db.find((one) => one.table === label)
			?.rows ?? null;
	}

	render(piece) {
		return JSON.parse(JSON.stringify(piece).replace(PLACEHOLDER,
			(all, name, kind) => this.#value(name, kind)));
	}

	#value(name, kind) {
		if (name === undefined)
			return makers[kind]();
		if (!this.values.has(name))
			this.values.set(name, makers[name.split(':')[0]]());
		return this.values.get(name);
	}

	#cookie({ name, value, decoded, attributes: { ...attributes } }) {
		if (decoded === undefined)
			return { name, value, attributes };

		const payload = this.render(decoded.replace('.<hmac>', ''));
		const wire = encodeURIComponent(`${payload}.` +
			createHmac('sha256', SECRET).update(payload)
				.digest('base64'));

		this.values.set(value.slice(2, -2), wire);
		return { name, value: wire, attributes };
	}

	#stored({ table, rows }) {
		return { table, rows: this.render(rows).map((row) =>
			row.token !== undefined ? { ...row,
				token: `sha256:${digest(row.token)}` } :
				row.identifier !== undefined ? hidden(row) :
					row) };
	}

	#hide({ request }, body) {
		if (!Array.isArray(body))
			return;
		for (const session of body)
			if (!this.render(request.headers.cookie)
				.includes(`=${session.token}.`))
				session.token = handleOf(session.token);
	}
}

/* A row of verifications as store/verification.c keeps it. */
function hidden({ identifier, value, ...row }) {
	return { ...row, identifier: `sha256:${digest(identifier)}`,
		value: 'sealed:' + seal(SECRET, 'verification:' +
			digest(`seal ${identifier}`), value).toString('hex') };
}

export function handleOf(token) {
	return digest(token).slice(0, 32);
}

function cookieLine({ name, value, attributes }) {
	return [`${name}=${value}`, ...Object.entries(attributes).map(
		([key, set]) => set === true ? key : `${key}=${set}`)]
		.join('; ');
}
