#include "store/db.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/text.h"
#include "ctx.h"
#include "view/view.h"

/* Of pg_type, which keeps them for ever. */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_JSON = 114,
	OID_TIMESTAMPTZ = 1184,
	OID_JSONB = 3802
};

static const PGresult *
result_of(const struct db_rows *rows, size_t row, int column)
{
	if (row >= rows->count || column < 0 ||
	    column >= PQnfields(rows->result))
		panic("no row %zu or column %d in this answer", row, column);
	return rows->result;
}

bool
db_is_null(const struct db_rows *rows, size_t row, int column)
{
	return PQgetisnull(result_of(rows, row, column), (int)row, column);
}

const char *
db_get_text(const struct db_rows *rows, size_t row, int column)
{
	if (db_is_null(rows, row, column))
		return NULL;
	return PQgetvalue(rows->result, (int)row, column);
}

int64_t
db_get_int(const struct db_rows *rows, size_t row, int column)
{
	const char *text = db_get_text(rows, row, column);
	int64_t number = 0;

	if (text != NULL && !text_int(text, INT64_MIN, INT64_MAX, &number))
		panic("column %s is no integer",
		    PQfname(rows->result, column));
	return number;
}

bool
db_get_bool(const struct db_rows *rows, size_t row, int column)
{
	return text_is(db_get_text(rows, row, column), "t");
}

/* "\\x0102", as bytea_output is by default. */
const uint8_t *
db_get_bytes(struct ctx *ctx, const struct db_rows *rows, size_t row,
    int column, size_t *size)
{
	const char *text = db_get_text(rows, row, column);
	uint8_t *bytes;

	*size = 0;
	if (text == NULL)
		return NULL;
	if (!text_starts(text, "\\x"))
		panic("column %s is no bytea", PQfname(rows->result, column));
	*size = strlen(text + 2) / 2;
	bytes = arena_alloc(ctx->arena, *size);
	if (!text_unhex(bytes, *size, text + 2))
		panic("column %s is no bytea", PQfname(rows->result, column));
	return bytes;
}

/* Days from 1970-01-01 in the Gregorian calendar, year >= 1. */
static int64_t
days_before(int64_t year, int64_t month, int64_t day)
{
	/* Counted from March, so that the leap day is a year's last. */
	const int64_t y = month > 2 ? year : year - 1;
	const int64_t m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 +
	    (153 * m + 2) / 5 + day - 1 - 719468;
}

/* Digits up to a character that is none; -1 when there are none. */
static int64_t
read_digits(const char **at)
{
	int64_t number = 0;
	int count = 0;

	for (; **at >= '0' && **at <= '9' && count < 9; (*at)++, count++)
		number = number * 10 + (**at - '0');
	return count > 0 ? number : -1;
}

/* The digits of milliseconds; what is finer is cut off. */
static int64_t
read_fraction(const char **at)
{
	int64_t ms = 0, weight = 100;

	if (**at != '.')
		return 0;
	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, weight /= 10)
		ms += weight * (**at - '0');
	return ms;
}

/* "2026-11-21 06:51:00.123456+00", as ISO and UTC are set on connecting. */
static bool
parse_instant(const char *text, int64_t *out)
{
	static const char ends[] = "-- ::";
	int64_t part[6], ms;

	for (int i = 0; i < 6; i++) {
		part[i] = read_digits(&text);
		if (part[i] < 0 || (i < 5 && *text++ != ends[i]))
			return false;
	}
	ms = read_fraction(&text);
	if (!text_is(text, "+00"))
		return false;
	*out = ms + 1000 * (part[5] + 60 * (part[4] + 60 * (part[3] +
	    24 * days_before(part[0], part[1], part[2]))));
	return true;
}

int64_t
db_get_time(const struct db_rows *rows, size_t row, int column)
{
	const char *text = db_get_text(rows, row, column);
	int64_t instant = 0;

	/* 'infinity' and years B.C. read as no instant at all. */
	if (text != NULL && !parse_instant(text, &instant))
		log_warn("db", "column %s holds no instant we know",
		    PQfname(rows->result, column));
	return instant;
}

static void
view_instant(struct json_object *out, const char *key, const char *text)
{
	char iso[CLOCK_ISO_SIZE];
	int64_t instant;

	if (!parse_instant(text, &instant)) {
		view_text(out, key, text);
		return;
	}
	clock_iso(iso, instant);
	view_text(out, key, iso);
}

static void
view_value(struct json_object *out, const struct db_rows *rows, size_t row,
    int column)
{
	const char *key = PQfname(rows->result, column);
	const char *text = db_get_text(rows, row, column);

	if (text == NULL) {
		view_null(out, key);
		return;
	}
	switch (PQftype(rows->result, column)) {
	case OID_BOOL:
		view_bool(out, key, text_is(text, "t"));
		break;
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		view_int(out, key, db_get_int(rows, row, column));
		break;
	case OID_TIMESTAMPTZ:
		view_instant(out, key, text);
		break;
	case OID_JSON:
	case OID_JSONB:
		view_json(out, key, text);
		break;
	default:
		view_text(out, key, text);
		break;
	}
}

void
db_view_row(struct json_object *out, const struct db_rows *rows, size_t row)
{
	const int columns = PQnfields(rows->result);

	for (int column = 0; column < columns; column++)
		view_value(out, rows, row, column);
}
