/* What people read of a replay. */
import { ABSENT } from './compare.mjs';

const WIDTH = 160;

export function tally(results, outcome) {
	return results.filter((one) => one.outcome === outcome);
}

/* "core-http 52/57 (5 not built: a, b, …; 3 known deviations)" */
export function flowLine(flow, results) {
	const absent = tally(results, 'absent');
	const deviations = results.flatMap((one) => one.deviations).length;
	const notes = [];

	if (absent.length > 0)
		notes.push(`${absent.length} not built: ${reasons(absent,
			results.length)}`);
	if (deviations > 0)
		notes.push(`${deviations} known deviations`);
	return `${flow} ${tally(results, 'passed').length}/${results.length}` +
		(notes.length > 0 ? ` (${notes.join('; ')})` : '');
}

/* Names, or one reason where that is why the whole flow is absent. */
function reasons(absent, total) {
	const whys = new Set(absent.map((one) => one.why));

	return absent.length === total && whys.size === 1 ? [...whys][0] :
		absent.map((one) => one.exchange.name).join(', ');
}

/* Everything that differed in one exchange. */
export function failureText(flow, { exchange, problems, response }) {
	const { method, path, body } = exchange.request;
	const lines = [`FAILED ${flow}: ${exchange.name}`,
		`  ${method} ${path} ${body === null ? '' : show(body)}`];

	for (const problem of problems)
		lines.push(`  ${problem.path}`,
			`    expected  ${show(problem.expected)}`,
			`    got       ${show(problem.actual)}`);
	if (problems[0].path === 'status')
		lines.push(`  the whole answer: ${response.text.slice(0, 1000)}`);
	return lines.join('\n');
}

/* One line an exchange, for --verbose. */
export function resultLine({ exchange, outcome, why, deviations }) {
	return [`  ${outcome.padEnd(6)}  ${exchange.name}` +
		(why === '' ? '' : `: ${why}`),
	...deviations.map((text) => `          differs: ${text}`)].join('\n');
}

function show(value) {
	if (value instanceof Error)
		return value.message;

	const text = value === ABSENT ? '(nothing)' : JSON.stringify(value);

	return text.length > WIDTH ? `${text.slice(0, WIDTH)}…` : text;
}
