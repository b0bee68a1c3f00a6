#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config.h"
#include "ctx.h"
#include "http/form.h"
#include "http/query.h"
#include "routes.h"
#include "view/view.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define JSON "application/json"
#define URLENCODED "application/x-www-form-urlencoded"
#define UNDEFINED(type) \
	"Invalid input: expected " type ", received undefined"

struct order {
	const char *name;
	const char *email;
	int64_t amount;
	enum choice gift;
	const char *speed;
	const char *note;
	const char *mail;
	int64_t count;
	enum choice fast;
	const char *colour;
};

static const char *const speeds[] = { "slow", "fast", NULL };
static const char *const colours[] = { "red", NULL };

static const struct form_field fields[] = {
	FIELD_TEXT(struct order, name, "name", 2, 5, .label = "Name"),
	FIELD_EMAIL(struct order, email, "email"),
	FIELD_INT(struct order, amount, "amount", 1, 100, .label = "Amount"),
	FIELD_BOOL(struct order, gift, "gift"),
	FIELD_ENUM(struct order, speed, "speed", speeds),
	FIELD_TEXT(struct order, note, "note", 0, 3, .optional = true,
	    .nullable = true),
	FIELD_EMAIL(struct order, mail, "mail", .optional = true),
	FIELD_INT(struct order, count, "count", -5, 5, .optional = true,
	    .nullable = true),
	FIELD_BOOL(struct order, fast, "fast", .optional = true),
	FIELD_ENUM(struct order, colour, "colour", colours, .optional = true),
};
static const struct form form = FORM(fields, struct order,
    .form_body = true);

#define GOOD_JSON "{\"name\":\"abc\",\"email\":\"a@b.co\",\"amount\":7," \
	"\"gift\":true,\"speed\":\"fast\""

struct one {
	int64_t number;
};
static const struct form_field widest[] = {
	FIELD_INT(struct one, number, "number", INT64_MIN + 1, INT64_MAX),
};
static const struct form widest_form = FORM(widest, struct one);

struct world {
	struct ctx ctx;
	struct route route;
};

static int
setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	world.ctx.arena = arena_new((size_t)1 << 20);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	arena_free(((struct world *)*state)->ctx.arena);
	return 0;
}

/* A fresh request on a row with this face and form. */
static struct ctx *
begin(struct world *world, enum face face, enum method method,
    const struct form *table)
{
	struct arena *arena = world->ctx.arena;

	arena_reset(arena);
	world->route = (struct route){ .face = face, .method = method,
	    .path = "/x", .form = table };
	world->ctx = (struct ctx){ .arena = arena, .route = &world->route };
	world->ctx.request.method = method;
	return &world->ctx;
}

static enum status
send_to(struct world *world, enum face face, const struct form *table,
    const char *type, const char *body)
{
	struct ctx *ctx = begin(world, face, METHOD_POST, table);

	ctx->request.content_type = type;
	ctx->request.body = body;
	ctx->request.body_size = strlen(body);
	TRY(body_parse(ctx));
	return form_read(ctx, table);
}

static enum status
send_json(struct world *world, const char *body)
{
	return send_to(world, FACE_AUTH, &form, JSON, body);
}

static enum status
send_query(struct world *world, enum face face, const struct form *table,
    const char *query)
{
	struct ctx *ctx = begin(world, face, METHOD_GET, table);

	assert_true(query_parse(ctx->arena, query, strlen(query),
	    &ctx->request.query));
	return form_read(ctx, table);
}

/* The errors as the wire's message has them. */
static const char *
wire(struct world *world)
{
	struct buf buf;

	buf_init(&buf, world->ctx.arena, 256);
	for (struct input_error *e = world->ctx.errors; e != NULL; e = e->next)
		buf_printf(&buf, "%s[%s%s%s] %s", buf.size > 0 ? "; " : "",
		    e->slot, e->field[0] != '\0' ? "." : "", e->field,
		    e->wire);
	return buf.data;
}

static void
a_json_body_fills_every_member(void **state)
{
	struct world *world = *state;
	const struct order *order;

	assert_int_equal(send_json(world, GOOD_JSON ",\"note\":\"n\","
	    "\"mail\":\"C@d.ef\",\"count\":-5,\"fast\":false,"
	    "\"colour\":\"red\",\"unknown\":[1]}"), ST_OK);
	order = world->ctx.input;
	assert_string_equal(order->name, "abc");
	assert_string_equal(order->email, "a@b.co");
	assert_true(order->amount == 7);
	assert_int_equal(order->gift, CHOICE_YES);
	assert_string_equal(order->speed, "fast");
	assert_string_equal(order->note, "n");
	/* lowering is the handler's, after validation */
	assert_string_equal(order->mail, "C@d.ef");
	assert_true(order->count == -5);
	assert_int_equal(order->fast, CHOICE_NO);
	assert_string_equal(order->colour, "red");
	assert_null(world->ctx.errors);
}

static void
what_is_optional_and_absent_says_so(void **state)
{
	struct world *world = *state;
	const struct order *order;

	assert_int_equal(send_json(world, GOOD_JSON "}"), ST_OK);
	order = world->ctx.input;
	assert_null(order->note);
	assert_null(order->mail);
	assert_true(order->count == FIELD_NONE);
	assert_int_equal(order->fast, CHOICE_ABSENT);
	assert_null(order->colour);
}

static void
a_field_of_a_feature_that_is_off_is_not_read(void **state)
{
	static const struct form_field named[] = {
		FIELD_TEXT(struct order, name, "username", 1, 5,
		    WHEN_FIELD(username), .optional = true),
	};
	static const struct form table = FORM(named, struct order);
	static const struct config off, on = { .username_enabled = true };
	struct world *world = *state;
	struct ctx *ctx;

	for (int i = 0; i < 2; i++) {
		ctx = begin(world, FACE_AUTH, METHOD_POST, &table);
		ctx->config = i == 0 ? &off : &on;
		ctx->request.content_type = JSON;
		ctx->request.body = "{\"username\":7}";
		ctx->request.body_size = strlen(ctx->request.body);
		assert_int_equal(body_parse(ctx), ST_OK);
		assert_int_equal(form_read(ctx, &table), i == 0 ? ST_OK :
		    ST_VALIDATION_ERROR);
		assert_null(((struct order *)ctx->input)->name);
	}
}

static void
null_is_absent_only_where_the_table_says_so(void **state)
{
	struct world *world = *state;
	const struct order *order;

	assert_int_equal(send_json(world, GOOD_JSON
	    ",\"note\":null,\"count\":null}"), ST_OK);
	order = world->ctx.input;
	assert_null(order->note);
	assert_true(order->count == FIELD_NONE);
	assert_int_equal(send_json(world, GOOD_JSON
	    ",\"mail\":null,\"fast\":null,\"colour\":null}"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world),
	    "[body.mail] Invalid input: expected string, received null; "
	    "[body.fast] Invalid input: expected boolean, received null; "
	    "[body.colour] Invalid input: expected string, received null");
}

static void
all_errors_are_reported_in_the_order_of_the_table(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_json(world, "{}"), ST_VALIDATION_ERROR);
	assert_string_equal(wire(world),
	    "[body.name] " UNDEFINED("string")
	    "; [body.email] " UNDEFINED("string")
	    "; [body.amount] " UNDEFINED("number")
	    "; [body.gift] " UNDEFINED("boolean")
	    "; [body.speed] " UNDEFINED("string"));
	assert_int_equal(send_json(world, "{\"speed\":\"x\",\"gift\":1,"
	    "\"amount\":0,\"email\":\"@\",\"name\":\"a\"}"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world),
	    "[body.name] Too small: expected string to have >=2 characters; "
	    "[body.email] Invalid email address; "
	    "[body.amount] Too small: expected number to be >=1; "
	    "[body.gift] Invalid input: expected boolean, received number; "
	    "[body.speed] Invalid option: expected one of "
	    "\"slow\"|\"fast\"");
}

/* The one field that is wrong, set to each JSON type. */
static void
wrong_types_are_named(void **state)
{
	static const struct {
		const char *value, *received;
	} types[] = { { "null", "null" }, { "[]", "array" },
		{ "{}", "object" } };
	static const struct {
		const char *field, *value, *wire;
	} rows[] = {
		{ "name", "1", "expected string, received number" },
		{ "name", "true", "expected string, received boolean" },
		{ "email", "1.5", "expected string, received number" },
		{ "speed", "false", "expected string, received boolean" },
		{ "amount", "\"7\"", "expected number, received string" },
		{ "amount", "true", "expected number, received boolean" },
		{ "amount", "1.5", "expected int, received number" },
		{ "gift", "\"true\"", "expected boolean, received string" },
		{ "gift", "\"on\"", "expected boolean, received string" },
		{ "gift", "0", "expected boolean, received number" },
	};
	struct world *world = *state;
	char body[256], message[128];

	for (size_t i = 0; i < COUNT(types); i++) {
		(void)snprintf(body, sizeof(body), "{\"number\":%s}",
		    types[i].value);
		assert_int_equal(send_to(world, FACE_JSON, &widest_form, JSON,
		    body), ST_VALIDATION_ERROR);
		(void)snprintf(message, sizeof(message), "[body.number] "
		    "Invalid input: expected number, received %s",
		    types[i].received);
		assert_string_equal(wire(world), message);
	}
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body), "{\"%s\":%s}",
		    rows[i].field, rows[i].value);
		(void)snprintf(message, sizeof(message),
		    "[body.%s] Invalid input: %s", rows[i].field,
		    rows[i].wire);
		assert_int_equal(send_json(world, body), ST_VALIDATION_ERROR);
		if (strstr(wire(world), message) == NULL)
			fail_msg("%s: %s", body, wire(world));
	}
}

static void
lengths_count_utf16_units(void **state)
{
	static const struct {
		const char *name;
		bool fits;
	} rows[] = { { "a", false }, { "ab", true }, { "abcde", true },
		{ "abcdef", false }, { "\xf0\x9f\x98\x80", true },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80z", true },
		{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", false },
		{ "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
		    "\xe2\x82\xac", true } };
	struct world *world = *state;
	char body[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body), "{\"name\":\"%s\","
		    "\"email\":\"a@b.co\",\"amount\":1,\"gift\":true,"
		    "\"speed\":\"slow\"}", rows[i].name);
		if ((send_json(world, body) == ST_OK) != rows[i].fits)
			fail_msg("row %zu: %s", i, wire(world));
	}
}

static void
integers_reach_both_ends_of_64_bits(void **state)
{
	static const struct {
		const char *text;
		enum status status;
		int64_t number;
	} rows[] = {
		{ "9223372036854775807", ST_OK, INT64_MAX },
		{ "-9223372036854775807", ST_OK, INT64_MIN + 1 },
		{ "0", ST_OK, 0 }, { "-0", ST_OK, 0 },
		/* the value that means absent is no value */
		{ "-9223372036854775808", ST_VALIDATION_ERROR, 0 },
	};
	struct world *world = *state;
	char text[64];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(text, sizeof(text), "{\"number\":%s}",
		    rows[i].text);
		assert_int_equal(send_to(world, FACE_JSON, &widest_form, JSON,
		    text), rows[i].status);
		if (rows[i].status == ST_OK)
			assert_true(((const struct one *)world->ctx.input)->
			    number == rows[i].number);
		(void)snprintf(text, sizeof(text), "number=%s", rows[i].text);
		assert_int_equal(send_query(world, FACE_JSON, &widest_form,
		    text), rows[i].status);
		if (rows[i].status == ST_OK)
			assert_true(((const struct one *)world->ctx.input)->
			    number == rows[i].number);
	}
	/* no clamping, no rounding through a double */
	assert_int_equal(send_to(world, FACE_JSON, &widest_form, JSON,
	    "{\"number\":9223372036854775808}"), ST_BAD_REQUEST);
	assert_int_equal(send_query(world, FACE_JSON, &widest_form,
	    "number=9223372036854775808"), ST_VALIDATION_ERROR);
	assert_int_equal(send_to(world, FACE_JSON, &widest_form, JSON,
	    "{\"number\":1e3}"), ST_VALIDATION_ERROR);
}

static void
a_text_that_is_no_integer_is_refused_in_forms(void **state)
{
	static const char *const bad[] = { "", "x", "1.0", "1e3", "+1", "0x1",
		"1%20", "%201", "--1" };
	struct world *world = *state;
	char text[64];

	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text), "number=%s", bad[i]);
		assert_int_equal(send_query(world, FACE_JSON, &widest_form,
		    text), ST_VALIDATION_ERROR);
		assert_int_equal(send_to(world, FACE_PAGE, &widest_form,
		    URLENCODED, text), ST_VALIDATION_ERROR);
	}
}

static void
a_pages_form_fills_every_member(void **state)
{
	struct world *world = *state;
	const struct order *order;

	assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED,
	    "name=a+b&email=a%40b.co&amount=100&gift=on&speed=slow&note="
	    "&mail=&count=&colour="), ST_OK);
	order = world->ctx.input;
	assert_string_equal(order->name, "a b");
	assert_string_equal(order->email, "a@b.co");
	assert_true(order->amount == 100);
	assert_int_equal(order->gift, CHOICE_YES);
	/* an empty field of a form means that nothing was given */
	assert_null(order->note);
	assert_null(order->mail);
	assert_true(order->count == FIELD_NONE);
	assert_int_equal(order->fast, CHOICE_ABSENT);
	assert_null(order->colour);
}

static void
only_on_checks_a_checkbox(void **state)
{
	static const struct {
		const char *text;
		enum choice choice;
	} rows[] = { { "on", CHOICE_YES }, { "off", CHOICE_NO },
		{ "x", CHOICE_NO }, { "ON", CHOICE_NO } };
	struct world *world = *state;
	char body[128];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body), "name=abc&email=a%%40b.co&"
		    "amount=1&speed=slow&gift=on&fast=%s", rows[i].text);
		assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED,
		    body), ST_OK);
		assert_int_equal(((const struct order *)world->ctx.input)->
		    fast, rows[i].choice);
	}
}

static void
people_read_sentences(void **state)
{
	struct world *world = *state;
	const struct input_error *error;

	assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED,
	    "name=&email=x&amount=0"), ST_VALIDATION_ERROR);
	error = world->ctx.errors;
	assert_string_equal(error->human, "Name is missing.");
	error = error->next;
	assert_string_equal(error->human, "email is not a valid e-mail address.");
	error = error->next;
	assert_string_equal(error->human, "Amount must be between 1 and 100.");
}

/* contract README, section 3: form values are all strings. */
static void
on_the_wire_a_form_holds_strings_only(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_to(world, FACE_AUTH, &form, URLENCODED,
	    "name=abc&email=a%40b.co&amount=1&gift=true&speed=slow"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.gift] Invalid input: "
	    "expected boolean, received string");
	/* and an empty one is a text like any other */
	assert_int_equal(send_to(world, FACE_AUTH, &form, URLENCODED,
	    "name=&email=a%40b.co&amount=1&speed=slow&mail="),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.name] Too small: expected "
	    "string to have >=2 characters; [body.gift] "
	    UNDEFINED("boolean") "; [body.mail] Invalid email address");
}

static void
a_get_reads_the_query(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_query(world, FACE_JSON, &form,
	    "name=a%20b&email=a%40b.co&amount=5&speed=slow"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[query.gift] "
	    UNDEFINED("boolean"));
	assert_int_equal(send_query(world, FACE_JSON, &widest_form,
	    "number=1&number=2"), ST_OK);
	assert_true(((const struct one *)world->ctx.input)->number == 1);
	assert_int_equal(send_query(world, FACE_JSON, &widest_form, ""),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[query.number] "
	    UNDEFINED("number"));
}

static void
a_body_that_is_no_object_is_wrong_as_a_whole(void **state)
{
	static const struct {
		const char *body, *received;
	} rows[] = { { "", "undefined" }, { "null", "null" }, { "[]", "array" },
		{ "1", "number" }, { "\"x\"", "string" },
		{ "true", "boolean" } };
	static const struct form record = FORM(fields, struct order,
	    .record = true);
	static const struct form both = FORM(fields, struct order,
	    .object_and_record = true);
	struct world *world = *state;
	char object[96], other[96], message[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(object, sizeof(object), "[body] Invalid input: "
		    "expected object, received %s", rows[i].received);
		(void)snprintf(other, sizeof(other), "[body] Invalid input: "
		    "expected record, received %s", rows[i].received);
		(void)snprintf(message, sizeof(message), "%s; %s", object,
		    other);
		assert_int_equal(send_json(world, rows[i].body),
		    ST_VALIDATION_ERROR);
		assert_string_equal(wire(world), object);
		assert_int_equal(send_to(world, FACE_AUTH, &record, JSON,
		    rows[i].body), ST_VALIDATION_ERROR);
		assert_string_equal(wire(world), other);
		assert_int_equal(send_to(world, FACE_AUTH, &both, JSON,
		    rows[i].body), ST_VALIDATION_ERROR);
		assert_string_equal(wire(world), message);
	}
}

static void
no_body_is_an_empty_one_on_a_page(void **state)
{
	struct world *world = *state;

	/* a browser's form without fields has none */
	assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED, ""),
	    ST_VALIDATION_ERROR);
	assert_string_equal(world->ctx.errors->field, "name");
}

static void
a_row_without_a_form_has_no_input(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_to(world, FACE_AUTH, NULL, JSON, "[1]"), ST_OK);
	assert_null(world->ctx.input);
}

/* contract README, section 3 */
static void
other_content_types_are_refused(void **state)
{
	static const struct form json_only = FORM(fields, struct order);
	struct world *world = *state;

	assert_int_equal(send_to(world, FACE_AUTH, &form, "text/plain", "{}"),
	    ST_UNSUPPORTED_MEDIA_TYPE);
	assert_string_equal(world->ctx.refusal.message,
	    "Content-Type \"text/plain\" "
	    "is not allowed. Allowed types: "
	    "application/x-www-form-urlencoded, application/json");
	assert_int_equal(send_to(world, FACE_AUTH, &json_only, URLENCODED,
	    "a=1"), ST_UNSUPPORTED_MEDIA_TYPE);
	assert_string_equal(world->ctx.refusal.message,
	    "Content-Type \"" URLENCODED
	    "\" is not allowed. Allowed types: application/json");
	assert_int_equal(send_to(world, FACE_PAGE, &form, JSON, "{}"),
	    ST_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(send_to(world, FACE_AUTH, &form,
	    "application/jsonx", "{}"), ST_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(send_to(world, FACE_AUTH, &form, "", "{}"),
	    ST_UNSUPPORTED_MEDIA_TYPE);
	assert_int_equal(send_to(world, FACE_AUTH, NULL, "text/plain", "x"),
	    ST_UNSUPPORTED_MEDIA_TYPE);
}

static void
the_content_type_is_compared_without_case_or_parameters(void **state)
{
	static const char *const types[] = { JSON, "Application/JSON",
		JSON ";charset=utf-8", JSON " ; x" };

	for (size_t i = 0; i < COUNT(types); i++)
		assert_int_equal(send_to(*state, FACE_AUTH, &form, types[i],
		    GOOD_JSON "}"), ST_OK);
}

static void
bytes_without_a_type_are_no_body(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_to(world, FACE_AUTH, &form, NULL, GOOD_JSON "}"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body] " UNDEFINED("object"));
}

static void
malformed_bodies_are_bad_requests(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_json(world, "{\"name\":"), ST_BAD_REQUEST);
	assert_string_equal(world->ctx.refusal.message,
	    "Invalid JSON in request body");
	assert_int_equal(send_json(world, "{\"name\":\"a\",\"name\":\"b\"}"),
	    ST_BAD_REQUEST);
	assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED,
	    "name=%"), ST_BAD_REQUEST);
	assert_int_equal(send_to(world, FACE_PAGE, &form, URLENCODED,
	    "name=a&name=b"), ST_BAD_REQUEST);
}

static void
a_page_shown_again_has_what_was_typed_but_secrets(void **state)
{
	static const struct form_field login[] = {
		FIELD_EMAIL(struct order, email, "email"),
		FIELD_TEXT(struct order, name, "password", 1, 9,
		    .secret = true),
		FIELD_TEXT(struct order, note, "note", 0, 9,
		    .optional = true),
	};
	static const struct form login_form = FORM(login, struct order);
	struct world *world = *state;
	struct json_object *out;

	assert_int_equal(send_to(world, FACE_PAGE, &login_form, URLENCODED,
	    "email=<x>&password=secret&other=1"), ST_VALIDATION_ERROR);
	out = view_root(world->ctx.arena);
	form_view(&world->ctx, &login_form, out);
	assert_string_equal(view_get_text(out, "email"), "<x>");
	assert_true(view_has(out, "password"));
	assert_null(view_get(out, "password"));
	assert_true(view_has(out, "note"));
	assert_null(view_get(out, "note"));
	assert_false(view_has(out, "other"));
}

/* What administrators send: unions, records, ids of any type. */
struct whom {
	const char *id;
	const char *roles;
	struct json_object *data;
};
static const struct form_field whom_fields[] = {
	FIELD_TEXT(struct whom, id, "id", 1, 40, .coerced = true,
	    .too_short = "id cannot be empty"),
	FIELD_WORDS(struct whom, roles, "roles", 1, 20),
	FIELD_OBJECT(struct whom, data, "data", .optional = true),
};

static enum status
check_whom(struct ctx *ctx)
{
	const struct whom *input = ctx->input;

	return strcmp(input->id, "both") == 0 ?
	    invalid(ctx, "body", "", "Invalid input", "Both.") : ST_OK;
}

static const struct form whom_form = FORM(whom_fields, struct whom,
    .check = check_whom);

static enum status
send_whom(struct world *world, const char *body)
{
	return send_to(world, FACE_AUTH, &whom_form, JSON, body);
}

static void
words_are_a_text_or_a_list_of_texts(void **state)
{
	static const struct {
		const char *value, *words;
	} rows[] = { { "\"a\"", "a" }, { "\"a,b\"", "a,b" },
		{ "[\"a\"]", "a" }, { "[\"a\",\"b\"]", "a,b" },
		{ "[]", NULL }, { "\"\"", NULL }, { "1", NULL },
		{ "[\"a\",1]", NULL }, { "{}", NULL }, { "null", NULL },
		{ "[[\"a\"]]", NULL } };
	struct world *world = *state;
	char body[128];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body), "{\"id\":\"1\","
		    "\"roles\":%s}", rows[i].value);
		if ((send_whom(world, body) == ST_OK) !=
		    (rows[i].words != NULL))
			fail_msg("%s: %s", body, wire(world));
		if (rows[i].words != NULL)
			assert_string_equal(((const struct whom *)
			    world->ctx.input)->roles, rows[i].words);
	}
	assert_int_equal(send_whom(world, "{\"id\":\"1\",\"roles\":[1]}"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.roles] Invalid input");
}

static void
a_coerced_text_takes_anything(void **state)
{
	static const struct {
		const char *member, *id;
	} rows[] = { { "\"id\":\"x\",", "x" }, { "\"id\":5,", "5" },
		{ "\"id\":true,", "true" }, { "\"id\":null,", "null" },
		{ "", "null" }, { "\"id\":{},", "{}" } };
	struct world *world = *state;
	char body[128];

	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)snprintf(body, sizeof(body), "{%s\"roles\":\"a\"}",
		    rows[i].member);
		assert_int_equal(send_whom(world, body), ST_OK);
		assert_string_equal(((const struct whom *)world->ctx.input)
		    ->id, rows[i].id);
	}
	assert_int_equal(send_whom(world, "{\"id\":\"\",\"roles\":\"a\"}"),
	    ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.id] id cannot be empty");
}

static void
an_object_is_lent_as_it_came(void **state)
{
	struct world *world = *state;
	const struct whom *input;

	assert_int_equal(send_whom(world, "{\"id\":1,\"roles\":\"a\","
	    "\"data\":{\"a\":\"b\"}}"), ST_OK);
	input = world->ctx.input;
	assert_string_equal(view_get_text(input->data, "a"), "b");
	assert_int_equal(send_whom(world, "{\"id\":1,\"roles\":\"a\"}"),
	    ST_OK);
	input = world->ctx.input;
	assert_null(input->data);
	assert_int_equal(send_whom(world, "{\"id\":1,\"roles\":\"a\","
	    "\"data\":[]}"), ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.data] Invalid input: "
	    "expected record, received array");
}

static void
a_form_may_look_at_its_fields_together(void **state)
{
	struct world *world = *state;

	assert_int_equal(send_whom(world,
	    "{\"id\":\"both\",\"roles\":\"a\"}"), ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body] Invalid input");
	/* Not while one of them is wrong. */
	assert_int_equal(send_whom(world,
	    "{\"id\":\"both\",\"roles\":1}"), ST_VALIDATION_ERROR);
	assert_string_equal(wire(world), "[body.roles] Invalid input");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_json_body_fills_every_member),
		TEST(what_is_optional_and_absent_says_so),
		TEST(a_field_of_a_feature_that_is_off_is_not_read),
		TEST(null_is_absent_only_where_the_table_says_so),
		TEST(all_errors_are_reported_in_the_order_of_the_table),
		TEST(wrong_types_are_named),
		TEST(lengths_count_utf16_units),
		TEST(integers_reach_both_ends_of_64_bits),
		TEST(a_text_that_is_no_integer_is_refused_in_forms),
		TEST(a_pages_form_fills_every_member),
		TEST(only_on_checks_a_checkbox),
		TEST(people_read_sentences),
		TEST(on_the_wire_a_form_holds_strings_only),
		TEST(a_get_reads_the_query),
		TEST(a_body_that_is_no_object_is_wrong_as_a_whole),
		TEST(no_body_is_an_empty_one_on_a_page),
		TEST(a_row_without_a_form_has_no_input),
		TEST(other_content_types_are_refused),
		TEST(the_content_type_is_compared_without_case_or_parameters),
		TEST(bytes_without_a_type_are_no_body),
		TEST(malformed_bodies_are_bad_requests),
		TEST(words_are_a_text_or_a_list_of_texts),
		TEST(a_coerced_text_takes_anything),
		TEST(an_object_is_lent_as_it_came),
		TEST(a_form_may_look_at_its_fields_together),
		TEST(a_page_shown_again_has_what_was_typed_but_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
