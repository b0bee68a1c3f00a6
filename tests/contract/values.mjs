/*
 * The placeholders of the transcripts: {{kind:n}} is a value that is captured
 * where it first appears, compared later, put into requests; <kind> is one
 * that appears once and only has a format.
 */

/* Without a row a kind matches any text. */
const FORMATS = {
	'id': '[A-Za-z0-9]{32}',
	'token': '(?:[A-Za-z0-9_-]{32}|[A-Za-z0-9]{24})',
	'iso8601': '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
	'epoch-s': '\\d{9,11}',
	'epoch-ms': '\\d{12,14}',
	'int': '-?\\d+',
	'jwt': '[\\w-]+\\.[\\w-]+\\.[\\w-]+',
	'hmac': '[A-Za-z0-9+/]{43}=',
	'hmac-b64url': '[A-Za-z0-9_-]{43}',
	'scrypt': '[0-9a-f]{32}:[0-9a-f]{128}',
	'otp': '\\d{6}',
	'cookie': '[^;\\s]+',
	'signed-token': '[^;\\s]+\\.[A-Za-z0-9+/]{43}=',
};
const ANY = '[^]+';

const TOKEN = /\{\{([^{}|]+)(?:\|([^{}]+))?\}\}|<([a-z0-9-]+)>/g;
const REPEATED = /<(\d+) (\S) characters>/g;

const TRANSFORMS = {
	lower: (text) => text.toLowerCase(),
	enc: (text) => encodeURIComponent(text),
	'dashed-lower': (text) => (text.slice(0, text.length / 2) + '-' +
		text.slice(text.length / 2)).toLowerCase(),
};

/* A name of TRANSFORMS, or a parameter to change in a query: "state=st-2". */
function transform(value, how) {
	const text = String(value);

	if (how === undefined)
		return value;
	if (how in TRANSFORMS)
		return TRANSFORMS[how](text);

	const [key, changed] = how.split('=');
	const query = new URLSearchParams(text);

	query.set(key, changed);
	return query.toString();
}

function escape(text) {
	return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/* A request asks for a value that nothing has shown so far. */
export class Missing extends Error {
	constructor(name) {
		super(`{{${name}}} has not been captured`);
		this.placeholder = name;
	}
}

/* The names of the captured kind in a piece of transcript. */
export function placeholders(piece) {
	return [...JSON.stringify(piece ?? null).matchAll(TOKEN)]
		.map((match) => match[1]).filter((name) => name !== undefined);
}

export class Values {
	#captured = new Map();

	/* given: placeholders known from the start, { origin: … } */
	constructor(given) {
		for (const [name, value] of Object.entries(given))
			this.#captured.set(name, value);
	}

	get(name) {
		const later = /^now(?:\+(\d+))?$/.exec(name);

		if (later)
			return Math.floor(Date.now() / 1000) +
				Number(later[1] ?? 0);
		return this.#captured.get(name);
	}

	/* A copy of a piece of request with every placeholder replaced. */
	fill(piece) {
		if (typeof piece === 'string')
			return this.#fillText(piece);
		if (Array.isArray(piece))
			return piece.map((item) => this.fill(item));
		if (piece !== null && typeof piece === 'object')
			return Object.fromEntries(Object.entries(piece).map(
				([key, item]) => [this.fill(key),
					this.fill(item)]));
		return piece;
	}

	#fillText(text) {
		const whole = /^\{\{([^{}|]+)\}\}$/.exec(text);
		const known = (name) => {
			const value = this.get(name);

			if (value === undefined)
				throw new Missing(name);
			return value;
		};

		if (whole)
			return known(whole[1]);	/* a number stays one */
		return text
			.replace(REPEATED, (_, times, letter) =>
				letter.repeat(Number(times)))
			.replace(TOKEN, (all, name, how) => name === undefined ?
				all : String(transform(known(name), how)));
	}

	/*
	 * Whether actual is what the transcript's text stands for. A match
	 * captures what is new in it.
	 */
	matches(expected, actual) {
		const text = typeof actual === 'number' ? String(actual) :
			actual;
		const fresh = [];

		if (typeof text !== 'string')
			return false;

		const found = this.#pattern(expected, fresh).exec(text);

		if (found === null)
			return false;
		fresh.forEach((name, i) => this.#captured.set(name,
			text === found[i + 1] ? actual : found[i + 1]));
		return true;
	}

	#pattern(expected, fresh) {
		let source = '', from = 0;

		for (const match of expected.matchAll(TOKEN)) {
			source += escape(expected.slice(from, match.index));
			source += this.#piece(match, fresh);
			from = match.index + match[0].length;
		}
		return new RegExp(`^${source}${escape(expected.slice(from))}$`,
			'u');
	}

	#piece([, name, how, kind], fresh) {
		if (name === undefined)
			return FORMATS[kind] ?? ANY;

		const value = this.get(name);
		const format = FORMATS[name.split(':')[0]] ?? ANY;

		if (value !== undefined)
			return escape(String(transform(value, how)));
		if (how !== undefined)
			return ANY;	/* of what, is not known yet */
		if (fresh.includes(name))
			return `(?:\\${fresh.indexOf(name) + 1})`;
		fresh.push(name);
		return `(${format})`;
	}
}
