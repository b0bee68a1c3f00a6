#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "guard/permission.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/*
 * The whole matrix by hand, not computed: what is not spelt out here is a
 * promotion nobody decided. Columns: user, admin_ro, admin_rw, admin,
 * super_admin.
 */
static const struct row {
	enum permission permission;
	const char *text;
	bool may[5];
} matrix[] = {
	{ PERMISSION_USER_LIST, "user:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_USER_GET, "user:get", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_USER_CREATE, "user:create", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_UPDATE, "user:update", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_BAN, "user:ban", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_SET_ROLE, "user:set-role", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_SET_ADMIN, "user:set-admin", { 0, 0, 0, 1, 1 } },
	{ PERMISSION_USER_SET_PASSWORD, "user:set-password",
	    { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_SET_EMAIL, "user:set-email", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_DELETE, "user:delete", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_IMPERSONATE, "user:impersonate", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_USER_IMPERSONATE_ADMINS, "user:impersonate-admins",
	    { 0, 0, 0, 0, 1 } },
	{ PERMISSION_SESSION_LIST, "session:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_SESSION_REVOKE, "session:revoke", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_SESSION_DELETE, "session:delete", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_CREDIT_LIST, "credit:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_CREDIT_GRANT, "credit:grant", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_CREDIT_ADJUST, "credit:adjust", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_CREDIT_APPROVE, "credit:approve", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_CREDIT_REFUND, "credit:refund", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_HOLD_LIST, "hold:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_HOLD_WRITE, "hold:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_QUOTA_SET, "quota:set", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_ORDER_LIST, "order:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_ITEM_WRITE, "item:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_RESERVATION_LIST, "reservation:list",
	    { 0, 1, 1, 1, 1 } },
	{ PERMISSION_RESERVATION_WRITE, "reservation:write",
	    { 0, 0, 1, 1, 1 } },
	{ PERMISSION_FEEDBACK_LIST, "feedback:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_FEEDBACK_WRITE, "feedback:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_AFFILIATE_LIST, "affiliate:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_AFFILIATE_WRITE, "affiliate:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_ORDER_WRITE, "order:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_ORDER_REFUND, "order:refund", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_PLAN_LIST, "plan:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_PLAN_WRITE, "plan:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_ENTITLEMENT_LIST, "entitlement:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_ENTITLEMENT_WRITE, "entitlement:write",
	    { 0, 0, 1, 1, 1 } },
	{ PERMISSION_LICENCE_LIST, "licence:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_LICENCE_WRITE, "licence:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_EVENT_LIST, "event:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_EVENT_READ, "event:read", { 0, 0, 0, 0, 1 } },
	{ PERMISSION_MAIL_LIST, "mail:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_MAIL_WRITE, "mail:write", { 0, 0, 1, 1, 1 } },
	{ PERMISSION_MAIL_READ, "mail:read", { 0, 0, 0, 0, 1 } },
	{ PERMISSION_KEY_LIST, "key:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_KEY_WRITE, "key:write", { 0, 0, 0, 0, 1 } },
	{ PERMISSION_AUDIT_LIST, "audit:list", { 0, 1, 1, 1, 1 } },
	{ PERMISSION_SYSTEM_READ, "system:read", { 0, 1, 1, 1, 1 } },
};
static const char *const columns[] = { "user", "admin_ro", "admin_rw",
	"admin", "super_admin" };

static void
every_permission_is_in_the_matrix(void **state)
{
	(void)state;
	assert_int_equal(COUNT(matrix), PERMISSIONS - 1);
	for (size_t i = 0; i < COUNT(matrix); i++) {
		assert_int_equal(matrix[i].permission, i + 1);
		assert_string_equal(permission_text(matrix[i].permission),
		    matrix[i].text);
	}
	assert_string_equal(permission_text(PERMISSION_NONE), "");
}

/* glewlwyd: a user of little power could reach an administrator's. */
static void
cve_2021_45379_a_role_may_what_the_matrix_says_and_no_more(void **state)
{
	(void)state;
	for (size_t c = 0; c < COUNT(columns); c++) {
		uint64_t set = permissions_of(columns[c]);

		for (size_t i = 0; i < COUNT(matrix); i++)
			if (permission_in(set, matrix[i].permission) !=
			    matrix[i].may[c])
				fail_msg("%s and %s", columns[c],
				    matrix[i].text);
	}
}

/* Better Auth's admins make admins, but are no super_admin. */
static void
admin_is_an_admin_rw_who_makes_admins(void **state)
{
	const uint64_t admin = permissions_of("admin");

	(void)state;
	assert_true(admin == (permissions_of("admin_rw") |
	    (uint64_t)1 << PERMISSION_USER_SET_ADMIN));
	assert_true((permissions_of("super_admin") & ~admin) != 0);
}

static void
a_permission_is_found_by_resource_and_action(void **state)
{
	static const char *const unknown[][2] = { { "user", "" },
		{ "", "" }, { "", "list" }, { "user", "lis" },
		{ "user", "list-" }, { "use", "r:list" }, { "user:list", "" },
		{ "users", "list" }, { "session", "ban" } };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_int_equal(permission_named(unknown[i][0],
		    unknown[i][1]), PERMISSION_NONE);
	assert_int_equal(permission_named("user", "impersonate"),
	    PERMISSION_USER_IMPERSONATE);
	assert_int_equal(permission_named("user", "impersonate-admins"),
	    PERMISSION_USER_IMPERSONATE_ADMINS);
}

static void
an_unknown_role_has_no_permission(void **state)
{
	static const char *const unknown[] = { "", " ", ",", ",,", "root",
		"Admin", "ADMIN", "admin_", "admin_r", "admin_rwx", "admi",
		"super", "super admins", "power admin", "admin user", "super-admin", "admin\t", "\tadmin",
		"admin;admin", "*", "admin*", "user:set-admin", "users" };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++) {
		if (permissions_of(unknown[i]) != 0)
			fail_msg("'%s' has permissions", unknown[i]);
		assert_false(role_exists(unknown[i]));
		assert_false(role_is_admin(unknown[i]));
	}
}

static void
no_permission_is_in_no_set(void **state)
{
	(void)state;
	assert_false(permission_in(UINT64_MAX, PERMISSION_NONE));
	assert_false(permission_in(0, PERMISSION_USER_LIST));
	assert_false(permission_in(permissions_of("super_admin"),
	    PERMISSION_NONE));
}

static void
several_roles_have_what_any_of_them_has(void **state)
{
	(void)state;
	assert_true(permissions_of("user,admin_ro") ==
	    permissions_of("admin_ro"));
	assert_true(permissions_of(" admin_ro , user ,") ==
	    permissions_of("admin_ro"));
	assert_true(permissions_of("nobody,admin_rw,other") ==
	    permissions_of("admin_rw"));
	assert_true(permissions_of("user,nobody") == 0);
}

static void
admins_are_known_by_any_admin_role(void **state)
{
	(void)state;
	assert_false(role_is_admin("user"));
	assert_true(role_is_admin("admin_ro"));
	assert_true(role_is_admin("admin_rw"));
	assert_true(role_is_admin("admin"));
	assert_true(role_is_admin("super_admin"));
	assert_true(role_is_admin("user,super_admin"));
	assert_false(role_is_admin("user,nobody"));
}

static void
role_names_exist_and_grow_in_power(void **state)
{
	const char *const *names = role_names;
	uint64_t before = 0;
	size_t count = 0;

	(void)state;
	for (; names[count] != NULL; count++) {
		uint64_t set = permissions_of(names[count]);

		assert_true(role_exists(names[count]));
		assert_true((before & ~set) == 0);
		before = set;
	}
	assert_int_equal(count, COUNT(columns) - 1);	/* without "admin" */
	assert_false(role_exists("user,admin"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_permission_is_in_the_matrix),
		cmocka_unit_test(
		    cve_2021_45379_a_role_may_what_the_matrix_says_and_no_more),
		cmocka_unit_test(admin_is_an_admin_rw_who_makes_admins),
		cmocka_unit_test(a_permission_is_found_by_resource_and_action),
		cmocka_unit_test(an_unknown_role_has_no_permission),
		cmocka_unit_test(no_permission_is_in_no_set),
		cmocka_unit_test(several_roles_have_what_any_of_them_has),
		cmocka_unit_test(admins_are_known_by_any_admin_role),
		cmocka_unit_test(role_names_exist_and_grow_in_power),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
