/*
 * The web server's side of FastCGI, for records no web server would send.
 *
 * record() and params() make bytes, converse() sends them and reads the rest,
 * ask() is one well-formed request.
 */
import net from 'node:net';

export const BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6,
	STDERR = 7, DATA = 8, GET_VALUES = 9;
export const RESPONDER = 1, AUTHORIZER = 2, FILTER = 3;

const CONTENT_MAX = 65535;
const SILENCE_MS = 10000;

/* One record; version and padding are there to be wrong. */
export function record(type, content = '', { id = 1, version = 1,
	padding = 0 } = {}) {
	const bytes = Buffer.from(content);
	const head = Buffer.alloc(8);

	head.writeUInt8(version, 0);
	head.writeUInt8(type, 1);
	head.writeUInt16BE(id, 2);
	head.writeUInt16BE(bytes.length, 4);
	head.writeUInt8(padding, 6);
	return Buffer.concat([head, bytes, Buffer.alloc(padding)]);
}

export function begin(role = RESPONDER, options = {}) {
	return record(BEGIN, [role >> 8, role & 255, 0, 0, 0, 0, 0, 0], options);
}

/* Content as records of one stream, the empty one that ends it included. */
export function stream(type, content, options = {}) {
	const bytes = Buffer.from(content);
	const records = [];

	for (let at = 0; at < bytes.length; at += CONTENT_MAX)
		records.push(record(type, bytes.subarray(at, at + CONTENT_MAX),
			options));
	return Buffer.concat([...records, record(type, '', options)]);
}

/* Object or list of [name, value] as the content of PARAMS records. */
export function params(values) {
	const list = Array.isArray(values) ? values : Object.entries(values);

	return Buffer.concat(list.flatMap(([name, value]) => {
		const key = Buffer.from(name), text = Buffer.from(value);

		return [size(key.length), size(text.length), key, text];
	}));
}

/* Lengths from 128 take four bytes, the first marked by its highest bit. */
export function size(length) {
	if (length < 128)
		return Buffer.of(length);

	const bytes = Buffer.alloc(4);

	bytes.writeUInt32BE((length | 0x80000000) >>> 0);
	return bytes;
}

/*
 * Sends bytes to a unix socket; resolves, when END has come or the peer has
 * closed, to { ended, appStatus, protocolStatus, stdout, stderr }.
 */
export function converse(path, bytes) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(path);
		let received = Buffer.alloc(0);
		const finish = () => {
			socket.destroy();
			resolve(parse(received));
		};

		socket.setTimeout(SILENCE_MS, finish);
		socket.on('error', (error) => ['EPIPE', 'ECONNRESET'].includes(
			error.code) ? finish() : reject(error));
		socket.on('close', finish);
		socket.on('data', (chunk) => {
			received = Buffer.concat([received, chunk]);
			if (parse(received).ended)
				finish();
		});
		socket.write(bytes);
	});
}

function parse(bytes) {
	const out = { ended: false, appStatus: null, protocolStatus: null };
	const streams = { [STDOUT]: [], [STDERR]: [] };

	for (let at = 0; at + 8 <= bytes.length;) {
		const type = bytes[at + 1], length = bytes.readUInt16BE(at + 4);
		const content = bytes.subarray(at + 8, at + 8 + length);

		if (content.length < length)
			break;
		if (type === END) {
			out.ended = true;
			out.appStatus = content.readUInt32BE(0);
			out.protocolStatus = content[4];
		}
		streams[type]?.push(content);
		at += 8 + length + bytes[at + 6];
	}
	out.stdout = Buffer.concat(streams[STDOUT]);
	out.stderr = Buffer.concat(streams[STDERR]);
	return out;
}

/* One proper request; adds status, headers and body to what converse gives. */
export async function ask(path, { method = 'GET', uri = '/', role = RESPONDER,
	headers = {}, values = {}, body = '' } = {}) {
	const named = Object.entries(headers).map(([name, value]) =>
		[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]);
	const all = { REQUEST_METHOD: method, REQUEST_URI: uri,
		QUERY_STRING: uri.split('?')[1] ?? '', REMOTE_ADDR: '127.0.0.1',
		SERVER_PROTOCOL: 'HTTP/1.1',
		CONTENT_LENGTH: String(Buffer.byteLength(body)),
		...Object.fromEntries(named), ...values };
	const reply = await converse(path, Buffer.concat([begin(role),
		stream(PARAMS, params(all)), stream(STDIN, body)]));

	return { ...reply, ...page(reply.stdout.toString('latin1')) };
}

function page(text) {
	const blank = /\r?\n\r?\n/.exec(text);
	const head = blank === null ? text : text.slice(0, blank.index);
	const headers = head.split(/\r?\n/).map((line) => {
		const colon = line.indexOf(':');

		return [line.slice(0, colon).toLowerCase(),
			line.slice(colon + 1).trim()];
	});
	const status = headers.find(([name]) => name === 'status');

	return { status: status ? parseInt(status[1], 10) : 200, headers,
		body: blank === null ? '' :
			text.slice(blank.index + blank[0].length) };
}
