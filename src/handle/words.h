/*
 * words.h - what pages say beside the values: numbers, choices, pagers
 *
 * Handlers fill the view with values under the names of the API; pages get
 * these in addition.
 */
#ifndef HANDLE_WORDS_H
#define HANDLE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct form;
struct json_object;
struct page;
struct wallet;

/* Whether people will look at the answer. */
bool is_page(const struct ctx *ctx);

/* Calls each with every item of a list. */
void words_each(struct ctx *ctx, struct json_object *list,
    void (*each)(struct ctx *ctx, struct json_object *item));

/* "1,234" */
void words_number(struct json_object *out, const char *key, int64_t number);
/* "1 credit", "1,234 credits" */
const char *words_plural(struct ctx *ctx, int64_t number, const char *noun);
/* Out's own number, into text_key; null when it is none or 0. */
void words_count(struct json_object *out, const char *key,
    const char *text_key);

/* One of the numbers a page begins with, into list figures; note may be
 * NULL. */
void words_figure(struct json_object *figures, const char *label,
    const char *value, const char *note);

/* A moment's text beside the ISO text that is there under key already. */
void words_moment(struct json_object *object, const char *key);

/* A list of {value, label, selected} as key; the last choice has value NULL. */
struct choice_word {
	const char *value;
	const char *label;
};
void words_choices(struct json_object *out, const char *key,
    const struct choice_word *choices, const char *selected);
/* The same as "tabs", a list of {value, label, current}. */
void words_tabs(struct json_object *out, const struct choice_word *choices,
    const char *current);
/* The label of value, or value itself. */
const char *words_label(const struct choice_word *choices,
    const char *value);

/*
 * words_next - "next" for programs; "first", "next" and "export" for a page's
 * pager, the last when the list can be had as a file (handle/export.h)
 *
 * filters  names and values that every page of the list repeats, by twos,
 *          ended by a NULL name; NULL or empty values are left out.
 *          NULL: nothing
 */
void words_next(struct ctx *ctx, const struct page *page,
    const char *const *filters);

/*
 * words_filtered - the filters of a list, which are its names in the query
 *
 * For pages "filter", what was typed by name (or null), "filtered", whether
 * anything was, and what words_next says.
 *
 * names  ended by NULL, at most WORDS_FILTERS_MAX
 */
#define WORDS_FILTERS_MAX 15
void words_filtered(struct ctx *ctx, const struct page *page,
    const char *const *names);

/* What a filter narrows a list to; NULL: "all" was chosen, or nothing. */
const char *any_of(const char *choice);

/*
 * PAGE_FIELDS - which page of a list is asked for, for page_read
 *
 * s  has members cursor, a text, and limit, an int64_t. Needs http/form.h and
 *    store/page.h.
 */
#define PAGE_FIELDS(s)							\
	FIELD_TEXT(s, cursor, "cursor", 0, PAGE_CURSOR_MAX,		\
	    .optional = true, .label = "Page"),				\
	FIELD_INT(s, limit, "limit", 1, PAGE_LIMIT_MAX,			\
	    .optional = true, .label = "Limit")

/* The query of a list without filters. */
struct list_query {
	const char *cursor;
	int64_t limit;
};
extern const struct form list_form;

/* What was done to a target, its newest limit rows, for a page that shows
 * templates/part/trail. */
enum status words_trail(struct ctx *ctx, const char *target_type,
    const char *target_id, int64_t limit);

/* "balanceText" and "quota" (templates/part/quota) of a wallet. */
void words_wallet(struct ctx *ctx, struct json_object *out,
    const struct wallet *wallet);

/* What every transfer of a list says on a page. */
void words_transfers(struct ctx *ctx, struct json_object *list);
extern const struct choice_word transfer_kinds[];

/* Of a user: "admin_rw" as "Admin", "active" as "Active". */
extern const struct choice_word user_roles[];
extern const struct choice_word user_states[];

/* "admin_rw" as "Admin"; an unknown role as it is. */
const char *words_role(const char *role);

#endif
