#include "handle/plan_form.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/credit.h"
#include "store/entitlement.h"
#include "view/view.h"

#define JSON_TEXT_MAX 4000	/* UTF-16 units of limits, of entitlements */

const char *const plan_kinds[] = { "pack", "subscription", NULL };

#define INPUT_TEXT(member, wire, lo, hi, ...)				\
	FIELD_TEXT(struct plan_input, plan.member, wire, lo, hi, __VA_ARGS__)
#define INPUT_INT(member, wire, lo, hi, ...)				\
	FIELD_INT(struct plan_input, plan.member, wire, lo, hi, __VA_ARGS__)
#define COMMON_FIELDS							\
	FIELD_ENUM(struct plan_input, plan.kind, "kind", plan_kinds,	\
	    .label = "Kind"),						\
	INPUT_TEXT(name, "name", 1, PLAN_NAME_MAX, .label = "Name"),	\
	INPUT_TEXT(title, "title", 1, PLAN_TITLE_MAX, .label = "Title"),	\
	INPUT_TEXT(description, "description", 0, PLAN_DESCRIPTION_MAX,	\
	    .optional = true, .label = "Description"),			\
	INPUT_TEXT(currency, "currency", 3, 3, .label = "Currency"),	\
	INPUT_TEXT(interval, "interval", 0, 5, .optional = true,		\
	    .nullable = true, .label = "Paid"),				\
	INPUT_INT(credits, "credits", 0, CREDIT_MAX, .optional = true,	\
	    .label = "Credits"),					\
	INPUT_INT(credits_expire_days, "creditsExpireDays", 0,		\
	    PLAN_EXPIRE_DAYS_MAX, .optional = true, .nullable = true,	\
	    .label = "Days until credits expire"),			\
	INPUT_TEXT(stripe_price_id, "stripePriceId", 0, 255,		\
	    .optional = true, .nullable = true, .label = "Stripe price"), \
	INPUT_TEXT(stripe_annual_price_id, "stripeAnnualPriceId", 0, 255, \
	    .optional = true, .nullable = true,				\
	    .label = "Stripe price of a year"),				\
	INPUT_INT(trial_days, "trialDays", 0, PLAN_TRIAL_DAYS_MAX,	\
	    .optional = true, .nullable = true, .label = "Trial days"),	\
	INPUT_INT(position, "position", 0, PLAN_POSITION_MAX,		\
	    .optional = true, .label = "Position"),			\
	FIELD_BOOL(struct plan_input, active, "active",			\
	    .optional = true, .label = "On sale")

static const struct form_field plan_fields[] = {
	COMMON_FIELDS,
	FIELD_TEXT(struct plan_input, price, "price", 1, 20,
	    .label = "Price"),
	FIELD_TEXT(struct plan_input, limits, "limits", 0, JSON_TEXT_MAX,
	    .optional = true, .label = "Limits"),
	FIELD_TEXT(struct plan_input, entitlements, "entitlements", 0,
	    JSON_TEXT_MAX, .optional = true, .label = "Entitlements"),
};
static const struct form_field plan_json_fields[] = {
	COMMON_FIELDS,
	INPUT_INT(price_minor, "priceMinor", 0, PLAN_PRICE_MAX,
	    .label = "Price"),
	FIELD_OBJECT(struct plan_input, limits_object, "limits",
	    .optional = true),
	FIELD_OBJECT(struct plan_input, entitlements_object, "entitlements",
	    .optional = true),
};

static enum status
wrong(struct ctx *ctx, const char *field, const char *human)
{
	return invalid(ctx, "body", field, "Invalid input", human);
}

/* "", which a page sends, and null say the same: there is none. */
static void
no_blank(const char **text)
{
	if (*text != NULL && (*text)[0] == '\0')
		*text = NULL;
}

static void
no_absent(int64_t *number)
{
	if (*number == FIELD_NONE)
		*number = 0;
}

static enum status
read_money(struct ctx *ctx, struct plan_input *input)
{
	struct plan *plan = &input->plan;

	for (const char *c = plan->currency; *c != '\0'; c++)
		if (*c < 'A' || *c > 'Z')
			return wrong(ctx, "currency",
			    "Currency must be three capital letters, for example "
			    "EUR.");
	if (input->price != NULL && (!format_read_money(input->price,
	    plan->currency, &plan->price_minor) ||
	    plan->price_minor > PLAN_PRICE_MAX))
		return wrong(ctx, "price",
		    "Price must be an amount in that currency, for example "
		    "12.50.");
	return plan->price_minor > 0 || plan->interval != NULL ? ST_OK :
	    wrong(ctx, input->price == NULL ? "priceMinor" : "price",
	    "A pack cannot be free.");
}

/* What every subscriber gets must be fit to be given, or the events of all
 * of them would be refused. */
static enum status
check_entitlements(struct ctx *ctx, const struct json_object *object)
{
	struct view_member member = { 0 };

	while (view_next(object, &member))
		if (!entitlement_key_is_sound(member.name) ||
		    member.value == NULL || strlen(view_as_text(ctx->arena,
		    member.value)) > ENTITLEMENT_VALUE_MAX)
			return wrong(ctx, "entitlements",
			    "Entitlements have names of a-z, 0-9 and . _ : -,"
			    " and short values.");
	return ST_OK;
}

/* An object, from a page's text or a program's body, as JSON. */
static enum status
read_object(struct ctx *ctx, const char *field, const char *text,
    struct json_object *object, const char **out)
{
	const bool limits = text_is(field, "limits");
	const char *reason;

	*out = "{}";
	if (text != NULL && text[strspn(text, " \t\r\n")] != '\0' &&
	    (!json_read(ctx->arena, text, strlen(text), &object, &reason) ||
	    !view_is_object(object)))
		return wrong(ctx, field, arena_printf(ctx->arena,
		    "%s must be a JSON object, {\"projects\": 5}.",
		    limits ? "Limits" : "Entitlements"));
	if (object == NULL)
		return ST_OK;
	*out = view_as_text(ctx->arena, object);
	return limits ? ST_OK : check_entitlements(ctx, object);
}

static enum status
read_interval(struct ctx *ctx, const struct plan *plan)
{
	const bool pack = text_is(plan->kind, "pack");

	if (pack && (plan->interval != NULL || plan->trial_days != 0 ||
	    plan->stripe_annual_price_id != NULL))
		return wrong(ctx, plan->interval != NULL ? "interval" :
		    plan->trial_days != 0 ? "trialDays" :
		    "stripeAnnualPriceId",
		    "A pack is paid once, and has no trial.");
	return pack || text_is(plan->interval, "month") ||
	    text_is(plan->interval, "year") ? ST_OK : wrong(ctx, "interval",
	    "A subscription is paid every month or every year.");
}

static bool
is_name(const char *name)
{
	if (!isalnum((unsigned char)name[0]))
		return false;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name >= 0x80 ||
		    (!isalnum((unsigned char)*name) &&
		    strchr(" ._-", *name) == NULL))
			return false;
	return true;
}

/* What no field alone can say. */
static enum status
plan_check(struct ctx *ctx)
{
	struct plan_input *input = ctx->input;
	struct plan *plan = &input->plan;

	no_blank(&plan->interval);
	no_blank(&plan->stripe_price_id);
	no_blank(&plan->stripe_annual_price_id);
	no_absent(&plan->credits);
	no_absent(&plan->credits_expire_days);
	no_absent(&plan->trial_days);
	no_absent(&plan->position);
	if (plan->description == NULL)
		plan->description = "";
	/* A box that is not ticked is not sent. */
	plan->active = input->active == CHOICE_YES ||
	    (input->active == CHOICE_ABSENT && !is_page(ctx));
	if (!is_name(plan->name))
		return wrong(ctx, "name",
		    "Name has letters, digits, blanks, dots and dashes.");
	TRY(read_interval(ctx, plan));
	TRY(read_money(ctx, input));
	TRY(read_object(ctx, "limits", input->limits, input->limits_object,
	    &plan->limits));
	return read_object(ctx, "entitlements", input->entitlements,
	    input->entitlements_object, &plan->entitlements);
}

const struct form plan_form = FORM(plan_fields, struct plan_input,
    .check = plan_check);
const struct form plan_json_form = FORM(plan_json_fields, struct plan_input,
    .check = plan_check);
