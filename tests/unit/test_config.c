#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET "0123456789abcdef0123456789abcdef"

struct world {
	char directory[64];
	char file[96];
	char secret[96];
	char said[4096];	/* on standard error by the last load */
	struct config *config;
};

/* All of it but what tells cmocka how to report. */
static void
forget_environment(void)
{
	const char *report = getenv("CMOCKA_MESSAGE_OUTPUT");
	char kept[16] = "";

	if (report != NULL)
		(void)snprintf(kept, sizeof(kept), "%s", report);
	clearenv();
	if (kept[0] != '\0')
		(void)setenv("CMOCKA_MESSAGE_OUTPUT", kept, 1);
}

static int
setup(void **state)
{
	static struct world world;

	forget_environment();
	memset(&world, 0, sizeof(world));
	(void)strcpy(world.directory, "/tmp/test_config.XXXXXX");
	if (mkdtemp(world.directory) == NULL)
		return -1;
	(void)snprintf(world.file, sizeof(world.file), "%s/conf",
	    world.directory);
	(void)snprintf(world.secret, sizeof(world.secret), "%s/secret",
	    world.directory);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	config_free(world->config);
	(void)unlink(world->file);
	(void)unlink(world->secret);
	return rmdir(world->directory);
}

static void
write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* Loads with standard error caught in world->said; NULL when refused. */
static struct config *
load_path(struct world *world, const char *path)
{
	FILE *caught = tmpfile();
	int kept = dup(STDERR_FILENO);
	size_t size;

	assert_non_null(caught);
	assert_true(dup2(fileno(caught), STDERR_FILENO) >= 0);
	config_free(world->config);
	world->config = config_load(path);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	rewind(caught);
	size = fread(world->said, 1, sizeof(world->said) - 1, caught);
	world->said[size] = '\0';
	(void)fclose(caught);
	return world->config;
}

static struct config *
load(struct world *world, const char *text)
{
	write_file(world->file, text, strlen(text));
	return load_path(world, world->file);
}

static const struct config *
loaded(struct world *world, const char *text)
{
	const struct config *config = load(world, text);

	if (config == NULL)
		fail_msg("refused: %s", world->said);
	assert_string_equal(world->said, "");
	return config;
}

/* Refused, and the message holds every one of the words. */
#define REFUSED(world, text, ...)					\
	refused(world, text, (const char *const[]){ __VA_ARGS__, NULL })

static void
refused(struct world *world, const char *text, const char *const *words)
{
	if (load(world, text) != NULL)
		fail_msg("accepted: %s", text);
	for (; *words != NULL; words++)
		if (strstr(world->said, *words) == NULL)
			fail_msg("'%s' is not in: %s", *words, world->said);
}

static void
an_empty_file_leaves_the_defaults(void **state)
{
	const struct config *config = loaded(*state, "");

	assert_string_equal(config->server_base_path, "/api/auth");
	assert_string_equal(config->server_secure_cookies, "auto");
	assert_string_equal(config->server_secret, "");
	assert_int_equal(config->server_trusted_proxies.count, 0);
	assert_int_equal(config->session_expires_in, 604800);
	assert_true(config->session_refresh);
	assert_false(config->worker_dump_core);
	assert_int_equal(config->password_memory_kib, 19456);
}

static void
a_file_that_was_named_must_exist(void **state)
{
	struct world *world = *state;

	assert_null(load_path(world, world->file));
	assert_non_null(strstr(world->said, world->file));
	assert_non_null(strstr(world->said, strerror(ENOENT)));
}

static void
the_file_replaces_defaults(void **state)
{
	const struct config *config = loaded(*state,
	    "# a comment\n; another\n\n[server]\n"
	    "url = https://login.example.com\n"
	    "brand=A Brand: with = signs\n"
	    "secure_cookies = off\n"
	    "[session]\nexpires_in = 60\nrefresh = no\n"
	    "[worker]\r\ndump_core = ON\r\n");

	assert_string_equal(config->server_url, "https://login.example.com");
	assert_string_equal(config->server_brand, "A Brand: with = signs");
	assert_string_equal(config->server_secure_cookies, "off");
	assert_int_equal(config->session_expires_in, 60);
	assert_false(config->session_refresh);
	assert_true(config->worker_dump_core);
}

static void
the_environment_replaces_the_file(void **state)
{
	const struct config *config;

	(void)setenv("TOLLGATE_SERVER_BRAND", "of the environment", 1);
	(void)setenv("TOLLGATE_RATE_LIMIT_MAX", "7", 1);
	(void)setenv("TOLLGATE_RATE_LIMIT_ENABLED", "off", 1);
	(void)setenv("TOLLGATE_SERVER_TRUSTED_ORIGINS", "https://e.com", 1);
	(void)setenv("TOLLGATE_CONFIG", "/elsewhere", 1);
	(void)setenv("OTHER_SERVER_BRAND", "not ours", 1);
	config = loaded(*state, "[server]\nbrand = of the file\n"
	    "trusted_origins = https://f.com\n[rate_limit]\nmax = 5\n");
	assert_string_equal(config->server_brand, "of the environment");
	assert_int_equal(config->rate_limit_max, 7);
	assert_false(config->rate_limit_enabled);
	assert_int_equal(config->server_trusted_origins.count, 1);
	assert_string_equal(config->server_trusted_origins.text[0],
	    "https://e.com");
}

static void
an_unknown_variable_is_refused_by_name(void **state)
{
	static const char *const names[] = { "TOLLGATE_SERVER_COLOUR",
		"TOLLGATE_BRAND", "TOLLGATE_", "TOLLGATE__",
		"TOLLGATE_SERVER_", "TOLLGATE_SERVER_BRAND_FILE",
		"TOLLGATE_RATE_LIMIT" };

	for (size_t i = 0; i < COUNT(names); i++) {
		forget_environment();
		(void)setenv(names[i], "x", 1);
		REFUSED(*state, "", "environment", names[i]);
	}
}

static void
a_bad_value_in_the_environment_is_refused(void **state)
{
	(void)setenv("TOLLGATE_WORKER_COUNT", "0", 1);
	REFUSED(*state, "", "environment", "worker.count", "1 to 64");
}

static void
secrets_come_from_files(void **state)
{
	struct world *world = *state;
	char text[256];
	const struct config *config;

	write_file(world->secret, SECRET " \r\n", strlen(SECRET) + 3);
	(void)snprintf(text, sizeof(text), "[server]\nsecret_file = %s\n",
	    world->secret);
	config = loaded(world, text);
	assert_string_equal(config->server_secret, SECRET);
	(void)setenv("TOLLGATE_DB_URL_FILE", world->secret, 1);
	config = loaded(world, text);
	assert_string_equal(config->db_url, SECRET);
	assert_string_equal(config->db_admin_url, SECRET);
}

static void
a_secret_file_holds_one_line(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = { { "", 0 }, { "\n", 1 }, { " \t\n", 3 },
		{ "one\ntwo\n", 8 }, { "a\0b", 3 }, { "one\rtwo", 7 } };
	struct world *world = *state;
	char text[256];

	(void)snprintf(text, sizeof(text), "[server]\n\nsecret_file = %s\n",
	    world->secret);
	REFUSED(world, text, "conf:3", "server.secret", world->secret);
	for (size_t i = 0; i < COUNT(bad); i++) {
		write_file(world->secret, bad[i].bytes, bad[i].size);
		REFUSED(world, text, "conf:3", "server.secret",
		    world->secret);
	}
}

static void
an_unknown_key_names_its_line(void **state)
{
	REFUSED(*state, "[server]\nbrand = x\ncolour = y\n", "conf:3",
	    "server.colour", "no such setting");
	REFUSED(*state, "[sever]\nbrand = x\n", "conf:2", "sever.brand");
	REFUSED(*state, "brand = x\n", "conf:1", "brand");
	REFUSED(*state, "[server]\nBrand = x\n", "conf:2", "server.Brand");
	REFUSED(*state, "[server]\nbrand_file = x\n", "server.brand_file");
}

static void
a_bad_value_names_its_line_and_what_would_be_good(void **state)
{
	REFUSED(*state, "[worker]\n\n\ncount = 65\n", "conf:4",
	    "worker.count", "'65'", "1 to 64");
	REFUSED(*state, "[worker]\ncount = 0\n", "conf:2", "1 to 64");
	REFUSED(*state, "[worker]\ncount = 1.5\n", "conf:2", "'1.5'");
	REFUSED(*state, "[worker]\ncount =\n", "conf:2", "''");
	REFUSED(*state, "[worker]\ncount = 99999999999999999999\n", "conf:2");
	REFUSED(*state, "[worker]\ndump_core = maybe\n", "conf:2", "'maybe'",
	    "neither on nor off");
	REFUSED(*state, "[server]\nlog_level = loud\n", "conf:2", "'loud'",
	    "debug info warn error");
	REFUSED(*state, "[server]\nlog_level = inf\n", "conf:2");
	REFUSED(*state, "[server]\nlog_level =\n", "conf:2");
}

static void
a_line_that_is_no_setting_is_named(void **state)
{
	REFUSED(*state, "[server]\nbrand\n", "conf:2");
	REFUSED(*state, "[server\nbrand = x\n", "conf:1");
}

static void
a_key_set_twice_names_the_second_line(void **state)
{
	REFUSED(*state, "[server]\nbrand = x\n[worker]\ncount = 2\n[server]\n"
	    "brand = y\n", "conf:6", "server.brand", "twice");
	REFUSED(*state, "[server]\nbrand = x\n  y\n", "conf:3", "twice");
}

static void
a_secret_set_in_two_ways_is_set_twice(void **state)
{
	struct world *world = *state;
	char text[256];

	write_file(world->secret, SECRET, strlen(SECRET));
	(void)snprintf(text, sizeof(text), "[server]\nsecret = %s\n"
	    "secret_file = %s\n", SECRET, world->secret);
	REFUSED(world, text, "conf:3", "server.secret", "twice");
}

/* The library would cut the line and go on with the rest as another one. */
static void
an_overlong_line_is_refused_by_number(void **state)
{
	char text[600] = "[server]\n\nbrand = ";

	memset(text + strlen(text), 'x', 300);
	(void)strcat(text, "\n");
	REFUSED(*state, text, "conf:3", "longer than");
	(void)strcpy(text + strlen("[server]\n\n") + 197, "\n");
	assert_int_equal(strlen(loaded(*state, text)->server_brand), 189);
}

static void
lists_are_split_and_go_on_over_indented_lines(void **state)
{
	const struct config *config = loaded(*state, "[server]\n"
	    "trusted_origins = https://a.com, https://b.com\n"
	    "  https://c.com,\n\thttps://d.com https://e.com\nbrand = x\n");
	const struct list *list = &config->server_trusted_origins;

	assert_int_equal(list->count, 5);
	for (size_t i = 0; i < list->count; i++) {
		char text[] = "https://?.com";

		text[8] = (char)('a' + i);
		assert_string_equal(list->text[i], text);
	}
	assert_string_equal(config->server_brand, "x");
}

static void
empty_list_items_do_not_exist(void **state)
{
	const struct config *config = loaded(*state, "[server]\n"
	    "trusted_origins = ,, https://a.com,,\ntrusted_proxies =\n");

	assert_int_equal(config->server_trusted_origins.count, 1);
	assert_int_equal(config->server_trusted_proxies.count, 0);
}

static void
the_own_origin_comes_first(void **state)
{
	const struct config *config = loaded(*state, "[server]\n"
	    "url = HTTPS://Login.Example.com:443/\n"
	    "trusted_origins = https://a.com\n");

	assert_string_equal(config->origin, "https://login.example.com");
	assert_int_equal(config->origins_count, 2);
	assert_string_equal(config->origins[0], config->origin);
	assert_string_equal(config->origins[1], "https://a.com");
	REFUSED(*state, "[server]\nurl = ftp://example.com\n", "server.url");
	REFUSED(*state, "[server]\nurl = example.com\n", "server.url");
}

static void
headers_of_keys_are_read_as_cgi_names_them(void **state)
{
	const struct config *config = loaded(*state, "[api_key]\n"
	    "headers = x-api-key, X-Other\n");

	assert_int_equal(config->api_key_params.count, 2);
	assert_string_equal(config->api_key_params.text[0], "HTTP_X_API_KEY");
	assert_string_equal(config->api_key_params.text[1], "HTTP_X_OTHER");
	REFUSED(*state, "[api_key]\nheaders = x_api_key\n", "api_key.headers");
	REFUSED(*state, "[api_key]\nheaders = x.api\n", "api_key.headers");
	REFUSED(*state, "[api_key]\nmax_expires_days = 1\n"
	    "min_expires_days = 2\n", "api_key.max_expires_days");
	REFUSED(*state, "[username]\nmax_length = 2\n",
	    "username.max_length");
}

static void
cookies_are_secure_when_the_address_is(void **state)
{
	static const struct {
		const char *url, *mode;
		bool secure;
	} rows[] = {
		{ "https://example.com", "auto", true },
		{ "http://localhost:8080", "auto", false },
		{ "", "auto", false },
		{ "https://example.com", "off", false },
		{ "http://localhost:8080", "on", true },
		{ "", "on", true },
	};
	char text[256];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct config *config;

		(void)snprintf(text, sizeof(text), "[server]\nurl = %s\n"
		    "secure_cookies = %s\n", rows[i].url, rows[i].mode);
		config = loaded(*state, text);
		assert_int_equal(config->secure, rows[i].secure);
		assert_string_equal(config->cookie_session, rows[i].secure ?
		    "__Secure-better-auth.session_token" :
		    "better-auth.session_token");
	}
}

static void
cookie_names_have_the_contracts_form(void **state)
{
	const struct config *config = loaded(*state,
	    "[server]\ncookie_prefix = mine\n");

	assert_string_equal(config->cookie_session, "mine.session_token");
	assert_string_equal(config->cookie_data, "mine.session_data");
	assert_string_equal(config->cookie_dont_remember,
	    "mine.dont_remember");
}

static void
a_short_secret_is_refused(void **state)
{
	REFUSED(*state, "[server]\nsecret = 0123456789abcde\n",
	    "server.secret", "shorter");
	assert_string_equal(loaded(*state,
	    "[server]\nsecret = 0123456789abcdef\n")->server_secret,
	    "0123456789abcdef");
}

static void
a_shared_secret_is_long_and_its_own(void **state)
{
	const struct config *config = loaded(*state, "[server]\n"
	    "url = https://a.example/\n[jwt]\naudience = shop\n");

	assert_string_equal(config->jwt_algorithm, "RS256");
	assert_string_equal(config->jwt_issuer, "https://a.example");
	assert_string_equal(config->jwt_audience, "shop");
	REFUSED(*state, "[jwt]\nalgorithm = HS256\n", "jwt.secret", "32");
	REFUSED(*state, "[jwt]\nalgorithm = HS256\n"
	    "secret = 0123456789012345678901234567890\n", "jwt.secret", "32");
	REFUSED(*state, "[server]\nsecret = 01234567890123456789012345678901\n"
	    "[jwt]\nalgorithm = HS256\n"
	    "secret = 01234567890123456789012345678901\n", "jwt.secret",
	    "cookies");
	REFUSED(*state, "[jwt]\nalgorithm = none\n", "jwt.algorithm");
}

static void
a_token_does_not_outlive_its_key(void **state)
{
	REFUSED(*state, "[jwt]\nexpires_in = 600\ngrace_seconds = 599\n",
	    "jwt.grace_seconds", "outlive");
	REFUSED(*state, "[jwt]\nrotation_seconds = 3599\n",
	    "jwt.rotation_seconds", "3600");
	assert_int_equal(loaded(*state,
	    "[jwt]\nrotation_seconds = 0\n")->jwt_rotation_seconds, 0);
}

static void
the_base_path_begins_but_does_not_end_with_a_slash(void **state)
{
	REFUSED(*state, "[server]\nbase_path = api\n", "server.base_path");
	REFUSED(*state, "[server]\nbase_path = /api/\n", "server.base_path");
	REFUSED(*state, "[server]\nbase_path = /\n", "server.base_path");
	REFUSED(*state, "[server]\nbase_path =\n", "server.base_path");
}

static void
the_socket_mode_is_octal(void **state)
{
	REFUSED(*state, "[server]\nsocket_mode = 680\n",
	    "server.socket_mode");
	REFUSED(*state, "[server]\nsocket_mode = 609\n",
	    "server.socket_mode");
	assert_int_equal(loaded(*state,
	    "[server]\nsocket_mode = 600\n")->server_socket_mode, 600);
}

/* RFC 9106, section 3.1: Argon2 needs 8 KiB of memory for each lane. */
static void
argon2_memory_suffices_for_its_lanes(void **state)
{
	REFUSED(*state, "[password]\nmemory_kib = 31\nlanes = 4\n",
	    "password.memory_kib", "32");
	assert_int_equal(loaded(*state, "[password]\nmemory_kib = 32\n"
	    "lanes = 4\n")->password_memory_kib, 32);
}

static void
a_password_can_be_long_enough(void **state)
{
	REFUSED(*state, "[password]\nmin_length = 20\nmax_length = 19\n",
	    "password.max_length");
	assert_int_equal(loaded(*state, "[password]\nmin_length = 20\n"
	    "max_length = 20\n")->password_max_length, 20);
}

static void
extra_fields_have_type_default_and_direction(void **state)
{
	const struct config *config = loaded(*state, "[user]\n"
	    "fields = nick:string, age:number=-1.5, vip:boolean=false!,\n"
	    "  plan:string=\"free\"!\n[session]\nfields = note:string\n");
	const struct extra_field *field = config->user_extra.field;

	assert_int_equal(config->user_extra.count, 4);
	assert_string_equal(field[0].name, "nick");
	assert_int_equal(field[0].type, EXTRA_STRING);
	assert_null(field[0].preset);
	assert_true(field[0].input);
	assert_int_equal(field[1].type, EXTRA_NUMBER);
	assert_string_equal(field[1].preset, "-1.5");
	assert_int_equal(field[2].type, EXTRA_BOOLEAN);
	assert_string_equal(field[2].preset, "false");
	assert_false(field[2].input);
	/* JSON text, whatever was written */
	assert_string_equal(field[3].preset, "\"\\\"free\\\"\"");
	assert_int_equal(config->session_extra.count, 1);
	assert_string_equal(config->session_extra.field[0].name, "note");
}

static void
an_extra_field_that_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = { "nick", "nick!", ":string",
		"nick:", "nick:text", "nick:string?", "ni-ck:string",
		"age:number=", "age:number=old", "age:number=1e",
		"age:number=-",
		"age:number=01", "age:number=1.", "age:number=.5",
		"vip:boolean=", "vip:boolean=yes", "nick:string=\xff" };
	char text[128];

	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text), "[user]\nfields = %s\n",
		    bad[i]);
		REFUSED(*state, text, "user.fields");
	}
}

static void
limits_of_paths_are_read_in_order(void **state)
{
	const struct config *config = loaded(*state, "[rate_limit]\n"
	    "rules = /sign-in/*=5/60, /get-session=off\n"
	    "  /*=1000000/86400\n");
	const struct rate_rule *rule = config->rate_rules.rule;

	assert_int_equal(config->rate_rules.count, 3);
	assert_string_equal(rule[0].path, "/sign-in/");
	assert_true(rule[0].prefix);
	assert_int_equal(rule[0].max, 5);
	assert_int_equal(rule[0].window, 60);
	assert_string_equal(rule[1].path, "/get-session");
	assert_false(rule[1].prefix);
	assert_int_equal(rule[1].max, RATE_UNLIMITED);
	assert_string_equal(rule[2].path, "/");
	assert_int_equal(rule[2].max, 1000000);
}

static void
a_limit_that_makes_no_sense_is_refused(void **state)
{
	static const char *const bad[] = { "/a", "a=1/1", "/a=", "/a=0/1",
		"/a=1/0", "/a=1", "/a=1/", "/a=/1", "/a=1/1x", "/a=on",
		"/a=-1/1", "/a=1000001/1", "/a=1/86401", "/*/a=1/1", "=1/1",
		"/a**=1/1" };
	char text[128];

	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text),
		    "[rate_limit]\nrules = /b=1/1, %s\n", bad[i]);
		REFUSED(*state, text, "conf:2", "rate_limit.rules", bad[i]);
	}
}

static void
a_reward_is_credits_or_a_part_of_an_order(void **state)
{
	const struct reward *reward = &loaded(*state, "")->affiliate_reward;

	assert_int_equal(reward->percent, 10);
	reward = &loaded(*state, "[affiliates]\nreward = 500\n")
	    ->affiliate_reward;
	assert_int_equal(reward->credits, 500);
	assert_int_equal(reward->percent, 0);
	reward = &loaded(*state, "[affiliates]\nreward = 100%\n")
	    ->affiliate_reward;
	assert_int_equal(reward->credits, 0);
	assert_int_equal(reward->percent, 100);
}

static void
a_reward_that_is_neither_is_refused(void **state)
{
	static const char *const bad[] = { "%", "0%", "101%", "-1", "1.5%",
		"10 %", "1000000001", "x", "10%%" };
	char text[128];

	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text),
		    "[affiliates]\nreward = %s\n", bad[i]);
		REFUSED(*state, text, "conf:2", "affiliates.reward");
	}
}

/* A proxy that is misspelt would be trusted by nobody and missed by all. */
static void
a_proxy_that_is_no_network_is_refused_with_its_line(void **state)
{
	static const char *const bad[] = { "10.0.0.0/33", "10.0.0/8", "proxy",
		"10.0.0.0/", "10.0.0.1/x", "fd00::/129", "10.0.0.1:80",
		"[::1]", "*", "0.0.0.0/0", "::/0", "10.0.0.0-10.0.0.9" };
	char text[128];

	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text), "[server]\n\n"
		    "trusted_proxies = 127.0.0.1, %s\n", bad[i]);
		REFUSED(*state, text, "conf:3", "server.trusted_proxies",
		    bad[i]);
	}
	(void)loaded(*state, "[server]\ntrusted_proxies = 10.0.0.0/8, "
	    "192.0.2.1, 192.0.2.7/24, fd00::/8, ::1, ::ffff:10.0.0.0/104\n");
}

static void
what_is_in_force_is_printed_without_secrets(void **state)
{
	struct world *world = *state;
	const struct config *config;
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)setenv("TOLLGATE_WORKER_COUNT", "3", 1);
	config = loaded(world, "[server]\nsecret = " SECRET "\n"
	    "trusted_proxies = 10.0.0.0/8, ::1\n");
	out = open_memstream(&text, &size);
	assert_non_null(out);
	config_print(config, out);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, SECRET));
	assert_non_null(strstr(text, "\nsecret = (set)\n"));
	assert_non_null(strstr(text, "conf:2"));
	assert_non_null(strstr(text, "(environment)\ncount = 3\n"));
	assert_non_null(strstr(text, "\ntrusted_proxies = 10.0.0.0/8, ::1\n"));
	assert_non_null(strstr(text, "(default)\nretire_after = 100000\n"));
	free(text);
}

static void
a_setting_that_is_needed_and_missing_is_named(void **state)
{
	static const char *const needed[] = { "server_url", "server_secret",
		NULL };
	static const char *const enough[] = { "server_url", NULL };
	struct world *world = *state;
	const struct config *config = loaded(world,
	    "[server]\nurl = https://a.com\n");
	int kept = dup(STDERR_FILENO);
	FILE *nowhere = fopen("/dev/null", "w");

	assert_non_null(nowhere);
	assert_true(dup2(fileno(nowhere), STDERR_FILENO) >= 0);
	assert_false(config_need(config, needed));
	assert_true(config_need(config, enough));
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	(void)fclose(nowhere);
}

static void
only_the_named_secrets_are_kept(void **state)
{
	static const char *const kept[] = { "server_secret", NULL };
	struct world *world = *state;

	(void)loaded(world, "[server]\nsecret = " SECRET "\n"
	    "[db]\nurl = postgresql://u:p@h/d\n");
	config_keep_secrets(world->config, kept);
	assert_string_equal(world->config->server_secret, SECRET);
	assert_string_equal(world->config->db_url, "");
	assert_string_equal(world->config->db_admin_url, "");
}

static void
mail_comes_from_the_host_of_the_url(void **state)
{
	struct world *world = *state;
	const struct config *config = loaded(world,
	    "[server]\nurl = https://id.example.com:8443\n");

	assert_string_equal(config->mail_sender, "no-reply@id.example.com");
	assert_string_equal(config->mail_name, "id.example.com");
	config = loaded(world, "[mail]\nfrom = a@b.example\nehlo = b.example\n");
	assert_string_equal(config->mail_sender, "a@b.example");
	assert_string_equal(config->mail_name, "b.example");
	config = loaded(world, "[server]\nurl = http://[::1]:8080\n");
	assert_string_equal(config->mail_sender, "no-reply@localhost");
}

static void
a_mail_server_is_a_host_and_nothing_more(void **state)
{
	static const char *const good[] = { "smtp://mail.example.com",
		"smtp://mail.example.com:587", "smtps://192.0.2.7:465",
		"smtp://[2001:db8::1]:25" };
	static const char *const bad[] = { "mail.example.com",
		"http://mail.example.com", "smtp://", "smtp://:587",
		"smtp://a:b@mail.example.com", "smtp://mail.example.com/x",
		"smtp://mail.example.com:", "smtp://mail.example.com:0",
		"smtp://mail.example.com:65536", "smtp://[::1", "smtp://a b" };
	struct world *world = *state;
	char text[128];

	for (size_t i = 0; i < COUNT(good); i++) {
		(void)snprintf(text, sizeof(text), "[mail]\nsmtp_url = %s\n",
		    good[i]);
		(void)loaded(world, text);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		(void)snprintf(text, sizeof(text), "[mail]\nsmtp_url = %s\n",
		    bad[i]);
		REFUSED(world, text, "mail.smtp_url");
	}
}

static void
mail_is_encrypted_but_on_this_machine(void **state)
{
	struct world *world = *state;

	REFUSED(world, "[mail]\nsmtp_url = smtp://mail.example.com\n"
	    "tls = never\n", "mail.tls", "this machine");
	REFUSED(world, "[mail]\nsmtp_url = smtp://mail.example.com\n"
	    "tls = try\nuser = me\n", "mail.tls", "mail.user");
	REFUSED(world, "[mail]\nsmtp_url = smtp://127.0.0.1.example.com\n"
	    "tls = never\n", "mail.tls", "this machine");
	(void)loaded(world, "[mail]\nsmtp_url = smtp://mail.example.com\n"
	    "tls = try\n");
	(void)loaded(world, "[mail]\nsmtp_url = smtp://127.0.0.1:25\n"
	    "tls = never\nuser = me\n");
}

static void
what_goes_into_headers_and_commands_is_checked(void **state)
{
	struct world *world = *state;

	REFUSED(world, "[mail]\nfrom = <a@b>\n", "mail.from");
	REFUSED(world, "[mail]\nfrom = nobody\n", "mail.from");
	REFUSED(world, "[mail]\nehlo = a b\n", "mail.ehlo");
}

static void
the_key_of_stripe_goes_nowhere_in_the_clear(void **state)
{
	struct world *world = *state;

	REFUSED(world, "[stripe]\napi_base = http://api.stripe.com\n",
	    "stripe.api_base", "this machine");
	REFUSED(world, "[stripe]\napi_base = http://127.0.0.1.example.com\n",
	    "stripe.api_base", "this machine");
	REFUSED(world, "[stripe]\napi_base = https://me:key@example.com\n",
	    "stripe.api_base");
	REFUSED(world, "[stripe]\napi_base = https://example.com/v1\n",
	    "stripe.api_base");
	REFUSED(world, "[stripe]\napi_base = httpss://example.com\n",
	    "stripe.api_base");
	(void)loaded(world, "[stripe]\napi_base = http://127.0.0.1:4242\n");
	(void)loaded(world, "[stripe]\napi_base = https://[2001:db8::1]:4\n");
}

static void
stripe_needs_a_key_that_can_be_sent(void **state)
{
	struct world *world = *state;

	REFUSED(world, "[stripe]\nenabled = on\n", "stripe.enabled",
	    "stripe.secret_key");
	REFUSED(world, "[stripe]\nenabled = on\nsecret_key = sk 1\n",
	    "stripe.secret_key");
	(void)loaded(world, "[stripe]\nenabled = on\nsecret_key = sk_1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_file_leaves_the_defaults),
		TEST(a_file_that_was_named_must_exist),
		TEST(the_file_replaces_defaults),
		TEST(the_environment_replaces_the_file),
		TEST(an_unknown_variable_is_refused_by_name),
		TEST(a_bad_value_in_the_environment_is_refused),
		TEST(secrets_come_from_files),
		TEST(a_secret_file_holds_one_line),
		TEST(an_unknown_key_names_its_line),
		TEST(a_bad_value_names_its_line_and_what_would_be_good),
		TEST(a_line_that_is_no_setting_is_named),
		TEST(a_key_set_twice_names_the_second_line),
		TEST(a_secret_set_in_two_ways_is_set_twice),
		TEST(an_overlong_line_is_refused_by_number),
		TEST(lists_are_split_and_go_on_over_indented_lines),
		TEST(empty_list_items_do_not_exist),
		TEST(the_own_origin_comes_first),
		TEST(headers_of_keys_are_read_as_cgi_names_them),
		TEST(cookies_are_secure_when_the_address_is),
		TEST(cookie_names_have_the_contracts_form),
		TEST(a_short_secret_is_refused),
		TEST(a_shared_secret_is_long_and_its_own),
		TEST(a_token_does_not_outlive_its_key),
		TEST(the_base_path_begins_but_does_not_end_with_a_slash),
		TEST(the_socket_mode_is_octal),
		TEST(argon2_memory_suffices_for_its_lanes),
		TEST(a_password_can_be_long_enough),
		TEST(extra_fields_have_type_default_and_direction),
		TEST(an_extra_field_that_makes_no_sense_is_refused),
		TEST(limits_of_paths_are_read_in_order),
		TEST(a_limit_that_makes_no_sense_is_refused),
		TEST(a_reward_is_credits_or_a_part_of_an_order),
		TEST(a_reward_that_is_neither_is_refused),
		TEST(a_proxy_that_is_no_network_is_refused_with_its_line),
		TEST(what_is_in_force_is_printed_without_secrets),
		TEST(a_setting_that_is_needed_and_missing_is_named),
		TEST(only_the_named_secrets_are_kept),
		TEST(mail_comes_from_the_host_of_the_url),
		TEST(a_mail_server_is_a_host_and_nothing_more),
		TEST(mail_is_encrypted_but_on_this_machine),
		TEST(what_goes_into_headers_and_commands_is_checked),
		TEST(the_key_of_stripe_goes_nowhere_in_the_clear),
		TEST(stripe_needs_a_key_that_can_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
