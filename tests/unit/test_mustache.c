#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "view/mustache.h"
#include "view/view.h"

#define UNESCAPED "unescaped output does not exist"
#define DELIMITERS "changing delimiters does not exist"

/* Cases of the specification that do not apply: these must not load. */
static const struct {
	const char *file, *prefix, *reason;
} left_out[] = {
	{ "delimiters.json", "", DELIMITERS },
	{ "interpolation.json", "Triple Mustache", UNESCAPED },
	{ "interpolation.json", "Ampersand", UNESCAPED },
	{ "interpolation.json", "Dotted Names - Triple Mustache", UNESCAPED },
	{ "interpolation.json", "Dotted Names - Ampersand", UNESCAPED },
	{ "interpolation.json", "Implicit Iterators - Triple", UNESCAPED },
	{ "interpolation.json", "Implicit Iterators - Ampersand", UNESCAPED },
	{ "sections.json", "Implicit Iterator - Triple", UNESCAPED },
	{ "sections.json", "Implicit Iterator - Ampersand", UNESCAPED },
	{ "partials.json", "Standalone Indentation", UNESCAPED },
	{ "partials.json", "Failed Lookup", "a missing partial is a mistake" },
};

static const char *
reason_left_out(const char *file, const char *name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strcmp(file, left_out[i].file) == 0 &&
		    strncmp(name, left_out[i].prefix,
			strlen(left_out[i].prefix)) == 0)
			return left_out[i].reason;
	return NULL;
}

static struct arena *
arena_of_test(void **state)
{
	return *state;
}

static int
arena_setup(void **state)
{
	*state = arena_new((size_t)64 << 20);
	return 0;
}

static int
arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
release(void *value)
{
	json_object_put(value);
}

static struct json_object *
parse(struct arena *arena, const char *json)
{
	struct json_object *value = json_tokener_parse(json);

	assert_non_null(value);
	arena_defer(arena, release, value);
	return value;
}

static void
release_templates(void *templates)
{
	templates_free(templates);
}

static struct templates *
set_new(struct arena *arena, bool strict)
{
	struct templates *set = templates_new(strict);

	arena_defer(arena, release_templates, set);
	return set;
}

static bool
add(struct templates *set, const char *name, const char *text,
    struct mustache_error *error)
{
	return templates_add(set, name, text, strlen(text), error);
}

/* The template "main" and one partial "p", rendered; NULL if that fails. */
static const char *
show_all(struct arena *arena, bool strict, const char *text,
    const char *partial, const char *json)
{
	struct templates *set = set_new(arena, strict);
	struct mustache_error error;
	struct buf out;

	assert_true(add(set, "main", text, &error));
	assert_true(add(set, "p", partial, &error));
	assert_true(templates_link(set, &error));
	buf_init(&out, arena, 8);
	if (template_render(set, "main", parse(arena, json),
	    parse(arena, "{\"csrf\":\"<t>\",\"a\":1}"), &out) != ST_OK) {
		assert_int_equal(out.size, 0);
		return NULL;
	}
	assert_int_equal(strlen(out.data), out.size);
	return out.data;
}

static const char *
show(struct arena *arena, const char *text, const char *json)
{
	return show_all(arena, false, text, "", json);
}

static bool
spec_load(struct templates *set, struct json_object *test)
{
	struct json_object *partials = json_object_object_get(test, "partials");
	struct mustache_error error;

	if (!add(set, "main", view_get_text(test, "template"), &error))
		return false;
	if (partials != NULL) {
		json_object_object_foreach(partials, name, text)
			if (!add(set, name, json_object_get_string(text),
			    &error))
				return false;
	}
	return templates_link(set, &error);
}

/* Whether the case is kept, or is left out and its template refused. */
static bool
spec_case(struct arena *arena, const char *file, struct json_object *test)
{
	const char *name = view_get_text(test, "name");
	const char *expected = view_get_text(test, "expected");
	struct templates *set = set_new(arena, false);
	const bool loads = spec_load(set, test);
	struct buf out;

	if (reason_left_out(file, name) != NULL) {
		if (loads)
			print_error("%s: '%s' loads\n", file, name);
		return !loads;
	}
	if (!loads) {
		print_error("%s: '%s' does not load\n", file, name);
		return false;
	}
	buf_init(&out, arena, 8);
	if (template_render(set, "main", json_object_object_get(test, "data"),
	    NULL, &out) == ST_OK && strcmp(out.data, expected) == 0)
		return true;
	print_error("%s: '%s'\n got: [%s]\nwant: [%s]\n", file, name,
	    out.data, expected);
	return false;
}

static void
spec_file(struct arena *arena, const char *file, size_t least)
{
	const char *srcdir = getenv("srcdir");
	const char *path = arena_printf(arena,
	    "%s/tests/unit/mustache-spec/%s", srcdir == NULL ? "." : srcdir,
	    file);
	struct json_object *root = json_object_from_file(path), *tests;
	size_t failed = 0;

	if (root == NULL)
		fail_msg("cannot read %s", path);
	arena_defer(arena, release, root);
	tests = view_get(root, "tests");
	assert_true(json_object_array_length(tests) >= least);
	for (size_t i = 0; i < json_object_array_length(tests); i++)
		failed += !spec_case(arena, file,
		    json_object_array_get_idx(tests, i));
	assert_int_equal(failed, 0);
}

static void
the_specification_is_kept(void **state)
{
	spec_file(*state, "comments.json", 12);
	spec_file(*state, "delimiters.json", 14);
	spec_file(*state, "interpolation.json", 42);
	spec_file(*state, "inverted.json", 22);
	spec_file(*state, "partials.json", 12);
	spec_file(*state, "sections.json", 34);
}

static void
every_dangerous_character_is_escaped(void **state)
{
	assert_string_equal(show(*state, "<a title=\"{{t}}\">",
	    "{\"t\":\"&<>\\\"'\\u00e9\"}"),
	    "<a title=\"&amp;&lt;&gt;&quot;&#39;\xc3\xa9\">");
}

static void
plain_text_has_no_entities_and_no_lines_of_a_value(void **state)
{
	struct arena *arena = arena_of_test(state);
	struct templates *set = set_new(arena, true);
	struct mustache_error error;
	struct buf out;

	assert_true(add(set, "a.txt", "Hello {{t}},\n{{t}}", &error));
	assert_true(add(set, "a", "{{t}}", &error));
	assert_true(templates_link(set, &error));
	buf_init(&out, arena, 8);
	assert_int_equal(template_render(set, "a.txt",
	    parse(arena, "{\"t\":\"<b>&\\r\\n.\u00e9\\u007f\"}"), NULL,
	    &out), ST_OK);
	assert_string_equal(out.data,
	    "Hello <b>&  .\xc3\xa9 ,\n<b>&  .\xc3\xa9 ");
	out.size = 0;
	assert_int_equal(template_render(set, "a",
	    parse(arena, "{\"t\":\"<b>\"}"), NULL, &out), ST_OK);
	assert_string_equal(out.data, "&lt;b&gt;");
}

static void
html_cannot_hold_plain_text(void **state)
{
	struct templates *set = set_new(*state, false);
	struct mustache_error error;

	assert_false(add(set, "main", "{{> a.txt}}", &error));
	assert_string_equal(error.reason, "'a.txt' is no partial");
}

static void
structures_show_as_escaped_json(void **state)
{
	assert_string_equal(show(*state, "{{o}} {{l}} {{b}} {{n}} {{d}} {{u}}",
	    "{\"o\":{\"a\":\"</b>\"},\"l\":[1],\"b\":true,\"n\":-7,\"d\":0.5,"
	    "\"u\":18446744073709551615}"),
	    "{&quot;a&quot;:&quot;&lt;/b&gt;&quot;} [1] true -7 0.5 "
	    "18446744073709551615");
}

static void
the_page_stands_beside_the_view(void **state)
{
	assert_string_equal(show(*state, "{{page.csrf}}|{{a}}|{{page.none}}",
	    "{}"), "&lt;t&gt;||");
	assert_string_equal(show(*state,
	    "{{#rows}}{{page.csrf}}{{#page}}{{a}}{{/page}}{{/rows}}",
	    "{\"rows\":[{},{}]}"), "&lt;t&gt;1&lt;t&gt;1");
	assert_string_equal(show(*state, "{{page}}", "{\"page\":7}"), "7");
}

static void
nothing_empty_opens_a_section(void **state)
{
	assert_string_equal(show(*state,
	    "{{#f}}f{{/f}}{{#n}}n{{/n}}{{#e}}e{{/e}}{{#t}}t{{/t}}{{#m}}m{{/m}}"
	    "{{#z}}z{{/z}}{{#o}}o{{/o}}",
	    "{\"f\":false,\"n\":null,\"e\":[],\"t\":\"\",\"z\":0,\"o\":{}}"),
	    "zo");
}

static void
strict_rendering_refuses_unknown_names(void **state)
{
	static const char json[] = "{\"a\":{\"n\":null},\"l\":[]}";

	assert_null(show_all(*state, true, "x{{b}}", "", json));
	assert_null(show_all(*state, true, "x{{a.b}}", "", json));
	assert_null(show_all(*state, true, "{{#a}}{{>p}}{{/a}}", "{{page.b}}",
	    json));
	assert_string_equal(show_all(*state, true,
	    "{{a.n}}{{page.a}}{{#b}}x{{/b}}{{^l}}y{{/l}}", "", json), "1y");
}

static void
a_failed_rendering_leaves_the_output_as_it_was(void **state)
{
	struct templates *set = set_new(*state, true);
	struct mustache_error error;
	struct buf out;

	assert_true(add(set, "main", "half {{a}}", &error));
	assert_true(templates_link(set, &error));
	buf_init(&out, *state, 8);
	buf_text(&out, "kept");
	assert_int_equal(template_render(set, "main", NULL, NULL, &out),
	    ST_INTERNAL);
	assert_string_equal(out.data, "kept");
	assert_int_equal(template_render(set, "other", NULL, NULL, &out),
	    ST_INTERNAL);
	assert_string_equal(out.data, "kept");
}

static void
a_partial_is_indented_by_lines_of_its_own(void **state)
{
	assert_string_equal(show_all(*state, false, " {{>p}}\nend",
	    "{{a}}\n{{#l}}\n<{{.}}>\n{{/l}}\n{{#b}}{{/b}}{{a}}\n\n",
	    "{\"a\":\"x\\ny\",\"l\":[1,2]}"),
	    " x\ny\n <1>\n <2>\n x\ny\n \nend");
}

static void
indentation_adds_up_through_partials(void **state)
{
	assert_string_equal(show_all(*state, false, " {{>p}}\n",
	    "{{n}}\n{{#c}}\n {{>p}}\n{{/c}}\n",
	    "{\"n\":1,\"c\":{\"n\":2,\"c\":{\"n\":3,\"c\":null}}}"),
	    " 1\n  2\n   3\n");
}

static void
assert_refused(const char *text, unsigned line, const char *word)
{
	struct templates *set = templates_new(false);
	struct mustache_error error = { .name = NULL };

	assert_false(add(set, "main", text, &error) &&
	    templates_link(set, &error));
	assert_string_equal(error.name, "main");
	assert_int_equal(error.line, line);
	if (strstr(error.reason, word) == NULL)
		fail_msg("'%s' does not say '%s'", error.reason, word);
	templates_free(set);
}

static void
a_wrong_template_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("\n\n{{{a}}}", 3, "unescaped");
	assert_refused("{{! \n }}\n{{& a}}", 3, "unescaped");
	assert_refused("\n{{=<% %>=}}", 2, "delimiters");
	assert_refused("{{ & a}}", 1, "no name");
	assert_refused("{{ {a} }}", 1, "no name");
	assert_refused("\n{{a", 2, "not closed");
	assert_refused("\n  {{#a}}\n\n", 2, "not closed");
	assert_refused("{{/a}}", 1, "nothing is open");
	assert_refused("{{#a}}\n{{#b}}\n{{/a}}\n{{/b}}", 3, "line 2");
	assert_refused("{{#a.b}}{{/a}}", 1, "line 1");
	assert_refused("{{}}", 1, "no name");
	assert_refused("{{a..b}}", 1, "no name");
	assert_refused("{{.a}}", 1, "no name");
	assert_refused("{{a.}}", 1, "no name");
	assert_refused("{{a b}}", 1, "no name");
	assert_refused("{{<a}}", 1, "no name");
	assert_refused("{{$a}}", 1, "no name");
	assert_refused("{{>../etc}}", 1, "no partial");
	assert_refused("{{>/etc}}", 1, "no partial");
	assert_refused("{{>*a}}", 1, "no partial");
	assert_refused("\n{{>none}}", 2, "does not exist");
	assert_refused("\xff", 1, "UTF-8");
}

static void
recursion_without_a_section_is_refused(void **state)
{
	struct templates *set = set_new(*state, false);
	struct mustache_error error;

	assert_refused("a{{>main}}", 1, "never ends");
	assert_refused("{{#a}}{{/a}}{{>main}}", 1, "never ends");
	assert_true(add(set, "a", "\n{{>b}}", &error));
	assert_true(add(set, "b", "{{#x}}{{/x}}{{>c}}", &error));
	assert_true(add(set, "c", "{{>a}}", &error));
	assert_false(templates_link(set, &error));
}

static void
recursion_on_endless_data_is_bounded(void **state)
{
	assert_null(show_all(*state, false, "{{>p}}", "{{#a}}{{>p}}{{/a}}",
	    "{\"a\":true}"));
	assert_null(show_all(*state, false, "{{>p}}",
	    "{{#a}}{{>p}}{{/a}}", "{\"a\":[1,2,3]}"));
}

static void
rendering_work_is_bounded(void **state)
{
	char text[512] = "";
	char list[128] = "{\"a\":[1";

	for (int i = 0; i < 15; i++)
		strcat(list, ",1");
	strcat(list, "]}");
	for (int i = 0; i < 8; i++)
		strcat(text, "{{#a}}");
	for (int i = 0; i < 8; i++)
		strcat(text, "{{/a}}");
	assert_null(show(*state, text, list));
}

static void
sections_nest_to_their_bound(void **state)
{
	char text[2048] = "";

	for (int i = 0; i < MUSTACHE_NEST_MAX; i++)
		strcat(text, "{{#a}}");
	strcat(text, "x");
	for (int i = 0; i < MUSTACHE_NEST_MAX; i++)
		strcat(text, "{{/a}}");
	assert_string_equal(show(*state, text, "{\"a\":1}"), "x");
	memmove(text + 6, text, strlen(text) + 1);
	assert_refused(text, 1, "too deeply");
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
a_directory_is_loaded_with_its_folders(void **state)
{
	struct arena *arena = arena_of_test(state);
	char directory[] = "/tmp/test_mustache.XXXXXX";
	struct templates *set;
	struct buf out;
	const char *folder, *files[4];

	assert_non_null(mkdtemp(directory));
	folder = arena_printf(arena, "%s/admin", directory);
	files[0] = arena_printf(arena, "%s/row.mustache", folder);
	files[1] = arena_printf(arena, "%s/list.mustache", directory);
	files[2] = arena_printf(arena, "%s/notes.txt", directory);
	files[3] = arena_printf(arena, "%s/.list.mustache", directory);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_file(files[0], "<{{.}}>");
	write_file(files[1], "{{#l}}{{>admin/row}}{{/l}}");
	write_file(files[2], "{{{");
	write_file(files[3], "{{{");
	set = templates_load(directory, true);
	assert_non_null(set);
	buf_init(&out, arena, 8);
	assert_int_equal(template_render(set, "list",
	    parse(arena, "{\"l\":[1,2]}"), NULL, &out), ST_OK);
	assert_string_equal(out.data, "<1><2>");
	assert_non_null(templates_find(set, "admin/row"));
	templates_free(set);
	write_file(files[0], "{{{a}}}");
	assert_null(templates_load(directory, false));
	for (size_t i = 0; i < 4; i++)
		unlink(files[i]);
	set = templates_load(directory, false);
	assert_non_null(set);
	assert_null(templates_find(set, "list"));
	templates_free(set);
	rmdir(folder);
	rmdir(directory);
	assert_null(templates_load(directory, false));
	templates_free(NULL);
}

#define PROMISE(test) \
	cmocka_unit_test_setup_teardown(test, arena_setup, arena_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(the_specification_is_kept),
		PROMISE(every_dangerous_character_is_escaped),
		PROMISE(plain_text_has_no_entities_and_no_lines_of_a_value),
		PROMISE(html_cannot_hold_plain_text),
		PROMISE(structures_show_as_escaped_json),
		PROMISE(the_page_stands_beside_the_view),
		PROMISE(nothing_empty_opens_a_section),
		PROMISE(strict_rendering_refuses_unknown_names),
		PROMISE(a_failed_rendering_leaves_the_output_as_it_was),
		PROMISE(a_partial_is_indented_by_lines_of_its_own),
		PROMISE(indentation_adds_up_through_partials),
		PROMISE(a_wrong_template_is_refused_with_its_line),
		PROMISE(recursion_without_a_section_is_refused),
		PROMISE(recursion_on_endless_data_is_bounded),
		PROMISE(rendering_work_is_bounded),
		PROMISE(sections_nest_to_their_bound),
		PROMISE(a_directory_is_loaded_with_its_folders),
	};

	log_open("test", LOG_ERROR_LEVEL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
