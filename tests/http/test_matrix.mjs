/*
 * Every route of `tollgate routes`, by every role, with every method.
 *
 * What must be refused comes first, and the database must be the same after
 * it; what must pass comes second, each write in a session of its own.
 */
import { MATRIX, OUT, ROLES, WEBHOOK_SECRET } from './matrix.mjs';
import { mailToken } from '../lib/letters.mjs';
import { FORM, PASSWORD, Person, after, before, is, matches, ok, person, secret,
	stand, test } from './suite.mjs';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const READING = ['GET', 'HEAD', 'OPTIONS'];
/* But what the janitor adds up by itself, whoever is refused meanwhile. */
const TABLES = `SELECT tablename AS name FROM pg_tables
	WHERE schemaname = 'public' AND tablename NOT LIKE 'hourly%'
	ORDER BY 1`;

let at, routes, world;
const people = {};
const now = () => Math.floor(Date.now() / 1000);

before(async () => {
	at = await stand({ name: 'matrix', config: {
		'admin.enabled': true,
		'username.enabled': true, 'jwt.enabled': true,
		'jwt.algorithm': 'EdDSA', 'tasks.enabled': true,
		'shop.enabled': true,
		'feedback.enabled': true, 'entitlements.enabled': true,
		'reservations.enabled': true,
		'one_time_token.enabled': true, 'api_key.enabled': true,
		'multi_session.enabled': true, 'multi_session.maximum': 20,
		'session.fields': 'colour:string', 'affiliates.enabled': true,
		'credits.approval_above': 1000000,
		'stripe.enabled': true, 'stripe.secret_key': 'sk_matrix',
		'stripe.webhook_secret': WEBHOOK_SECRET,
		'user.delete': true,
		/* or nobody would be left */
		'user.delete_verification': true,
		'mail.per_recipient': 0 } });
	routes = await readRoutes();
	for (const role of ROLES)
		people[role] = role === 'nobody' ? new Person(at) :
			await person(at, role);
	world = await makeWorld();
});
after(async () => is((await at.stop()).code, 0, 'the exit status'));

async function readRoutes() {
	const { stdout } = await at.tollgate(['routes']);

	return stdout.trim().split('\n').map((line) => {
		const [method, path, face, guard] = line.split(/\s+/);

		return { method, path, face, guard, name: `${method} ${path}` };
	});
}

/* What entries need to fill their requests with. */
async function makeWorld() {
	const someone = await person(at);

	someone.username = 'some.one';
	await someone.json('/api/auth/update-user',
		{ username: someone.username });

	const victim = await person(at);
	const order = '0'.repeat(32);
	const plan = '1'.repeat(32);
	const spare = (await victim.session()).session.id;
	const [letter] = await at.writeLetters(['a@example.com']);
	let serial = 0;

	/* A credit that left somebody's wallet. */
	async function moved({ id: wallet }, kind, to, expires) {
		if (world.refusing || wallet === undefined)
			return 'none';

		const id = `${kind}${++serial}`;

		await at.psql(`INSERT INTO transfers (id, wallet_id, kind, from_id,
			to_id, amount, reason, key, key_hash, expires_at,
			created_at) VALUES ('${id}', '${wallet}', '${kind}',
			'${wallet}', '${to}', 1, '', '${id}', sha256(''),
			${expires}, now())`);
		return id;
	}

	await at.psql(`INSERT INTO orders (id, user_id, email, description,
		credits, amount_minor, currency, created_at, updated_at)
		VALUES ('${order}', '${victim.id}', '${victim.email}', 'Credits',
		100, 1000, 'EUR', now(), now())`);
	await at.psql(`INSERT INTO affiliates (id, user_id, code, created_at)
		VALUES ('${order}', '${victim.id}', '0123456789', now())`);
	await at.psql(`INSERT INTO plans (id, kind, name, title, description,
		price_minor, currency, credits, active, position, created_at,
		updated_at) VALUES ('${plan}', 'pack', 'some', 'Some', '', 900,
		'EUR', 10, true, 0, now(), now())`);
	for (const { id } of [victim, ...ROLES.slice(1).map(
		(role) => people[role])])
		await grant(id, id);
	return {
		someone, victim, order, plan, affiliate: order,
		actor: null,		/* who sends the request at hand */
		refusing: false,	/* and is to be refused */
		key: () => `matrix-${process.pid}-${++serial}`,
		freshEmail: () => `new${process.pid}x${++serial}@example.com`,
		mailToken: () => mailToken(at.settings['server.secret'], {
			email: someone.email, iat: now(), exp: now() + 60 }),
		async resetToken() {
			await new Person(at).json(
				'/api/auth/request-password-reset',
				{ email: someone.email });

			const { url } = (await at.letters()).findLast(
				({ kind }) => kind === 'reset-password');

			return secret(new URL(url).pathname.split('/').at(-1));
		},
		async otherSession() {
			if (world.actor.id === undefined)
				return 'none';
			return (await (await world.actor.another()).session())
				.session.id;
		},
		async signingKey() {
			if (world.refusing)
				return 'none';

			const { stdout } = await at.tollgate(['key', 'rotate']);

			return stdout.trim();
		},
		async ownTask() {
			if (world.refusing || world.actor.id === undefined)
				return 'none';

			const id = `task${++serial}`;

			await at.psql(`INSERT INTO tasks (id, user_id, title,
				completed, created_at, updated_at) VALUES ('${id}',
				'${world.actor.id}', 'Matrix', false, now(), now())`);
			return id;
		},
		spend: (who) => moved(who, 'spend', 'spent', 'NULL'),
		hold: (who) => moved(who, 'hold', 'held', `now() + '1 h'`),
		async entitlement() {
			if (world.refusing)
				return 'none';

			const id = `entitlement${++serial}`;

			await at.psql(`INSERT INTO entitlements (id, owner_kind,
				owner_id, key, value, source, source_id, granted_at)
				VALUES ('${id}', 'user', '${victim.id}', 'matrix',
				'true', 'promo', '${id}', now())`);
			return id;
		},
		async licence() {
			if (world.refusing)
				return 'none';

			const id = `licence${++serial}`;

			await at.psql(`INSERT INTO licences (id, owner_kind,
				owner_id, holder, type, features, limits, file,
				issued_at) VALUES ('${id}', 'user', '${victim.id}',
				'${victim.email}', 'pro', '["export"]', '{}', 'x',
				now())`);
			return id;
		},
		async event() {
			if (world.refusing)
				return 'none';

			const id = `event${++serial}`;

			await at.psql(`INSERT INTO provider_events (id, provider,
				event_id, type, created_at, received_at, body)
				VALUES ('${id}', 'stripe', '${id}', 'a.b', now(),
				now(), '{}')`);
			return id;
		},
		async item() {
			if (world.refusing)
				return 'none';

			const id = `item${++serial}`;

			await at.psql(`INSERT INTO items (id, name, description,
				price, unit, active, created_at, updated_at)
				VALUES ('${id}', '${id}', '', 1, 'hour', true, now(),
				now())`);
			return id;
		},
		/* Asked for by somebody who can pay; nobody else wants it. */
		async reservation(by = people.super_admin) {
			if (world.refusing || by.id === undefined)
				return 'none';
			await grant(by.id, world.key());

			const body = { itemId: await world.item(),
				from: '2027-03-01T10:00Z', to: '2027-03-01T11:00Z' };
			const response = await by.json('/api/reservations', body);

			is(response.status, 200, `of asking (${response.text})`);
			return response.json().reservation.id;
		},
		async feedback() {
			if (world.refusing)
				return 'none';

			const id = `feedback${++serial}`;

			await at.psql(`INSERT INTO feedbacks (id, user_id, rating,
				subject, text, created_at, updated_at)
				VALUES ('${id}', '${victim.id}', 4, 'Matrix',
				'It fits.', now(), now())`);
			return id;
		},
		/* Not paid yet. */
		async orderOf(buyer) {
			if (world.refusing || buyer.id === undefined)
				return order;

			const id = `order${++serial}`;

			await at.psql(`INSERT INTO orders (id, user_id, email,
				description, credits, amount_minor, currency,
				created_at, updated_at) VALUES ('${id}',
				'${buyer.id}', '${buyer.email}', 'Credits', 100,
				1000, 'EUR', now(), now())`);
			return id;
		},
		/* Open, unless said of somebody else. */
		async proposal(by = world.actor.id === people.admin_rw.id ?
			people.super_admin : people.admin_rw) {
			if (world.refusing)
				return order;

			const id = `proposal${++serial}`;

			await at.psql(`INSERT INTO credit_proposals (id, wallet_id,
				kind, amount, reason, key, proposed_by, created_at,
				lapses_at) VALUES ('${id}', '${victim.id}',
				'grant', 1000001, 'Matrix', '${id}', '${by.id}',
				now(), now() + interval '1 day')`);
			return id;
		},
		/* What has been dropped is not dropped again. */
		async letter() {
			return world.refusing ? letter :
				(await at.writeLetters(['a@example.com']))[0];
		},
		/* Signing up or in would be a change where none may be. */
		async goner() {
			world.gone = world.refusing ? victim : await person(at);
			return world.gone;
		},
		async victimSession() {
			if (world.refusing)
				return spare;
			await at.psql(`UPDATE users SET banned = false
				WHERE id = '${victim.id}'`);
			return (await (await victim.another()).session())
				.session.id;
		},
	};
}

async function grant(id, key) {
	const response = await people.super_admin.send('POST',
		'/api/admin/credits/grant', { body: JSON.stringify({ userId: id,
			amount: 100, reason: 'To spend' }), headers: {
			'Content-Type': 'application/json',
			'Idempotency-Key': key } });

	is(response.status, 200, 'the status of a grant');
}

/* ---- requests -------------------------------------------------------------- */

function filled(value) {
	return typeof value === 'function' ? value(world) : value;
}

async function pathOf(route, entry) {
	const params = await filled(entry.params ?? {});

	return route.path.replace(/:(\w+)/g, (_, name) => {
		ok(params[name] !== undefined, `${route.name}: no :${name}`);
		return encodeURIComponent(params[name]);
	}) + (filled(entry.query) ?? '');
}

/* Right in all respects but who sends it. */
async function send(who, route, entry, method = route.method) {
	world.actor = who;

	const path = await pathOf(route, entry);
	const headers = Object.entries(filled(entry.headers) ?? {});
	const fields = await filled(entry.body);
	let body = null;

	if (!READING.includes(method) && route.face === 'page') {
		headers.push(['Content-Type', FORM]);
		body = new URLSearchParams({ csrf: await who.csrf(),
			...fields }).toString();
	} else if (!READING.includes(method) && fields !== undefined) {
		headers.push(['Content-Type', 'application/json']);
		body = JSON.stringify(fields);
	}
	return who.send(method, path, { headers, body });
}

function expected(route, entry, role) {
	const status = entry.status[ROLES.indexOf(role)];

	return status !== OUT ? status : route.face === 'page' ? 303 : 401;
}

function isRefused(route, entry, role) {
	const status = entry.status[ROLES.indexOf(role)];

	return status === OUT || status >= 400;
}

/* A refusal of the guard, and of nothing before or behind it. */
function checkRefusal(response, route, entry, role) {
	const status = entry.status[ROLES.indexOf(role)];

	if (status === OUT && route.face === 'page')
		matches(response.header('location'), /^\/login(\?next=|$)/,
			'the place to go');
	else if (status === OUT && entry.bare)
		is(response.body.length, 0, 'the size of the body');
	else if (status === OUT)
		ok(response.json().code !== undefined, 'no code in the body');
	else if (status === 403 && route.face === 'page')
		matches(response.text, /Insufficient permissions/, 'the page');
	else if (status === 403)
		is(response.json().code, entry.code ?? 'FORBIDDEN', 'the code');
}

/* Runs work for every route and role; all differences make one failure. */
async function everywhere(choose, work) {
	const differences = [];
	let cells = 0;

	for (const route of routes) {
		const entry = MATRIX[route.name];

		for (const role of entry === undefined ? [] : ROLES) {
			if (!choose(route, entry, role))
				continue;
			cells++;
			await work(route, entry, role).catch((error) =>
				differences.push(`${route.name} as ${role}: ` +
					error.message));
		}
	}
	ok(differences.length === 0, `${differences.length} of ${cells}:\n` +
		differences.join('\n'));
	ok(cells > 0, 'nothing was tried');
}

/* ---- the database before and after ----------------------------------------- */

/* One text a table: its name, number of rows and a hash of them all. */
async function snapshot() {
	const tables = await at.psql(TABLES);
	const sums = tables.map(({ name }) => `SELECT '${name}' AS name,
		count(*) AS rows, md5(coalesce(string_agg(md5(t::text), ''
		ORDER BY t::text), '')) AS hash FROM ${name} t`);
	const rows = await at.psql(`SELECT * FROM (${sums.join(' UNION ALL ')}) s
		ORDER BY name`);

	return rows.map((row) => `${row.name} ${row.rows} ${row.hash}`);
}

/* Refusals may not leave a trace. */
async function unchanged(work) {
	const before = await snapshot();

	world.refusing = true;
	await work();
	world.refusing = false;

	const changed = (await snapshot()).filter(
		(row) => !before.includes(row));

	ok(changed.length === 0, `the database changed: ${changed}`);
}

/* ---- promises -------------------------------------------------------------- */

test('every route has an entry, and every entry a route', async () => {
	const names = routes.map(({ name }) => name);
	const unknown = names.filter((name) => MATRIX[name] === undefined);
	const stale = Object.keys(MATRIX).filter(
		(name) => !names.includes(name));

	ok(unknown.length === 0, `no entry: ${unknown.join(', ')}`);
	ok(stale.length === 0, `no such route: ${stale.join(', ')}`);
	ok(routes.every(({ guard }) => guard !== 'nobody'),
		'a route has no guard');
});

test('no entry lets admin_ro write what a user may not', async () => {
	for (const { name, method, guard } of routes) {
		const status = MATRIX[name]?.status;

		if (status === undefined || !guard.includes(':'))
			continue;
		is(status[0], OUT, `${name} for nobody`);
		is(status[1], 403, `${name} for a user`);
		if (method !== 'GET' && !MATRIX[name].reads)
			is(status[2], 403, `${name} for admin_ro`);
	}
});

test('who may not pass is refused, and nothing changes', () =>
	unchanged(() => everywhere(isRefused, async (route, entry, role) => {
		const response = await send(people[role], route, entry);

		is(response.status, expected(route, entry, role), 'the status');
		checkRefusal(response, route, entry, role);
	})));

test('a wrong method is 404 in the contract, else 405 with Allow', () =>
	unchanged(() => everywhere(() => true, async (route, entry, role) => {
		const there = routes.filter((other) => other.path ===
			route.path && (other.face === route.face)).map(
			({ method }) => method);

		if (route.face !== 'auth' && there.includes('GET'))
			there.push('HEAD');
		for (const method of METHODS.filter((m) => !there.includes(m)))
			await wrongMethod(people[role], route, entry, method,
				there);
	})));

/* Without a body, and with ids of nothing: the method alone decides. */
async function wrongMethod(who, route, entry, method, there) {
	const path = route.path.replace(/:\w+/g, 'none');
	const response = await who.send(method, path);

	is(response.status, route.face === 'auth' ? 404 : 405,
		`the status of ${method}`);
	is(response.header('allow')?.split(', ').sort().join() ?? null,
		route.face === 'auth' ? null : there.sort().join(),
		`Allow after ${method}`);
}

test('HEAD is GET without its body', () =>
	everywhere(({ method, face }) => method === 'GET' && face !== 'auth',
		async (route, entry, role) => {
			const get = await send(people[role], route, entry);
			const head = await send(people[role], route, entry,
				'HEAD');

			is(head.status, get.status, 'the status');
			is(head.body.length, 0, 'the size of the body');
			is(head.header('content-type'),
				get.header('content-type'), 'the type');
		}));

test('who may pass, passes', () =>
	everywhere((...cell) => !isRefused(...cell),
		async (route, entry, role) => {
			const who = role === 'nobody' ? new Person(at) :
				route.method === 'GET' ? people[role] :
					await people[role].another();
			const response = await send(who, route, entry);

			is(response.status, expected(route, entry, role),
				`the status (${response.text.slice(0, 200)})`);
			if (response.status === 303 && route.method !== 'GET')
				ok(!/^\/login\?/.test(response.header(
					'location')), 'sent to /login');
			if (/revoke-sessions|revoke-others|revoke-other-sessions/
				.test(route.path) && role !== 'nobody')
				await people[role].signIn();
		}));

/* Forms that do something to another user, each with what it takes. */
const DEEDS = { role: { role: 'user' }, ban: { reason: 'Because' }, unban: {},
	grant: { amount: '1', reason: 'Because' },
	adjust: { amount: '-1', reason: 'Because' },
	quota: { monthlyCreditsQuota: '' }, 'sessions/revoke': {},
	impersonate: { reason: 'Because' }, password: { newPassword: PASSWORD },
	'password-link': {}, remove: { email: '' } };

test('nobody acts on somebody who may do more', async () => {
	const above = await person(at, 'super_admin');

	await unchanged(async () => {
		for (const role of ['nobody', 'user', 'admin_ro', 'admin_rw'])
			for (const [deed, fields] of Object.entries(DEEDS)) {
				const who = people[role];
				const response = await who.post(
					`/admin/users/${above.id}/${deed}`,
					{ key: world.key(), ...fields });

				is(response.status, role === 'nobody' ? 303 :
					403, `${deed} by ${role}`);
			}
		for (const deed of ['grant', 'adjust'])
			is((await people.admin_rw.send('POST',
				`/api/admin/credits/${deed}`, {
					body: JSON.stringify({ amount: 1,
						userId: above.id, reason: 'x' }),
					headers: { 'Content-Type':
						'application/json',
					'Idempotency-Key': world.key() } }))
				.status, 403, `${deed} by a program`);
	});
});

test('only who makes admins makes admins', async () => {
	for (const [role, wanted, status] of [['admin_rw', 'admin_ro', 403],
		['admin_rw', 'admin_rw', 403], ['admin_rw', 'super_admin', 403],
		['super_admin', 'admin_ro', 303],
		['super_admin', 'super_admin', 303]]) {
		const subject = await person(at);

		is((await people[role].post(`/admin/users/${subject.id}/role`,
			{ role: wanted })).status, status, `${wanted} by ${role}`);
	}
});

test('nobody bans or promotes himself', async () => {
	for (const role of ['admin_rw', 'super_admin'])
		for (const deed of ['role', 'ban'])
			is((await people[role].post(
				`/admin/users/${people[role].id}/${deed}`,
				DEEDS[deed])).status, 400, `${deed} by ${role}`);
});

test('a path nobody has is 404 for everybody', async () => {
	for (const role of ROLES)
		for (const path of ['/nothing', '/api/nothing', '/auth/nothing',
			'/api/auth/nothing', '/admin/nothing/at/all', '/account/'])
			is((await people[role].get(path)).status, 404, path);
});
