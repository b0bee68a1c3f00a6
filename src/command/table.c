#include "command/table.h"

const struct table_column table_columns[] = {
	{ "id", "id", TABLE_TEXT },
	{ "email", "email", TABLE_TEXT },
	{ "name", "name", TABLE_TEXT },
	{ "email_verified", "emailVerified", TABLE_BOOL },
	{ "image", "image", TABLE_TEXT },
	{ "role", "role", TABLE_TEXT },
	{ "username", "username", TABLE_TEXT },
	{ "display_username", "displayUsername", TABLE_TEXT },
	{ "banned", "banned", TABLE_BOOL },
	{ "ban_reason", "banReason", TABLE_TEXT },
	{ "ban_expires_at", "banExpires", TABLE_TIME },
	{ "created_at", "createdAt", TABLE_TIME },
	{ "updated_at", "updatedAt", TABLE_TIME },
	{ "fields", "fields", TABLE_FIELDS },
	{ "password_hash", TABLE_PASSWORD_KEY, TABLE_TEXT },
};
const size_t table_count = sizeof(table_columns) / sizeof(table_columns[0]);
