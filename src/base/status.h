/*
 * status.h - the one type of every outcome
 *
 * Whatever can fail returns enum status; results travel through pointers or
 * into the view. status.def holds the rows.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

enum status {
#define STATUS(name, ...) ST_##name,
#define STATUS_AS(name, ...) ST_##name,
#include "base/status.def"

#undef STATUS
#undef STATUS_AS
};

/* HTTP status, code on the wire ("USER_NOT_FOUND"; "": none), sentence for
 * people. */
int status_http(enum status status);
const char *status_code(enum status status);
const char *status_text(enum status status);

/* Passes a failure up; the only macro that hides a return. */
#define TRY(call) do {						\
	enum status try_status_ = (call);			\
	if (try_status_ != ST_OK)				\
		return try_status_;				\
} while (0)

#endif
