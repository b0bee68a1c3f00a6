#include "store/db.h"

#include <time.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/random.h"
#include "ctx.h"
#include "store/db_state.h"
#include "view/view.h"

#define PAUSE_FIRST_US 5000

enum status
db_savepoint(struct ctx *ctx)
{
	return db_script(ctx, "SAVEPOINT undo");
}

enum status
db_undo(struct ctx *ctx)
{
	return db_script(ctx, "ROLLBACK TO SAVEPOINT undo");
}

/* A connection that will not roll back is not worth keeping. */
static void
rollback(struct db *db)
{
	PGresult *result;

	if (!db->begun || !db_is_connected(db))
		return;
	if (connection_tell(db->connection, "ROLLBACK", &result) != ANSWERED)
		return;
	if (db_judge_last(db, result, "ROLLBACK") != ST_OK)
		connection_drop(db->connection);
}

static enum status
commit(struct db *db)
{
	static const char sql[] = "COMMIT";
	PGresult *result;

	if (!db->begun)
		return ST_OK;
	if (!db_is_connected(db))
		return ST_UNAVAILABLE;
	/* COMMIT would answer ROLLBACK, which is no error. */
	if (connection_state(db->connection) != PQTRANS_INTRANS) {
		connection_log(LOG_ERROR_LEVEL, NULL,
		    "a statement failed and its transaction went on", sql);
		rollback(db);
		return ST_INTERNAL;
	}
	if (connection_tell(db->connection, sql, &result) == ANSWERED)
		return db_judge_last(db, result, sql);
	connection_log(LOG_ERROR_LEVEL, NULL,
	    "nobody knows whether this transaction is committed", sql);
	return ST_UNAVAILABLE;
}

/* What a handler may have touched, as it was before. */
struct before {
	struct response response;
	struct header *last;
	struct input_error *errors;
	struct refusal refusal;
};

static void
remember(struct before *before, const struct ctx *ctx)
{
	*before = (struct before){ .response = ctx->response,
	    .last = ctx->response.headers, .errors = ctx->errors,
	    .refusal = ctx->refusal };
	while (before->last != NULL && before->last->next != NULL)
		before->last = before->last->next;
}

static void
restore(struct ctx *ctx, const struct before *before)
{
	if (ctx->view != NULL)
		view_clear(ctx->view);
	ctx->response = before->response;
	if (before->last != NULL)
		before->last->next = NULL;
	ctx->errors = before->errors;
	ctx->refusal = before->refusal;
}

/* Commits or rolls back what the work came to. */
static enum status
settle(struct ctx *ctx, const struct before *before, enum status worked)
{
	struct db *db = ctx->db;
	const int64_t started = clock_monotonic_us();
	enum status status;

	if (worked != ST_OK || db->collided) {
		rollback(db);
		(void)db_note(db, started, ST_OK);
		return worked;
	}
	status = db_note(db, started, commit(db));
	/* No cookie and no redirect tells of what did not happen. */
	if (status != ST_OK)
		restore(ctx, before);
	return status;
}

static enum status
try_once(struct ctx *ctx, const struct before *before,
    enum status (*work)(struct ctx *, void *), void *arg)
{
	struct db *db = ctx->db;
	enum status status;

	db->transaction = true;
	db->begun = db->ended = false;
	db->collided = false;
	status = settle(ctx, before, work(ctx, arg));
	db->transaction = false;
	db->begun = db->ended = false;
	/* A collision stays one, whatever the handler took it for. */
	return db->collided ? ST_RETRY : status;
}

/* Two that collided must not start again in step. */
static void
pause_before(int try)
{
	const int64_t most_us = (int64_t)PAUSE_FIRST_US << try;
	uint32_t dice;

	random_bytes(&dice, sizeof(dice));
	(void)nanosleep(&(struct timespec){
	    .tv_nsec = (long)(dice % most_us) * 1000 }, NULL);
}

enum status
db_transact_with(struct ctx *ctx,
    enum status (*work)(struct ctx *, void *), void *arg)
{
	struct before before;
	enum status status;

	if (ctx->db->transaction)
		panic("a transaction inside a transaction");
	remember(&before, ctx);
	for (int try = 0; try < DB_TRIES; try++) {
		if (try > 0)
			pause_before(try);
		status = try_once(ctx, &before, work, arg);
		if (status != ST_RETRY)
			return status;
		restore(ctx, &before);
	}
	return ST_BUSY;
}

/* A pointer to a function is no void *, one to that pointer is. */
static enum status
call(struct ctx *ctx, void *work)
{
	return (*(enum status (**)(struct ctx *))work)(ctx);
}

enum status
db_transact(struct ctx *ctx, enum status (*work)(struct ctx *))
{
	return db_transact_with(ctx, call, &work);
}
