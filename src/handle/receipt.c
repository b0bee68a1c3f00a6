#include "handle/order.h"

#include "base/arena.h"
#include "base/format.h"
#include "config.h"
#include "ctx.h"
#include "handle/letter.h"
#include "handle/words.h"
#include "store/order.h"
#include "store/settlement.h"
#include "store/user.h"
#include "view/view.h"

static struct json_object *
words_of(struct ctx *ctx, const struct json_object *order, int64_t minor)
{
	const int64_t credits = view_get_int(order, "credits");
	struct json_object *out = view_root(ctx->arena);
	char text[FORMAT_MONEY_SIZE];

	format_money(text, minor, view_get_text(order, "currency"), false);
	view_text(out, "id", view_get_text(order, "id"));
	view_text(out, "item", view_get_text(order, "description"));
	view_text(out, "amount", text);
	if (credits == 0)
		view_null(out, "credits");
	else
		words_number(out, "credits", credits);
	return out;
}

/* About an order, to whoever made it; to nobody when that user is gone. */
static enum status
send(struct ctx *ctx, const char *id, enum letter_kind kind,
    const struct settlement *settled)
{
	struct json_object *order = view_root(ctx->arena);
	const bool paid = kind == LETTER_RECEIPT;
	struct user user;

	if (settled->user_id == NULL)
		return ST_OK;
	TRY(store_user_by_id(ctx, settled->user_id, &user));
	TRY(store_order_get(ctx, id, NULL, order));
	return letter_send(ctx, &(struct letter){ .kind = kind,
	    .user = &user, .about = words_of(ctx, order, paid ?
	    view_get_int(order, "amountMinor") : settled->refunded_now),
	    .url = arena_printf(ctx->arena, "%s/account/orders/%s%s",
	    ctx->config->server_url, id, paid ? "/receipt" : "") });
}

enum status
order_settle(struct ctx *ctx, const char *id)
{
	struct settlement settled;

	TRY(store_order_settle(ctx, id, &settled));
	if (settled.first_paid)
		TRY(send(ctx, id, LETTER_RECEIPT, &settled));
	return settled.refunded_now <= 0 ? ST_OK :
	    send(ctx, id, LETTER_REFUNDED, &settled);
}
