#include "handle/entitlement.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/admin.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/entitlement.h"
#include "store/licence.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

#define KEYS_TEXT_MAX 2000	/* bytes of features, and of limits, typed */
#define TYPED " \t\r\n,"		/* between words on a page, */
#define SENT ","			/* and as FIELD_WORDS joins a list */

/* ---- words ------------------------------------------------------------- */

static const struct choice_word types[] = {
	{ "", "Any type" }, { "free", "Free" }, { "pro", "Pro" },
	{ "enterprise", "Enterprise" }, { NULL, NULL }
};
static const struct choice_word states[] = {
	{ "", "Any status" }, { "active", "Active" },
	{ "expiring", "Ends in 30 days" }, { "expired", "Expired" },
	{ "revoked", "Revoked" }, { NULL, NULL }
};

static const char *
joined(struct ctx *ctx, const char *before, const char *word)
{
	return before == NULL ? word :
	    arena_printf(ctx->arena, "%s, %s", before, word);
}

static void
keys_words(struct ctx *ctx, struct json_object *licence)
{
	const struct json_object *list = view_get(licence, "features");
	const struct json_object *limits = view_get(licence, "limits");
	struct view_member limit = { 0 };
	const char *features = NULL, *numbers = NULL;

	for (size_t i = 0; i < view_count(list); i++)
		features = joined(ctx, features,
		    view_get_string(view_at(list, i)));
	while (view_next(limits, &limit))
		numbers = joined(ctx, numbers, arena_printf(ctx->arena,
		    "%s %lld", limit.name,
		    (long long)view_get_int(limits, limit.name)));
	view_text(licence, "featuresText", features);
	view_text(licence, "limitsText", numbers);
}

/* "typeText", "stateText", "featuresText", "limitsText", "revoked", moments */
static void
licence_words(struct ctx *ctx, struct json_object *licence)
{
	const char *state = view_get_text(licence, "state");

	keys_words(ctx, licence);
	view_text(licence, "typeText", words_label(types,
	    view_get_text(licence, "type")));
	view_text(licence, "stateText", words_label(states, state));
	view_bool(licence, "revoked", text_is(state, "revoked"));
	words_moment(licence, "issuedAt");
	words_moment(licence, "expiresAt");
	words_moment(licence, "revokedAt");
	view_bool(licence, "revoking", ctx->route->handler ==
	    licence_revoke && text_is(view_get_text(licence, "id"),
	    ctx->param[1]));
}

/* ---- files ------------------------------------------------------------- */

/* A name of ours: the id of a licence that was found is one we made. */
static enum status
file_respond(struct ctx *ctx, const char *user_id)
{
	const char *file;

	TRY(store_licence_file(ctx, user_id, ctx->param[0], &file));
	response_header(ctx, "Content-Disposition", arena_printf(ctx->arena,
	    "attachment; filename=\"%s.licence\"", ctx->param[0]));
	response_header(ctx, "Cache-Control", "no-store");
	ctx->response.body = file;
	ctx->response.body_size = strlen(file);
	ctx->response.content_type = "text/plain; charset=utf-8";
	return ST_OK;
}

enum status
my_licence_file(struct ctx *ctx)
{
	return file_respond(ctx, ctx->user->id);
}

enum status
admin_licence_file(struct ctx *ctx)
{
	return file_respond(ctx, NULL);
}

/* ---- what the caller has ----------------------------------------------- */

enum status
account_licences(struct ctx *ctx)
{
	struct json_object *list = view_list(ctx->view, "entitlements");

	TRY(store_entitlement_now(ctx, "user", ctx->user->id, list));
	words_each(ctx, list, entitlement_words);
	view_bool(ctx->view, "anyEntitlements", view_count(list) > 0);
	TRY(licences_show(ctx, ctx->user->id));
	view_bool(ctx->view, "anyLicences", view_count(view_get(ctx->view,
	    "licences")) > 0);
	return ST_OK;
}

/* ---- what admins see --------------------------------------------------- */

enum status
licences_show(struct ctx *ctx, const char *user_id)
{
	struct json_object *list = view_list(ctx->view, "licences");
	const char *typed = view_get_text(ctx->body, "type");

	TRY(store_licence_of(ctx, user_id, list));
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, list, licence_words);
	words_choices(ctx->view, "licenceTypes", types + 1, typed != NULL ?
	    typed : "pro");
	return ST_OK;
}

enum status
user_licences(struct ctx *ctx)
{
	return licences_show(ctx, ctx->param[0]);
}

struct licences_query {
	const char *q, *type, *state, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "active", "expiring", "expired",
	"revoked", NULL };
static const struct form_field licences_fields[] = {
	FIELD_TEXT(struct licences_query, q, "q", 0, 254, .optional = true,
	    .label = "Search"),
	FIELD_ENUM(struct licences_query, type, "type", licence_types,
	    .optional = true, .label = "Type"),
	FIELD_ENUM(struct licences_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct licences_query),
};
const struct form licences_form = FORM(licences_fields,
    struct licences_query);

static const struct export_column licences_columns[] = {
	{ "Id", "id", NULL }, { "Issued", "issuedAt", NULL },
	{ "Owner", "ownerKind", NULL }, { "Owner id", "ownerId", NULL },
	{ "Holder", "holder", NULL }, { "Type", "type", NULL },
	{ "Features", "features", NULL }, { "Limits", "limits", NULL },
	{ "Status", "state", NULL }, { "Expires", "expiresAt", NULL },
	{ "Revoked", "revokedAt", NULL }, { "Reason", "reason", NULL },
	{ "By id", "issuedBy", NULL },
};
const struct export licences_export = EXPORT("licences", "licences",
    licences_columns);

enum status
admin_licences(struct ctx *ctx)
{
	static const char *const filters[] = { "q", "type", "state", NULL };
	const struct licences_query *query = ctx->input;
	struct json_object *licences = view_list(ctx->view, "licences");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_licence_list(ctx, &(struct licence_filter){ .q = query->q,
	    .type = query->type, .state = query->state }, &page, licences));
	words_filtered(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, licences, licence_words);
	words_choices(ctx->view, "types", types, query->type);
	words_choices(ctx->view, "states", states, query->state);
	return ST_OK;
}

/* For programs, with its file. */
enum status
admin_licence(struct ctx *ctx)
{
	struct json_object *licence = view_object(ctx->view, "licence");
	const char *file;

	TRY(store_licence_get(ctx, NULL, ctx->param[0], licence));
	TRY(store_licence_file(ctx, NULL, ctx->param[0], &file));
	view_text(licence, "file", file);
	return ST_OK;
}

/* ---- what admins do ---------------------------------------------------- */

struct licence_input {
	const char *type, *features, *limits;
	struct json_object *numbers;	/* a program's limits */
	int64_t days;
};

#define TYPE								\
	FIELD_ENUM(struct licence_input, type, "type", licence_types,	\
	    .label = "Type")
#define FEATURES							\
	FIELD_WORDS(struct licence_input, features, "features", 0,	\
	    KEYS_TEXT_MAX, .optional = true, .label = "Features")
#define DAYS								\
	FIELD_INT(struct licence_input, days, "days", 1,		\
	    ENTITLEMENT_DAYS_MAX, .optional = true, .label = "Days")

static const struct form_field licence_fields[] = {
	TYPE, FEATURES,
	FIELD_TEXT(struct licence_input, limits, "limits", 0, KEYS_TEXT_MAX,
	    .optional = true, .label = "Limits"),
	DAYS
};
static const struct form_field licence_json_fields[] = {
	TYPE, FEATURES,
	FIELD_OBJECT(struct licence_input, numbers, "limits",
	    .optional = true),
	DAYS
};
const struct form licence_form = FORM(licence_fields, struct licence_input);
const struct form licence_json_form = FORM(licence_json_fields,
    struct licence_input);

static enum status
no_keys(struct ctx *ctx, const char *field, const char *human)
{
	return invalid(ctx, "body", field,
	    "Invalid input: expected keys of a-z, 0-9, \".\", \"_\", \":\" or "
	    "\"-\", and whole numbers", human);
}

/* The next of the words from *at on, in the arena; NULL: there is no more. */
static char *
next_word(struct ctx *ctx, const char *between, const char **at)
{
	const char *word;

	if (*at == NULL)
		return NULL;
	word = *at + strspn(*at, between);
	*at = word + strcspn(word, between);
	return *at == word ? NULL :
	    arena_copy(ctx->arena, word, (size_t)(*at - word));
}

/* "export, sso" as a JSON list. */
static enum status
features_read(struct ctx *ctx, const char *text, const char **out)
{
	const char *between = is_page(ctx) ? TYPED : SENT;
	struct json_object *list = view_root_list(ctx->arena);
	const char *word;

	while ((word = next_word(ctx, between, &text)) != NULL) {
		if (!entitlement_key_is_sound(word))
			return no_keys(ctx, "features", "Features are keys "
			    "like “reports.export”, with blanks between.");
		view_text(list, NULL, word);
	}
	*out = view_as_text(ctx->arena, list);
	return ST_OK;
}

/* "seats=5, projects=10" as a JSON object. */
static enum status
limits_read(struct ctx *ctx, const char *text, const char **out)
{
	struct json_object *object = view_root(ctx->arena);
	int64_t number;
	char *word, *equal;

	while ((word = next_word(ctx, TYPED, &text)) != NULL) {
		equal = strchr(word, '=');
		if (equal != NULL)
			*equal = '\0';
		if (equal == NULL || !entitlement_key_is_sound(word) ||
		    !text_int(equal + 1, 0, LICENCE_LIMIT_MAX, &number))
			return no_keys(ctx, "limits", "Limits are keys with a "
			    "whole number, like “seats=25”.");
		view_int(object, word, number);
	}
	*out = view_as_text(ctx->arena, object);
	return ST_OK;
}

static enum status
numbers_read(struct ctx *ctx, struct json_object *object, const char **out)
{
	struct view_member limit = { 0 };
	int64_t number;

	while (view_next(object, &limit))
		if (!entitlement_key_is_sound(limit.name) ||
		    !json_integer(object, limit.name, &number) ||
		    number < 0 || number > LICENCE_LIMIT_MAX)
			return no_keys(ctx, "limits", "");
	*out = object == NULL ? "{}" : view_as_text(ctx->arena, object);
	return ST_OK;
}

enum status
licence_issue(struct ctx *ctx)
{
	const struct licence_input *input = ctx->input;
	struct licence_new new = { .type = input->type,
		.expires_at = days_end(ctx, input->days) };
	struct user subject;

	TRY(features_read(ctx, input->features, &new.features));
	TRY(is_page(ctx) ? limits_read(ctx, input->limits, &new.limits) :
	    numbers_read(ctx, input->numbers, &new.limits));
	TRY(subject_open(ctx, ctx->param[0], &subject));
	new.user_id = subject.id;
	TRY(store_licence_issue(ctx, &new, view_object(ctx->view,
	    "licence")));
	return subject_next(ctx, &subject, "The licence is issued.");
}

struct revocation {
	const char *reason;
};

static const struct form_field revocation_fields[] = {
	FIELD_TEXT(struct revocation, reason, "reason", 1, LICENCE_REASON_MAX,
	    .label = "Reason"),
};
const struct form licence_revoke_form = FORM(revocation_fields,
    struct revocation);

enum status
licence_revoke(struct ctx *ctx)
{
	const struct revocation *input = ctx->input;
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_licence_revoke(ctx, subject.id, ctx->param[1],
	    input->reason));
	TRY(store_licence_get(ctx, subject.id, ctx->param[1],
	    view_object(ctx->view, "licence")));
	return subject_next(ctx, &subject, "The licence is revoked.");
}
