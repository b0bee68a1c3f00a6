/*
 * An app as its authors write it: the official client, unchanged, in a browser
 * of its own. What is not the client's is the browser: it keeps cookies and
 * names its origin.
 */
import { createAuthClient } from 'better-auth/client';
import { adminClient, jwtClient, multiSessionClient, oneTimeTokenClient,
	usernameClient } from 'better-auth/client/plugins';
import { apiKeyClient } from '@better-auth/api-key/client';
import { Browser } from '../lib/http.mjs';
import { is, ok, PASSWORD, secret } from '../http/suite.mjs';

const NO_BODY = [204, 205, 304];
const REDIRECTS = 5;

/* fetch() of a page at origin: with its cookies, following redirects. */
function fetchOf(browser, last) {
	return async function (input, { method = 'GET', headers = {},
		body = null, redirect = 'follow' } = {}) {
		let url = new URL(input);

		for (let left = REDIRECTS; ; left--) {
			const list = [...new Headers(headers)];

			if (!['GET', 'HEAD'].includes(method))
				list.push(['origin', browser.origin]);
			if (url.origin !== browser.origin)
				throw new TypeError(`a request to ${url.origin}`);

			const answer = await browser.send(method,
				url.pathname + url.search, { headers: list, body });

			last.answer = answer;
			if (answer.status !== 302 || redirect !== 'follow')
				return response(answer);
			if (left === 0)
				throw new TypeError('too many redirects');
			url = new URL(answer.header('location'), url);
			[method, body] = ['GET', null];
		}
	};
}

function response(answer) {
	return new Response(NO_BODY.includes(answer.status) ? null :
		answer.body, { status: answer.status, headers: answer.headers
		.filter(([name]) => name !== 'set-cookie') });
}

let people = 0;

export class App {
	/* options go to the client's fetch, for apps without cookies. */
	constructor(site, options = {}) {
		const last = this.last = {};

		this.site = site;
		this.browser = new Browser(site.url);
		this.client = createAuthClient({
			baseURL: site.url,
			plugins: [adminClient(), jwtClient(), usernameClient(),
				multiSessionClient(), oneTimeTokenClient(),
				apiKeyClient()],
			fetchOptions: { customFetchImpl: fetchOf(this.browser,
				last), ...options },
		});
		this.email = `c${process.pid}x${people++}@example.com`;
	}

	/* The member of the client whose name is a path: app.do('signIn.email'). */
	do(name, ...args) {
		const [last, ...path] = name.split('.').reverse();
		const owner = path.reverse().reduce((at, key) => at[key],
			this.client);

		return owner[last](...args);
	}

	/* What the call gives; it must succeed. */
	async yes(name, ...args) {
		const { data, error } = await this.do(name, ...args);

		is(error === null ? null : JSON.stringify(error), null,
			`the error of ${name}`);
		return data;
	}

	/* The call must fail, with this status and code. */
	async no(status, code, name, ...args) {
		const { data, error } = await this.do(name, ...args);

		ok(error !== null, `${name} gave ${JSON.stringify(data)}`);
		is(error.status, status, `the status of ${name}`);
		is(error.code, code, `the code of ${name}`);
		return error;
	}

	async signUp(more = {}) {
		const { user } = await this.yes('signUp.email', {
			email: this.email, password: PASSWORD, name: 'A Client',
			...more });

		this.id = user.id;
		return this;
	}

	signIn(more = {}) {
		return this.yes('signIn.email', { email: this.email,
			password: PASSWORD, ...more });
	}

	/* Another browser of the same person. */
	async another() {
		const other = new App(this.site);

		other.email = this.email;
		other.id = this.id;
		await other.signIn();
		return other;
	}

	async session() {
		return this.yes('getSession');
	}

	/* The newest letter of a kind to this person. */
	letter(kind, to = this.email) {
		return this.site.letter(kind, to);
	}
}

export async function person(site) {
	return new App(site).signUp();
}

/* The token in a letter's link: a parameter, or the last part of its path. */
export function tokenOf(url) {
	const at = new URL(url);

	return secret(at.searchParams.get('token') ??
		at.pathname.split('/').at(-1));
}
