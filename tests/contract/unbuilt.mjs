/*
 * Flows that mix what is built with what is not: replayed without the plugins
 * below, which is less than was recorded, and said so.
 */

/*
 * members   that a plugin adds to everybody's objects: not expected
 * steps     of it on a route that is there for others: not sent
 * stripped  { step: headers }: sent without these, because later steps build
 *           upon it, but not counted as passed
 */
const UNBUILT = {
	'anonymous': { members: ['isAnonymous'], stripped: {
		'anonymous converts by sign-up (anonymous user is removed)':
			['cookie', 'origin'] } },
	'phone-number': { members: ['phoneNumber', 'phoneNumberVerified'],
		steps: ['update-user phoneNumber'] },
};

/* "phone-number({...})" -> its row, or undefined. */
function rowOf(plugin) {
	return UNBUILT[plugin.split('(')[0]];
}

export function isUnbuilt(plugin) {
	return rowOf(plugin) !== undefined;
}

/*
 * What is left of the exchanges. One that is not to be sent says why in
 * skipped, one that is not to be counted in partly.
 */
export function withoutUnbuilt(exchanges, plugins) {
	const rows = plugins.map(rowOf).filter((row) => row !== undefined);
	const members = rows.flatMap((row) => row.members);
	const steps = rows.flatMap((row) => row.steps ?? []);
	const stripped = Object.assign({}, ...rows.map((row) => row.stripped));

	return exchanges.map((exchange) => {
		const { name, request, response } = exchange;
		const rest = { ...exchange, response: { ...response,
			body: without(response.body, members) } };

		if (steps.includes(name))
			return { ...rest, skipped: 'of a plugin not built' };
		if (!(name in stripped))
			return rest;
		return { ...rest, db: [], request: { ...request,
			headers: without(request.headers, stripped[name]) },
		partly: `sent without ${stripped[name].join(', ')}` };
	});
}

/* A copy without the members of these names, at any depth. */
function without(piece, names) {
	if (Array.isArray(piece))
		return piece.map((item) => without(item, names));
	if (piece === null || typeof piece !== 'object')
		return piece;
	return Object.fromEntries(Object.entries(piece)
		.filter(([key]) => !names.includes(key))
		.map(([key, value]) => [key, without(value, names)]));
}
