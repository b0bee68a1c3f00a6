/*
 * What every page owes to eyes, fingers and screen readers, looked at in the
 * page as it stands.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { assert } from './suite.mjs';

const AXE = fs.readFileSync(createRequire(import.meta.url)
	.resolve('axe-core/axe.min.js'), 'utf8');
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
	'best-practice'];

/* Scripts of ours go in through the debugger: the page's policy stays on. */
export async function accessible(page, what) {
	if (!await page.evaluate(() => 'axe' in globalThis))
		await page.evaluate(AXE);

	const found = await page.evaluate(async (tags) => {
		const { violations } = await globalThis.axe.run(document,
			{ runOnly: tags, resultTypes: ['violations'] });

		return violations.map(({ id, nodes }) => `${id}: ` + nodes
			.slice(0, 3).map((node) => node.html.slice(0, 120) +
				' ' + node.any.map((check) => check.message)
				.join('; ')).join(' | '));
	}, STANDARDS);

	assert.deepEqual(found, [], what);
}

/* Nobody scrolls sideways but inside a table, and nothing is cut off. */
export async function fits(page, what) {
	assert.deepEqual(await page.evaluate(() => {
		const root = document.documentElement;
		const wide = [];

		for (const e of document.body.querySelectorAll('*')) {
			const box = e.getBoundingClientRect();

			if (box.width > 1 && box.right > root.clientWidth + 1 &&
			    e.closest('.scroll, .unseen, svg') === null)
				wide.push(e.outerHTML.slice(0, 80));
		}
		return { sideways: root.scrollWidth - root.clientWidth,
			wide: wide.slice(0, 3) };
	}), { sideways: 0, wide: [] }, what);
}

/* What can be pressed or typed into, as a person sees it. */
export function controls(page) {
	return page.evaluate(() => [...document.querySelectorAll(
		'a[href], button, input, select, summary')].filter((e) =>
		e.checkVisibility({ visibilityProperty: true }))
		.map((e) => `${e.localName} ${e.id} ${e.textContent.trim()}`));
}

/*
 * Tabs from the top of the page to its end. Resolves to { reached, missed,
 * unseen }: what had the focus in order, what never had it, and what did not
 * show it or was out of sight.
 */
export async function tabThrough(page) {
	await page.evaluate(() => {
		globalThis.tabbed = new Map();
		document.body.tabIndex = -1;	/* the place to start from */
		document.body.focus();
		document.body.removeAttribute('tabindex');
	});
	for (let presses = 0; presses < 400; presses++) {
		await page.keyboard.press('Tab');
		if (!await page.evaluate(noteFocus))
			break;
	}
	return page.evaluate(() => {
		const all = [...document.querySelectorAll('a[href], button, ' +
			'input:not([type=hidden]), select, summary, [tabindex="0"]')]
			.filter((e) => e.checkVisibility());
		const text = (e) => e.outerHTML.slice(0, 100);
		const { tabbed } = globalThis;

		return {
			reached: [...tabbed.keys()].map(text),
			missed: all.filter((e) => !tabbed.has(e)).map(text),
			unseen: [...tabbed].filter(([, seen]) => !seen)
				.map(([e]) => text(e)),
		};
	});
}

/* In the page: false when the focus has left it or is back at the start. */
function noteFocus() {
	const { activeElement: e } = document;
	const { tabbed } = globalThis;
	const keys = [...tabbed.keys()];

	if (e === document.body || e === document.documentElement ||
	    e === null || keys.length > 1 && e === keys[0])
		return false;
	if (!tabbed.has(e)) {
		const box = e.getBoundingClientRect();
		const style = getComputedStyle(e);

		tabbed.set(e, style.outlineStyle !== 'none' &&
			parseFloat(style.outlineWidth) >= 2 &&
			box.bottom > 0 && box.top < innerHeight &&
			box.right > 0 && box.left < innerWidth);
	}
	return true;
}
