/*
 * What an operator types: commands whose mistakes would cost something.
 */
import { PASSWORD, Person, after, before, is, matches, ok, stand, test }
	from './suite.mjs';

let at;

before(async () => {
	at = await stand({ name: 'command' });
});
after(async () => {
	is((await at.stop()).code, 0, 'the exit status');
});

const failure = (args) => at.tollgate(args).then(() =>
	ok(false, `${args.join(' ')} succeeded`), (error) => error);

async function added(...more) {
	const who = new Person(at);

	who.id = (await at.tollgate(['user', 'add', '--email', who.email,
		...more], `${PASSWORD}\n`)).stdout.trim();
	return who;
}

async function roleOf(who) {
	const [{ role }] = await at.psql(`SELECT role FROM users
		WHERE id = '${who.id}'`);

	return role;
}

test('a user is added, given a role and listed', async () => {
	const who = await added();

	await who.signIn();
	is(await roleOf(who), 'user', 'the role of a new user');
	for (const role of ['admin_ro', 'admin_rw', 'admin', 'super_admin']) {
		await at.tollgate(['user', 'role', '--email', who.email,
			'--role', role]);
		is(await roleOf(who), role, 'the role');
	}
	matches((await at.tollgate(['user', 'list'])).stdout, new RegExp(
		`^${who.id} super_admin +${who.email} `, 'm'), 'the list');
});

test('a role that is not said changes nobody', async () => {
	const who = await added('--role', 'super_admin');
	const { code, stderr } = await failure(['user', 'role', '--email',
		who.email]);

	is(code, 2, 'the exit status');
	matches(stderr, /--role needs one of user, .*, admin, super_admin/,
		'what it says');
	is(await roleOf(who), 'super_admin', 'the role');
});
