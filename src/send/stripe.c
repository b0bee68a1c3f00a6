#include "send/stripe.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "view/view.h"

/* Servers leave idle clients after minutes; ours must not be the slower. */
#define IDLE_SECONDS 60L
#define REQUEST_ID_SIZE 64
#define TRIES 2
#define TRY_AGAIN_MS 100	/* less time than this is not worth another */

struct stripe {
	CURL *curl;
	const struct config *config;
	/* this answer */
	struct buf body;
	char request_id[REQUEST_ID_SIZE];	/* Stripe's, for its support */
	char error[CURL_ERROR_SIZE];
};

static size_t
read_body(char *bytes, size_t size, size_t count, void *cookie)
{
	struct stripe *stripe = cookie;

	if (size * count > STRIPE_ANSWER_MAX - stripe->body.size)
		return 0;
	buf_put(&stripe->body, bytes, size * count);
	return size * count;
}

/* Strangers' bytes: only what such an id is made of. */
static size_t
read_header(char *line, size_t size, size_t count, void *cookie)
{
	static const char name[] = "request-id:";
	struct stripe *stripe = cookie;
	const size_t whole = size * count;
	size_t length = 0;

	if (whole < sizeof(name) || strncasecmp(line, name,
	    sizeof(name) - 1) != 0)
		return whole;
	for (size_t i = sizeof(name) - 1; i < whole &&
	    length < REQUEST_ID_SIZE - 1; i++)
		if (line[i] > ' ' && line[i] <= '~')
			stripe->request_id[length++] = line[i];
	stripe->request_id[length] = '\0';
	return whole;
}

/* An option that libcurl does not know would be one that is not in force. */
#define SET(curl, option, value) do {					\
	if (curl_easy_setopt(curl, option, value) != CURLE_OK)		\
		panic("stripe: libcurl refuses " #option);		\
} while (0)

static void
set_options(struct stripe *stripe)
{
	CURL *curl = stripe->curl;

	SET(curl, CURLOPT_PROTOCOLS_STR, "https,http");
	SET(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	/* Ids in a path mean what they say. */
	SET(curl, CURLOPT_PATH_AS_IS, 1L);
	SET(curl, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	SET(curl, CURLOPT_NOSIGNAL, 1L);
	/* A variable of the environment must not choose who gets the key. */
	SET(curl, CURLOPT_PROXY, "");
	SET(curl, CURLOPT_WRITEFUNCTION, read_body);
	SET(curl, CURLOPT_WRITEDATA, stripe);
	SET(curl, CURLOPT_HEADERFUNCTION, read_header);
	SET(curl, CURLOPT_HEADERDATA, stripe);
	SET(curl, CURLOPT_ERRORBUFFER, stripe->error);
}

struct stripe *
stripe_open(const struct config *config)
{
	struct stripe *stripe = calloc(1, sizeof(*stripe));

	if (stripe == NULL ||
	    curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (stripe->curl = curl_easy_init()) == NULL)
		panic("stripe: no libcurl");
	stripe->config = config;
	set_options(stripe);
	return stripe;
}

void
stripe_close(struct stripe *stripe)
{
	if (stripe == NULL)
		return;
	curl_easy_cleanup(stripe->curl);
	curl_global_cleanup();
	free(stripe);
}

/* ---- what is asked ----------------------------------------------------- */

void
stripe_form(struct arena *arena, struct buf *form)
{
	buf_init(form, arena, 512);
}

void
stripe_text(struct buf *form, const char *name, const char *value)
{
	buf_printf(form, "%s%s=%s", form->size > 0 ? "&" : "",
	    text_percent(form->arena, name), text_percent(form->arena, value));
}

void
stripe_int(struct buf *form, const char *name, int64_t value)
{
	char text[TEXT_DECIMAL_SIZE];

	(void)text_decimal(text, value);
	stripe_text(form, name, text);
}

bool
stripe_is_id(const char *text, const char *prefix)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_";
	const size_t length = text == NULL ? 0 : strlen(text);

	return length > strlen(prefix) && length <= STRIPE_ID_MAX &&
	    text_starts(text, prefix) && strspn(text, allowed) == length;
}

static struct curl_slist *
append(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		panic("stripe: out of memory");
	return longer;
}

static struct curl_slist *
headers_of(struct ctx *ctx, const struct stripe_call *call)
{
	struct curl_slist *list = NULL;
	char id[ID_SIZE];

	list = append(list, arena_printf(ctx->arena,
	    "Authorization: Bearer %s", ctx->config->stripe_secret_key));
	list = append(list, "Stripe-Version: " STRIPE_API_VERSION);
	list = append(list, "User-Agent: tollgate");
	list = append(list, "Expect:");
	if (!call->post)
		return list;
	id_new(id, ctx->now);
	return append(list, arena_printf(ctx->arena, "Idempotency-Key: %s",
	    call->key != NULL ? call->key : id));
}

static void
set_question(struct ctx *ctx, const struct stripe_call *call)
{
	CURL *curl = ctx->stripe->curl;
	const char *form = call->form != NULL ? call->form->data : "";
	const char *base = ctx->config->stripe_api_base;

	if (call->post) {
		SET(curl, CURLOPT_POST, 1L);
		SET(curl, CURLOPT_POSTFIELDS, form);
		SET(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(form));
		SET(curl, CURLOPT_URL, arena_printf(ctx->arena, "%s%s", base,
		    call->path));
	} else {
		SET(curl, CURLOPT_HTTPGET, 1L);
		SET(curl, CURLOPT_URL, arena_printf(ctx->arena, "%s%s%s%s",
		    base, call->path, form[0] != '\0' ? "?" : "", form));
	}
}

/* Whether it is worth asking again: it has not got through, or there is no
 * telling, and then the key keeps it from being done twice. */
static bool
is_lost(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_SEND_ERROR ||
	    code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
	    code == CURLE_COULDNT_RESOLVE_HOST;
}

static CURLcode
perform(struct ctx *ctx)
{
	struct stripe *stripe = ctx->stripe;
	const int64_t until = clock_monotonic_us() +
	    ctx->config->stripe_deadline_ms * 1000;
	CURLcode code = CURLE_OPERATION_TIMEDOUT;

	for (int try = 0; try < TRIES; try++) {
		int64_t left = (until - clock_monotonic_us()) / 1000;

		if (try > 0 && left < TRY_AGAIN_MS)
			break;
		buf_init(&stripe->body, ctx->arena, 4096);
		stripe->request_id[0] = stripe->error[0] = '\0';
		SET(stripe->curl, CURLOPT_TIMEOUT_MS, (long)left);
		code = curl_easy_perform(stripe->curl);
		if (!is_lost(code))
			break;
	}
	return code;
}

/* ---- what comes of it -------------------------------------------------- */

/* {"error": {"message", "code", "type"}} */
static enum status
refused(struct ctx *ctx, const struct json_object *answer, long http)
{
	const struct json_object *error = view_get(answer, "error");
	const char *message = json_text(error, "message");
	const char *code = json_text(error, "code");

	if (message != NULL) {
		ctx->refusal.message = message;
		ctx->refusal.code = code != NULL ? code : "";
	}
	return refuse(ctx, ST_STRIPE_REFUSED, "Stripe says %ld: %s", http,
	    code != NULL ? code : "no code");
}

static enum status
unavailable(struct ctx *ctx, const char *why)
{
	return refuse(ctx, ST_STRIPE_UNAVAILABLE, "Stripe: %s", why);
}

static enum status
judge(struct ctx *ctx, CURLcode code, long http, struct json_object **out)
{
	const struct stripe *stripe = ctx->stripe;
	const char *reason = "";

	if (code != CURLE_OK)
		return unavailable(ctx, stripe->error[0] != '\0' ?
		    arena_text(ctx->arena, stripe->error) :
		    curl_easy_strerror(code));
	if (http == 401 || http == 403)
		return unavailable(ctx, "it refuses stripe.secret_key");
	if (http == 409 || http == 429 || http / 100 == 5)
		return unavailable(ctx, arena_printf(ctx->arena,
		    "it answers %ld", http));
	if (!json_read(ctx->arena, stripe->body.data, stripe->body.size, out,
	    &reason) || !view_is_object(*out))
		return unavailable(ctx, arena_printf(ctx->arena,
		    "its answer is no object: %s", reason));
	return http / 100 == 2 ? ST_OK : refused(ctx, *out, http);
}

static void
tell(const struct ctx *ctx, const struct stripe_call *call, long http,
    int64_t started, enum status status)
{
	const bool ours = status == ST_STRIPE_UNAVAILABLE;

	log_line(ours ? LOG_ERROR_LEVEL : LOG_INFO_LEVEL, "stripe",
	    (const struct log_field[]){
		LOG_TEXT("method", call->post ? "POST" : "GET"),
		LOG_TEXT("path", call->path),
		LOG_INT("status", http),
		LOG_INT("us", clock_monotonic_us() - started),
		LOG_TEXT("stripeRequestId", ctx->stripe->request_id[0] != '\0' ?
		    ctx->stripe->request_id : NULL),
		LOG_TEXT("reason", status == ST_OK ? NULL : ctx->refusal.reason),
		LOG_END });
}

enum status
stripe_call(struct ctx *ctx, const struct stripe_call *call,
    struct json_object **out)
{
	const int64_t started = clock_monotonic_us();
	struct curl_slist *headers;
	enum status status;
	CURLcode code;
	long http = 0;

	*out = NULL;
	if (ctx->stripe == NULL)
		return refuse(ctx, ST_STRIPE_UNAVAILABLE,
		    "stripe.enabled is off");
	headers = headers_of(ctx, call);
	SET(ctx->stripe->curl, CURLOPT_HTTPHEADER, headers);
	set_question(ctx, call);
	code = perform(ctx);
	(void)curl_easy_getinfo(ctx->stripe->curl, CURLINFO_RESPONSE_CODE,
	    &http);
	SET(ctx->stripe->curl, CURLOPT_HTTPHEADER, (struct curl_slist *)NULL);
	curl_slist_free_all(headers);
	status = judge(ctx, code, http, out);
	tell(ctx, call, http, started, status);
	return status;
}
