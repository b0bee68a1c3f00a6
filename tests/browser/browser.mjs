/*
 * One Chromium for the whole run, and people with windows of their own in it.
 */
import { chromium } from 'playwright-core';

const PATIENCE_MS = 20000;
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/* As root it refuses its sandbox; it must look for nothing on the network. */
export const FLAGS = ['--no-sandbox', '--disable-dev-shm-usage',
	'--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update',
	'--disable-sync'];

let browser = null;

function theBrowser() {
	browser ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
	return browser;
}

export async function closeBrowser() {
	if (browser !== null)
		await (await browser).close();
	browser = null;
}

/*
 * A person: cookies of their own, one page, and a memory of what went wrong
 * in it: errors of the console, of scripts, of the content security policy.
 */
export class Visitor {
	problems = [];

	/* options are those of a Playwright context. */
	static async open(at, options = {}) {
		const visitor = new Visitor();
		const context = await (await theBrowser()).newContext({
			baseURL: at.url, viewport: { width: 1280, height: 800 },
			reducedMotion: 'reduce', ...options });

		context.setDefaultTimeout(PATIENCE_MS);
		visitor.at = at;
		visitor.context = context;
		await visitor.newPage();
		return visitor;
	}

	async newPage() {
		this.page = await this.context.newPage();
		this.page.on('console', (message) => {
			if (message.type() === 'error' &&
			    !isStatusOfPage(message))
				this.problems.push(message.text());
		});
		this.page.on('pageerror', (error) =>
			this.problems.push(error.message));
		return this.page;
	}

	async goto(path) {
		const response = await this.page.goto(path);

		this.status = response.status();
		return response;
	}

	/* What the browser would hold back itself is sent. */
	async sendAnything() {
		await this.page.locator('main form').evaluateAll((forms) =>
			forms.forEach((form) => { form.noValidate = true; }));
	}

	/* Presses what has that name and waits for the page after it. */
	async press(name, { role = 'button', within = this.page } = {}) {
		const [response] = await Promise.all([
			this.page.waitForNavigation(),
			within.getByRole(role, { name, exact: true }).click(),
		]);

		this.status = response.status();
	}

	follow(name) {
		return this.press(name, { role: 'link' });
	}

	/* Fields by their label; null leaves one alone. */
	async fill(fields, within = this.page) {
		for (const [label, value] of Object.entries(fields))
			if (value !== null)
				await within.getByLabel(label, { exact: true })
					.fill(value);
	}

	async signIn(email, password) {
		await this.goto('/login');
		await this.page.getByLabel(/^E-mail( or username)?$/)
			.fill(email);
		await this.fill({ Password: password });
		await this.press('Sign in');
	}

	get path() {
		return new URL(this.page.url()).pathname;
	}

	text() {
		return this.page.locator('main').innerText();
	}

	async close() {
		await this.context.close();
	}
}

/* A refused form's page has a status of 4xx, which Chromium reports. */
function isStatusOfPage(message) {
	return /^Failed to load resource: .* status of 4\d\d /
		.test(message.text()) &&
		!message.location().url.includes('/assets/');
}
