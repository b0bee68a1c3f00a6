#include "store/system.h"

#include "base/clock.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

enum status
store_ping(struct ctx *ctx, int64_t *us, bool *standby)
{
	static const char sql[] = "SELECT pg_is_in_recovery()";
	const int64_t started = clock_monotonic_us();
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_NONE));
	*us = clock_monotonic_us() - started;
	*standby = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

enum status
store_system(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "SELECT current_setting('server_version') AS version,"
	    "  current_database() AS database, session_user AS login,"
	    "  current_user AS role,"
	    "  current_setting('transaction_read_only') = 'on' AS \"readOnly\","
	    "  pg_is_in_recovery() AS standby,"
	    "  (SELECT count(*) FROM pg_stat_replication) AS replicas,"
	    "  (SELECT count(*) FROM pg_stat_activity"
	    "    WHERE datname = current_database()) AS connections,"
	    "  current_setting('max_connections')::int AS \"connectionsMax\","
	    "  pg_database_size(current_database()) AS bytes,"
	    "  pg_postmaster_start_time() AS \"startedAt\"";
	struct db_target target;

	TRY(db_view_one(ctx, out, sql, DB_NONE));
	target = db_target(ctx->db);
	view_text(out, "host", target.host);
	view_text(out, "port", target.port);
	view_bool(out, "encrypted", target.encrypted);
	return ST_OK;
}
