/*
 * A client that sends what it is told: the path as written, the headers as
 * written, nothing followed, nothing retried, one connection a request.
 */
import http from 'node:http';
import net from 'node:net';

const SILENCE_MS = 30000;

/*
 * request('http://127.0.0.1:8080', { method, path, headers, body })
 *
 * headers  object, or list of [name, value] where a name may come twice; Host
 *          and Content-Length are added unless they are there
 * body     text or bytes; none sends Content-Length: 0 with the methods whose
 *          servers insist on one
 *
 * Resolves to { status, headers, header(name), cookies, body, text, json() }:
 * headers as [lower-case name, value] in wire order, cookies the Set-Cookie
 * values in wire order, body the bytes.
 */
export function request(origin, { method = 'GET', path = '/', headers = {},
	body = null }) {
	const { hostname, port, host } = new URL(origin);
	const bytes = body === null ? null : Buffer.from(body);
	const flat = complete(pairs(headers), host, method, bytes);

	return new Promise((resolve, reject) => {
		const sent = http.request({ hostname, port, method, path,
			headers: flat, agent: false, timeout: SILENCE_MS });

		sent.on('timeout', () => sent.destroy(
			new Error(`${method} ${path}: no answer`)));
		sent.on('error', reject);
		sent.on('response', (response) => {
			collect(response).then(
				(content) => resolve(answer(response, content)),
				reject);
		});
		sent.end(bytes ?? undefined);
	});
}

function pairs(headers) {
	return Array.isArray(headers) ? headers : Object.entries(headers);
}

function complete(list, host, method, bytes) {
	const has = (name) => list.some(([key]) => key.toLowerCase() === name);
	const flat = list.flat().map(String);

	if (!has('host'))
		flat.unshift('Host', host);
	if (bytes !== null || !['GET', 'HEAD', 'OPTIONS'].includes(method))
		if (!has('content-length') && !has('transfer-encoding'))
			flat.push('Content-Length', String(bytes?.length ?? 0));
	flat.push('Connection', 'close');
	return flat;
}

async function collect(stream) {
	const chunks = [];

	for await (const chunk of stream)
		chunks.push(chunk);
	return Buffer.concat(chunks);
}

function answer(response, body) {
	const headers = [];

	for (let i = 0; i < response.rawHeaders.length; i += 2)
		headers.push([response.rawHeaders[i].toLowerCase(),
			response.rawHeaders[i + 1]]);
	return {
		status: response.statusCode,
		headers,
		header: (name) => headers.filter(([key]) => key === name)
			.map(([, value]) => value).join(', ') || null,
		cookies: headers.filter(([key]) => key === 'set-cookie')
			.map(([, value]) => value),
		body,
		text: body.toString('utf8'),
		json: () => JSON.parse(body.toString('utf8')),
	};
}

/* Sends bytes as they are and resolves to all that comes until the end. */
export async function exchangeBytes(origin, bytes) {
	const { hostname, port } = new URL(origin);
	const socket = net.connect({ host: hostname, port });

	socket.setTimeout(SILENCE_MS, () => socket.destroy());
	socket.write(bytes);
	return collect(socket);
}

/*
 * "a=b; Max-Age=5; HttpOnly" -> { name, value, attributes } in wire order;
 * Max-Age a number, flags true.
 */
export function parseSetCookie(line) {
	const [first, ...rest] = line.split(/; */);
	const equals = first.indexOf('=');
	const attributes = {};

	for (const part of rest) {
		const [key, ...value] = part.split('=');
		const text = value.join('=');

		if (value.length === 0)
			attributes[key] = true;
		else
			attributes[key] = key === 'Max-Age' ? Number(text) :
				text;
	}
	return { name: first.slice(0, equals), value: first.slice(equals + 1),
		attributes };
}

/* What a browser remembers for one site: Max-Age, Path, deletion. */
export class Jar {
	#cookies = new Map();

	take(response) {
		for (const line of response.cookies) {
			const cookie = parseSetCookie(line);
			const age = cookie.attributes['Max-Age'] ?? Infinity;

			if (age > 0)
				this.#cookies.set(cookie.name, { ...cookie,
					until: Date.now() + age * 1000 });
			else
				this.#cookies.delete(cookie.name);
		}
	}

	get(name) {
		return this.#fresh().find((cookie) => cookie.name === name)
			?.value;
	}

	/* The Cookie header for a path, or null. */
	header(path = '/') {
		return this.#fresh().filter((cookie) => under(path,
			cookie.attributes.Path ?? '/'))
			.map((cookie) => `${cookie.name}=${cookie.value}`)
			.join('; ') || null;
	}

	/* Closing the browser: cookies without Max-Age are gone. */
	close() {
		for (const cookie of this.#fresh())
			if (cookie.until === Infinity)
				this.#cookies.delete(cookie.name);
	}

	#fresh() {
		return [...this.#cookies.values()].filter(
			(cookie) => cookie.until > Date.now());
	}
}

function under(path, scope) {
	const bare = path.split('?')[0];
	const folder = scope.endsWith('/') ? scope : scope + '/';

	return bare === scope || bare.startsWith(folder);
}

/* One person's browser at one origin: request() with a jar and an Origin. */
export class Browser {
	constructor(origin) {
		this.origin = origin;
		this.jar = new Jar();
	}

	async send(method, path, { headers = {}, body = null } = {}) {
		const cookie = this.jar.header(path);
		const response = await request(this.origin, { method, path, body,
			headers: [...pairs(headers),
				...(cookie === null ? [] : [['Cookie', cookie]])],
		});

		this.jar.take(response);
		return response;
	}

	get(path) {
		return this.send('GET', path);
	}

	json(path, value, method = 'POST') {
		return this.send(method, path, {
			headers: { Origin: this.origin,
				'Content-Type': 'application/json' },
			body: JSON.stringify(value),
		});
	}

	form(path, fields) {
		return this.send('POST', path, {
			headers: { Origin: this.origin, 'Content-Type':
				'application/x-www-form-urlencoded' },
			body: new URLSearchParams(fields).toString(),
		});
	}
}
