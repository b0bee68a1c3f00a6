#include "guard/permission.h"

#include <stddef.h>
#include <string.h>

enum {
	ROLE_USER = 1,
	ROLE_ADMIN_RO = 2,
	ROLE_ADMIN_RW = 4,
	ROLE_ADMIN = 8,
	ROLE_SUPER = 16
};

const char *const role_names[] = { "user", "admin_ro", "admin_rw",
	"super_admin", NULL };

/* "admin" is the name Better Auth uses; its admins make admins. */
static const struct {
	const char *name;
	unsigned bit;
} roles[] = {
	{ "user", ROLE_USER },
	{ "admin_ro", ROLE_ADMIN_RO },
	{ "admin_rw", ROLE_ADMIN_RW },
	{ "admin", ROLE_ADMIN_RW | ROLE_ADMIN },
	{ "super_admin", ROLE_SUPER },
};
#define ROLES (sizeof(roles) / sizeof(roles[0]))

static const struct {
	const char *text;
	unsigned roles;
} permissions[] = {
	[PERMISSION_NONE] = { "", 0 },
#define PERMISSION(name, text, roles) [PERMISSION_##name] = { text, roles },
#include "guard/permission.def"
#undef PERMISSION
};
_Static_assert(PERMISSIONS <= 64, "a permission is one bit of 64");

static unsigned
role_bit(const char *name, size_t size)
{
	for (size_t i = 0; i < ROLES; i++)
		if (strlen(roles[i].name) == size &&
		    strncmp(roles[i].name, name, size) == 0)
			return roles[i].bit;
	return 0;
}

static unsigned
role_bits(const char *list)
{
	unsigned bits = 0;

	for (;;) {
		size_t size, end;

		list += strspn(list, " ");
		size = end = strcspn(list, ",");
		while (size > 0 && list[size - 1] == ' ')
			size--;
		bits |= role_bit(list, size);
		if (list[end] == '\0')
			return bits;
		list += end + 1;
	}
}

uint64_t
permissions_of(const char *list)
{
	unsigned bits = role_bits(list);
	uint64_t set = 0;

	for (int i = PERMISSION_NONE + 1; i < PERMISSIONS; i++)
		if ((permissions[i].roles & bits) != 0)
			set |= (uint64_t)1 << i;
	return set;
}

const char *
permission_text(enum permission permission)
{
	return permissions[permission].text;
}

enum permission
permission_named(const char *resource, const char *action)
{
	const size_t size = strlen(resource);

	for (int i = PERMISSION_NONE + 1; i < PERMISSIONS; i++) {
		const char *text = permissions[i].text;

		if (strncmp(text, resource, size) == 0 && text[size] == ':' &&
		    strcmp(text + size + 1, action) == 0)
			return (enum permission)i;
	}
	return PERMISSION_NONE;
}

bool
role_exists(const char *role)
{
	return role_bit(role, strlen(role)) != 0;
}

bool
role_is_admin(const char *list)
{
	return (role_bits(list) & ~(unsigned)ROLE_USER) != 0;
}
