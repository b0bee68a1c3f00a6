#include "base/status.h"

static const struct {
	int http;
	const char *code;
	const char *text;
} rows[] = {
#define STATUS(name, http, text) STATUS_AS(name, #name, http, text)
#define STATUS_AS(name, code, http, text) [ST_##name] = { http, code, text },
#include "base/status.def"
#undef STATUS
#undef STATUS_AS
};

int
status_http(enum status status)
{
	return rows[status].http;
}

const char *
status_code(enum status status)
{
	return rows[status].code;
}

const char *
status_text(enum status status)
{
	return rows[status].text;
}
