/*
 * reservation_sql.h - what reading and changing reservations agree upon, r
 * being the row
 */
#ifndef STORE_RESERVATION_SQL_H
#define STORE_RESERVATION_SQL_H

#include "store/credit.h"

#define RESERVATION_KEY CREDIT_KEY_OWN "reservation:"

/* Its state at an instant. */
#define STATE_AT(now)							\
	"CASE WHEN r.state = 'requested' AND r.starts_at <= " now	\
	" THEN 'lapsed' ELSE r.state END"

/* May its user cancel it? */
#define CANCELLABLE(now, hours)						\
	"CASE r.state WHEN 'requested' THEN r.starts_at > " now		\
	" WHEN 'confirmed' THEN r.starts_at > " now "::timestamptz"	\
	"   + make_interval(hours => " hours "::int) ELSE false END"

#endif
