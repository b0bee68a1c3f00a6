#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "base/log.h"

#define LINE_BYTES 4096

struct capture {
	int kept;		/* the real standard error */
	int ends[2];
	char text[2 * LINE_BYTES];
};

static struct capture capture;

static void
begin(void)
{
	assert_int_equal(pipe(capture.ends), 0);
	capture.kept = dup(STDERR_FILENO);
	assert_true(dup2(capture.ends[1], STDERR_FILENO) >= 0);
}

/* What was written since begin, as one text. */
static const char *
end(void)
{
	ssize_t size;

	assert_true(dup2(capture.kept, STDERR_FILENO) >= 0);
	(void)close(capture.kept);
	(void)close(capture.ends[1]);
	size = read(capture.ends[0], capture.text, sizeof(capture.text) - 1);
	assert_true(size >= 0);
	(void)close(capture.ends[0]);
	capture.text[size] = '\0';
	return capture.text;
}

/* One line, valid JSON, an object; the caller puts it. */
static struct json_object *
parsed(const char *line)
{
	struct json_tokener *tokener = json_tokener_new();
	size_t size = strlen(line);
	struct json_object *object;

	assert_true(size > 0 && size <= LINE_BYTES);
	assert_ptr_equal(strchr(line, '\n'), line + size - 1);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	object = json_tokener_parse_ex(tokener, line, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		fail_msg("not JSON: %s", line);
	json_tokener_free(tokener);
	assert_true(json_object_is_type(object, json_type_object));
	return object;
}

static void
assert_text(struct json_object *object, const char *key, const char *text)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	assert_string_equal(json_object_get_string(value), text);
}

static void
assert_number(struct json_object *object, const char *key, int64_t number)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	assert_true(json_object_is_type(value, json_type_int));
	assert_true(json_object_get_int64(value) == number);
}

static int
setup(void **state)
{
	(void)state;
	log_open("tester", LOG_INFO_LEVEL);
	log_request(NULL);
	return 0;
}

static void
a_line_says_when_who_and_what(void **state)
{
	struct json_object *line, *when;

	(void)state;
	begin();
	log_warn("thing", "tried %s %d times", "it", 3);
	line = parsed(end());
	assert_text(line, "level", "warn");
	assert_text(line, "process", "tester");
	assert_text(line, "event", "thing");
	assert_text(line, "message", "tried it 3 times");
	assert_number(line, "pid", getpid());
	assert_true(json_object_object_get_ex(line, "time", &when));
	assert_int_equal(json_object_get_string_len(when), 24);
	assert_false(json_object_object_get_ex(line, "requestId", NULL));
	json_object_put(line);
}

static void
lesser_levels_are_silent(void **state)
{
	(void)state;
	begin();
	log_debug("thing", "%s", "quiet");
	assert_string_equal(end(), "");
	log_open("tester", LOG_ERROR_LEVEL);
	begin();
	log_info("thing", "%s", "quiet");
	log_warn("thing", "%s", "quiet");
	log_line(LOG_WARN_LEVEL, "thing", (struct log_field[]){ LOG_END });
	assert_string_equal(end(), "");
	begin();
	log_error("thing", "%s", "loud");
	json_object_put(parsed(end()));
}

static void
the_request_id_is_carried_until_it_is_taken_back(void **state)
{
	struct json_object *line;

	(void)state;
	log_request("r-1");
	begin();
	log_info("thing", "x");
	line = parsed(end());
	assert_text(line, "requestId", "r-1");
	json_object_put(line);
	log_request(NULL);
	begin();
	log_info("thing", "x");
	line = parsed(end());
	assert_false(json_object_object_get_ex(line, "requestId", NULL));
	json_object_put(line);
}

static void
members_are_texts_numbers_or_left_out(void **state)
{
	const char *nothing = NULL;
	struct json_object *line;

	(void)state;
	begin();
	log_line(LOG_INFO_LEVEL, "thing", (struct log_field[]){
	    LOG_TEXT("path", "/a"), LOG_INT("status", 200),
	    LOG_TEXT("gone", nothing), LOG_INT("least", INT64_MIN), LOG_END });
	line = parsed(end());
	assert_text(line, "path", "/a");
	assert_number(line, "status", 200);
	assert_number(line, "least", INT64_MIN);
	assert_false(json_object_object_get_ex(line, "gone", NULL));
	json_object_put(line);
}

/* A stranger's bytes can neither end a line nor forge a second one. */
static void
nothing_unprintable_leaves_as_it_is(void **state)
{
	char every[256];
	struct json_object *line;
	const char *text;

	(void)state;
	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	begin();
	log_line(LOG_INFO_LEVEL, "thing", (struct log_field[]){
	    LOG_TEXT("agent", every),
	    LOG_TEXT("forged", "x\"}\n{\"level\":\"error\"}\r\x1b[2J"),
	    LOG_END });
	text = end();
	for (size_t i = 0; text[i + 1] != '\0'; i++)
		assert_in_range((unsigned char)text[i], 0x20, 0x7e);
	line = parsed(text);
	assert_text(line, "forged", "x\"}\n{\"level\":\"error\"}\r\x1b[2J");
	assert_text(line, "level", "info");
	json_object_put(line);
}

static void
an_overlong_value_is_cut_and_the_line_stays_json(void **state)
{
	static char text[9000];
	static const char fills[] = { 'x', '"', '\n', '\xff' };

	(void)state;
	for (size_t f = 0; f < sizeof(fills); f++) {
		for (size_t size = 3700; size < 4200; size++) {
			memset(text, fills[f], size);
			text[size] = '\0';
			begin();
			log_line(LOG_INFO_LEVEL, "thing", (struct log_field[]){
			    LOG_TEXT("a", text), LOG_END });
			json_object_put(parsed(end()));
		}
	}
}

/* A number after a long text once ran over the end of the line. */
static void
members_behind_an_overlong_one_are_whole_or_missing(void **state)
{
	static char text[4200];

	(void)state;
	for (size_t size = 3500; size < 4100; size++) {
		struct json_object *line, *number;

		memset(text, 'x', size);
		text[size] = '\0';
		begin();
		log_line(LOG_INFO_LEVEL, "thing", (struct log_field[]){
		    LOG_TEXT("a", text), LOG_INT("least", INT64_MIN),
		    LOG_TEXT("b", "short"), LOG_INT("most", INT64_MAX),
		    LOG_END });
		line = parsed(end());
		if (json_object_object_get_ex(line, "least", &number))
			assert_number(line, "least", INT64_MIN);
		if (json_object_object_get_ex(line, "most", &number))
			assert_number(line, "most", INT64_MAX);
		json_object_put(line);
	}
}

static void
a_message_longer_than_its_buffer_is_cut(void **state)
{
	static char text[3000];

	(void)state;
	memset(text, '\\', sizeof(text) - 1);
	begin();
	log_error("thing", "%s", text);
	json_object_put(parsed(end()));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_says_when_who_and_what),
		TEST(lesser_levels_are_silent),
		TEST(the_request_id_is_carried_until_it_is_taken_back),
		TEST(members_are_texts_numbers_or_left_out),
		TEST(nothing_unprintable_leaves_as_it_is),
		TEST(an_overlong_value_is_cut_and_the_line_stays_json),
		TEST(members_behind_an_overlong_one_are_whole_or_missing),
		TEST(a_message_longer_than_its_buffer_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
