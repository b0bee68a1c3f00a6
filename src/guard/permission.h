/*
 * permission.h - what a role may do: one table of resource:action
 *
 * Guards name permissions, never roles. A user's role column is a
 * comma-separated list; an unknown role has no permission.
 */
#ifndef GUARD_PERMISSION_H
#define GUARD_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

enum permission {
	PERMISSION_NONE,	/* zero refuses */
#define PERMISSION(name, text, roles) PERMISSION_##name,
#include "guard/permission.def"
#undef PERMISSION
	PERMISSIONS
};

/* A set of permissions, one bit each. */
uint64_t permissions_of(const char *roles);

static inline bool
permission_in(uint64_t set, enum permission permission)
{
	return permission != PERMISSION_NONE && (set >> permission & 1) != 0;
}

/* "user:list" */
const char *permission_text(enum permission permission);

/* The permission of resource and action; PERMISSION_NONE: there is none. */
enum permission permission_named(const char *resource, const char *action);

/* Whether a role of this name exists, and whether it is an admin's. */
bool role_exists(const char *role);
bool role_is_admin(const char *roles);

/* All role names, weakest first, NULL-terminated. */
extern const char *const role_names[];

#endif
