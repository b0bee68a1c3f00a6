#include "handle/show.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "view/view.h"

void
show_moment(struct json_object *out, const char *key, const char *iso)
{
	char text[FORMAT_MOMENT_SIZE], text_key[64];
	int64_t instant;

	view_text(out, key, iso);
	(void)snprintf(text_key, sizeof(text_key), "%sText", key);
	if (iso == NULL || !format_read_instant(iso, &instant)) {
		view_null(out, text_key);
		return;
	}
	format_moment(text, instant);
	view_text(out, text_key, text);
}

const char *
show_role(const char *role)
{
	static const struct {
		const char *role, *text;
	} texts[] = {
		{ "user", "User" },
		{ "admin_ro", "Admin (read only)" },
		{ "admin_rw", "Admin" },
		{ "admin", "Admin" },
		{ "super_admin", "Super admin" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].role, role) == 0)
			return texts[i].text;
	return role;
}
