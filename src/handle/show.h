/*
 * show.h - values as people read them, beside the values themselves
 */
#ifndef HANDLE_SHOW_H
#define HANDLE_SHOW_H

struct json_object;

/* key gets the ISO text iso (NULL: null), keyText "21 Nov 2026, 06:51". */
void show_moment(struct json_object *out, const char *key, const char *iso);

/* "admin_rw" as "Admin"; an unknown role as it is. */
const char *show_role(const char *role);

#endif
