#include "store/dial.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "store/connection.h"

#define OPTIONS_SIZE 1024
#define IDLE_TRANSACTION_MIN_MS 5000

/* The operator's own options come first, ours win. */
static bool
read_options(const struct dial *to, char *out, size_t size)
{
	PQconninfoOption *all = PQconninfoParse(to->url, NULL);
	size_t used = 0;

	/* libpq's own message would quote the URL, password included. */
	if (all == NULL)
		return false;
	for (const PQconninfoOption *o = all; o->keyword != NULL; o++)
		if (text_is(o->keyword, "options") && o->val != NULL)
			used = (size_t)snprintf(out, size, "%s ", o->val);
	PQconninfoFree(all);
	return used < size / 2;
}

static int64_t
at_least(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static bool
add_reading(const char *schema, char *out, size_t size)
{
	int n = snprintf(out, size, " -c default_transaction_read_only=on"
	    " -c default_transaction_isolation=repeatable\\ read"
	    " -c search_path=\"%s\"", schema);

	return n > 0 && (size_t)n < size;
}

/*
 * The server gives up a little before we do, so that a slow statement costs
 * an error and not the connection.
 */
static bool
write_options(const struct dial *to, char *out, size_t size)
{
	size_t used;
	int n;

	out[0] = '\0';
	if (!read_options(to, out, size))
		return false;
	used = strlen(out);
	n = snprintf(out + used, size - used, "-c timezone=UTC"
	    " -c datestyle=ISO -c bytea_output=hex -c jit=off"
	    " -c statement_timeout=%lld"
	    " -c idle_in_transaction_session_timeout=%lld%s%s",
	    (long long)at_least(to->deadline_ms * 9 / 10, 1),
	    (long long)at_least(to->deadline_ms * 2, IDLE_TRANSACTION_MIN_MS),
	    to->role ? " -c role=" : "", to->role ? to->role : "");
	if (n < 0 || (size_t)n >= size - used)
		return false;
	return to->schema == NULL ||
	    add_reading(to->schema, out + used + n, size - used - (size_t)n);
}

bool
dial_url_tells(const char *url)
{
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool tells = false;

	for (const PQconninfoOption *o = all; o != NULL && o->keyword != NULL;
	    o++)
		tells |= text_is(o->keyword, "password") && o->val != NULL;
	PQconninfoFree(all);
	return tells;
}

PGconn *
dial(const struct dial *to)
{
	char options[OPTIONS_SIZE];
	/* What the URL says of the first two wins, of the last two it loses. */
	const char *const keys[] = { "connect_timeout",
	    "fallback_application_name", "dbname", "client_encoding",
	    "options", NULL };
	const char *const values[] = { "2", "tollgate", to->url, "UTF8",
	    options, NULL };

	if (!write_options(to, options, sizeof(options))) {
		connection_log(LOG_ERROR_LEVEL, NULL,
		    "the database URL cannot be read", NULL);
		return NULL;
	}
	return PQconnectdbParams(keys, values, 1);
}
