/*
 * feedback.h - what users tell the operators, and what they are answered
 */
#ifndef STORE_FEEDBACK_H
#define STORE_FEEDBACK_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define FEEDBACK_SUBJECT_MAX 120	/* characters */
#define FEEDBACK_TEXT_MAX 4000		/* of an answer, too */
#define FEEDBACK_RATING_MAX 5
#define FEEDBACKS_A_DAY 20		/* of one user */
#define FEEDBACK_FIGURE_DAYS 30

/*
 * store_feedback_add - keep what a user thinks, open and at ctx->now
 *
 * out receives the members of store_feedback_of.
 *
 * ST_TOO_MUCH_FEEDBACK  the user has sent FEEDBACKS_A_DAY within a day
 * ST_INVALID            a value out of bounds
 * ST_CONFLICT           no such user
 */
struct feedback_new {
	const char *user_id;
	int64_t rating;			/* 1 .. FEEDBACK_RATING_MAX */
	const char *subject;		/* 1 .. FEEDBACK_SUBJECT_MAX */
	const char *text;		/* 1 .. FEEDBACK_TEXT_MAX */
};
enum status store_feedback_add(struct ctx *ctx,
    const struct feedback_new *new, struct json_object *out);

/*
 * store_feedback_of - those of a user into list out, newest first
 *
 * Each: "id", "createdAt", "rating", "subject", "text", "state" (open,
 * answered or closed), "answer" and "answeredAt" (null: none), "updatedAt".
 */
enum status store_feedback_of(struct ctx *ctx, const char *user_id,
    struct page *page, struct json_object *out);

/*
 * store_feedback_list - everybody's, newest first
 *
 * q       the exact e-mail or id of who wrote it, or a part of what is written;
 *         NULL: any
 * state   NULL: any
 * rating  0: any
 *
 * Each as above, and "userId" and "userText" (the e-mail).
 */
struct feedback_filter {
	const char *q;
	const char *state;
	int64_t rating;
};
enum status store_feedback_list(struct ctx *ctx,
    const struct feedback_filter *filter, struct page *page,
    struct json_object *out);

/* One of them, and "answeredBy" (null, or an id) and "answeredByText" (a
 * name), into out. ST_FEEDBACK_NOT_FOUND. */
enum status store_feedback_get(struct ctx *ctx, const char *id,
    struct json_object *out);

/*
 * store_feedback_move - to another state, along feedback_moves
 * store_feedback_answer - to "answered", with a text that replaces the last
 *
 * Moving to where it already stands changes nothing; answering again does.
 * Each change writes an audit row, which keeps the answer.
 *
 * ST_FEEDBACK_NOT_FOUND
 * ST_CONFLICT            there is no such move from where it stands
 */
enum status store_feedback_move(struct ctx *ctx, const char *id,
    const char *state);
enum status store_feedback_answer(struct ctx *ctx, const char *id,
    const char *text);

/* For the dashboard. */
struct feedback_figures {
	int64_t open;
	int64_t rated;			/* in the last FEEDBACK_FIGURE_DAYS */
	int64_t tenths;			/* their average rating, times 10 */
};
enum status store_feedback_figures(struct ctx *ctx,
    struct feedback_figures *out);

#endif
