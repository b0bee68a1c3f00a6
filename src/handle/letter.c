#include "handle/letter.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/format.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/device.h"
#include "store/letter.h"
#include "store/user.h"
#include "trust/seal.h"
#include "view/view.h"

#define PART_HINT 4096		/* bytes; most parts have fewer */
#define DECOY_NAME "Ada Lovelace"	/* as long as names are */

static const char *const names[] = {
	[LETTER_WELCOME] = "welcome",
	[LETTER_VERIFY_EMAIL] = "verify-email",
	[LETTER_RESET_PASSWORD] = "reset-password",
	[LETTER_CHANGE_EMAIL_CONFIRMATION] = "change-email-confirmation",
	[LETTER_CHANGE_EMAIL_DONE] = "change-email-done",
	[LETTER_DELETE_ACCOUNT] = "delete-account",
	[LETTER_PASSWORD_CHANGED] = "password-changed",
	[LETTER_NEW_DEVICE] = "new-device",
	[LETTER_ACCOUNT_CREATED] = "account-created",
	[LETTER_FEEDBACK_ANSWER] = "feedback-answer",
	[LETTER_RECEIPT] = "receipt",
	[LETTER_REFUNDED] = "refunded",
	[LETTER_RESERVATION_CONFIRMED] = "reservation-confirmed",
	[LETTER_RESERVATION_CANCELLED] = "reservation-cancelled",
};

const char *
letter_purpose(struct ctx *ctx, const char *id)
{
	return arena_printf(ctx->arena, "letter:%s", id);
}

static bool
is_wanted(const struct config *config, enum letter_kind kind)
{
	switch (kind) {
	case LETTER_WELCOME:
		return config->mail_welcome;
	case LETTER_NEW_DEVICE:
		return config->mail_new_device;
	case LETTER_PASSWORD_CHANGED:
		return config->mail_password_changed;
	case LETTER_VERIFY_EMAIL:
	case LETTER_RESET_PASSWORD:
	case LETTER_CHANGE_EMAIL_CONFIRMATION:
	case LETTER_CHANGE_EMAIL_DONE:
	case LETTER_DELETE_ACCOUNT:
	case LETTER_ACCOUNT_CREATED:
	case LETTER_FEEDBACK_ANSWER:
	case LETTER_RECEIPT:
	case LETTER_REFUNDED:
	case LETTER_RESERVATION_CONFIRMED:
	case LETTER_RESERVATION_CANCELLED:
		break;
	}
	return true;
}

void
letter_lines(struct ctx *ctx, struct json_object *out, const char *key,
    const char *text)
{
	struct json_object *lines = view_list(out, key);

	while (*text != '\0') {
		const size_t size = strcspn(text, "\r\n");

		view_text(lines, NULL, arena_copy(ctx->arena, text, size));
		text += size;
		text += *text == '\r';
		text += *text == '\n';
	}
}

static struct json_object *
words_of(struct ctx *ctx, const struct letter *letter)
{
	const struct user *user = letter->user;
	struct json_object *view = view_root(ctx->arena);
	char moment[FORMAT_MOMENT_SIZE];

	format_moment(moment, ctx->now);
	view_text(view, "brand", ctx->config->server_brand);
	view_text(view, "home", ctx->config->server_url);
	view_text(view, "name", letter->decoy ? DECOY_NAME :
	    user != NULL && user->email_verified ? user->name : NULL);
	view_text(view, "url", letter->url);
	view_text(view, "newEmail", letter->new_email);
	view_copy(view, "about", letter->about);
	view_text(view, "device", device_name(ctx->arena,
	    ctx->request.user_agent));
	view_text(view, "address", ctx->request.address);
	view_text(view, "moment", moment);
	return view;
}

static enum status
render(struct ctx *ctx, const char *name, const char *suffix,
    const struct json_object *words, const char **out)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, PART_HINT);
	TRY(template_render(ctx->templates, arena_printf(ctx->arena,
	    "letter/%s%s", name, suffix), words, NULL, &buf));
	*out = buf.data;
	return ST_OK;
}

enum status
letter_render(struct ctx *ctx, const struct letter *letter,
    struct letter_text *out)
{
	const char *name = names[letter->kind];
	struct json_object *words = words_of(ctx, letter);
	const char *whole;
	size_t size;

	TRY(render(ctx, name, VIEW_PLAIN_SUFFIX, words, &whole));
	TRY(render(ctx, name, "", words, &out->html));
	size = strcspn(whole, "\n");
	out->subject = arena_copy(ctx->arena, whole, size);
	out->text = whole + size + strspn(whole + size, "\n");
	return ST_OK;
}

/* The link stands beside the parts for who may read letters (handle/mail.c)
 * and for the tests, which would have to search them for it. */
static const uint8_t *
body_of(struct ctx *ctx, const struct letter *letter,
    const struct letter_text *text, const char *id, size_t *size)
{
	struct json_object *body = view_root(ctx->arena);
	const char *json;

	view_text(body, "text", text->text);
	view_text(body, "html", text->html);
	view_text(body, "url", letter->url);
	view_text(body, "newEmail", letter->new_email);
	json = view_as_text(ctx->arena, body);
	return seal(ctx->arena, ctx->config->server_secret,
	    letter_purpose(ctx, id), json, strlen(json), size);
}

static const char *
recipient_of(const struct letter *letter)
{
	if (letter->to != NULL)
		return letter->to;
	if (letter->user == NULL)
		panic("a letter to nobody");
	return letter->user->email;
}

enum status
letter_send(struct ctx *ctx, const struct letter *letter)
{
	struct letter_new new = { .kind = names[letter->kind],
		.recipient = recipient_of(letter),
		.user_id = letter->user == NULL ? NULL : letter->user->id,
		.decoy = letter->decoy };
	struct letter_text text;
	char id[ID_SIZE];

	if (!is_wanted(ctx->config, letter->kind))
		return ST_OK;
	if (!text_mailable(new.recipient))
		return refuse(ctx, ST_INVALID, "the address cannot be mailed");
	TRY(letter_render(ctx, letter, &text));
	id_new(id, ctx->now);
	new.id = id;
	new.subject = text.subject;
	new.message_id = arena_printf(ctx->arena, "<%s@%s>", id,
	    strchr(ctx->config->mail_sender, '@') + 1);
	new.body = body_of(ctx, letter, &text, id, &new.body_size);
	return store_letter_add(ctx, &new);
}
