#include "config_derive.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "config.h"
#include "guard/permission.h"
#include "http/origin.h"

#define SECRET_MIN 16
#define PORT_MAX 65535
#define ARGON2_KIB_PER_LANE 8	/* RFC 9106, section 3.1 */

const char *const extra_type_names[] = { [EXTRA_STRING] = "string",
	[EXTRA_NUMBER] = "number", [EXTRA_BOOLEAN] = "boolean" };

/* A number as JSON has them, but for exponents. */
static bool
is_number(const char *text)
{
	static const char digits[] = "0123456789";
	size_t whole, part = 1;

	text += *text == '-';
	whole = strspn(text, digits);
	if (whole > 1 && *text == '0')
		return false;
	text += whole;
	if (*text == '.') {
		part = strspn(++text, digits);
		text += part;
	}
	return whole > 0 && part > 0 && *text == '\0';
}

/* The default as the JSON text that a row gets; NULL when it is none. */
static const char *
extra_preset(struct arena *arena, enum extra_type type, const char *text)
{
	size_t size = strlen(text);
	struct buf buf;

	switch (type) {
	case EXTRA_STRING:
		if (!text_utf8(text, size))
			return NULL;
		buf_init(&buf, arena, size + 2);
		buf_json_text(&buf, text, size);
		return buf.data;
	case EXTRA_NUMBER:
		return is_number(text) ? text : NULL;
	case EXTRA_BOOLEAN:
		return text_is(text, "true") || text_is(text, "false") ?
		    text : NULL;
	}
	return NULL;
}

static bool
extra_type(const char *text, enum extra_type *type)
{
	for (int i = EXTRA_STRING; i <= EXTRA_BOOLEAN; i++) {
		if (strcmp(text, extra_type_names[i]) == 0) {
			*type = (enum extra_type)i;
			return true;
		}
	}
	return false;
}

/* name:type[=default][!] */
static bool
extra_field(struct arena *arena, const char *text, struct extra_field *field)
{
	char *name = arena_text(arena, text);
	char *type = strchr(name, ':'), *preset;
	size_t size = strlen(name);

	field->input = true;
	if (size > 0 && name[size - 1] == '!') {
		name[size - 1] = '\0';
		field->input = false;
	}
	if (type == NULL)
		return false;
	*type++ = '\0';
	preset = strchr(type, '=');
	if (preset != NULL)
		*preset++ = '\0';
	field->name = name;
	if (name[0] == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name) ||
	    !extra_type(type, &field->type))
		return false;
	if (preset == NULL)
		return true;
	field->preset = extra_preset(arena, field->type, preset);
	return field->preset != NULL;
}

static bool
derive_extra(struct config *config, const char *section,
    const struct list *list, struct extra_fields *out)
{
	struct extra_field *fields = arena_array(config->arena,
	    list->count + 1, sizeof(*fields));

	for (size_t i = 0; i < list->count; i++)
		if (!extra_field(config->arena, list->text[i], &fields[i]))
			return config_object(config, section, "fields",
			    arena_printf(config->arena, "'%s' is not "
			    "name:string|number|boolean[=default][!]",
			    list->text[i]));
	out->field = fields;
	out->count = list->count;
	return true;
}

static const char *
cookie_name(struct config *config, const char *base)
{
	return arena_printf(config->arena, "%s%s.%s",
	    config->secure ? "__Secure-" : "", config->server_cookie_prefix,
	    base);
}

static bool
derive_origins(struct config *config)
{
	const struct list *further = &config->server_trusted_origins;
	const char **origins = arena_array(config->arena, further->count + 1,
	    sizeof(*origins));
	char *own = NULL;

	config->origin = "";
	if (config->server_url[0] != '\0') {
		if (!origin_of(config->arena, config->server_url, &own))
			return config_object(config, "server", "url",
			    "is no http or https address");
		config->origin = own;
	}
	origins[config->origins_count++] = config->origin;
	for (size_t i = 0; i < further->count; i++)
		origins[config->origins_count++] = further->text[i];
	config->origins = origins;
	return true;
}

/* "x-api-key" as HTTP_X_API_KEY (RFC 3875, section 4.1.18) */
static const char *
cgi_name(struct arena *arena, const char *header)
{
	char *name = arena_printf(arena, "HTTP_%s", header);

	for (char *c = name; *c != '\0'; c++) {
		if (*c == '-')
			*c = '_';
		else if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
	return name;
}

static bool
derive_key_headers(struct config *config)
{
	const struct list *headers = &config->api_key_headers;
	const char **names = arena_array(config->arena, headers->count + 1,
	    sizeof(*names));

	for (size_t i = 0; i < headers->count; i++) {
		const char *header = headers->text[i];

		if (header[0] == '\0' || strspn(header,
		    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "0123456789-") != strlen(header))
			return config_object(config, "api_key", "headers",
			    "are names of letters, digits and '-'");
		names[i] = cgi_name(config->arena, header);
	}
	config->api_key_params = (struct list){ names, headers->count };
	return true;
}

/* What the bounds of one setting alone cannot say. */
static bool
check(const struct config *config)
{
	const char *base = config->server_base_path;
	int64_t mode = config->server_socket_mode;
	int64_t memory_kib = ARGON2_KIB_PER_LANE * config->password_lanes;

	if (config->server_secret[0] != '\0' &&
	    strlen(config->server_secret) < SECRET_MIN)
		return config_object(config, "server", "secret",
		    "is shorter than 16 characters");
	if (base[0] != '/' || base[strlen(base) - 1] == '/')
		return config_object(config, "server", "base_path",
		    "begins with '/' and does not end with it");
	if (mode % 10 > 7 || mode / 10 % 10 > 7)
		return config_object(config, "server", "socket_mode",
		    "has digits from 0 to 7");
	if (config->password_memory_kib < memory_kib)
		return config_object(config, "password", "memory_kib",
		    arena_printf(config->arena, "must be %lld or more for %lld "
		    "lanes", (long long)memory_kib,
		    (long long)config->password_lanes));
	if (config->password_max_length < config->password_min_length)
		return config_object(config, "password", "max_length",
		    "is less than min_length");
	if (config->api_key_max_expires_days <
	    config->api_key_min_expires_days)
		return config_object(config, "api_key", "max_expires_days",
		    "is less than min_expires_days");
	if (config->username_max_length < config->username_min_length)
		return config_object(config, "username", "max_length",
		    "is less than min_length");
	if (role_is_admin(config->admin_default_role))
		return config_object(config, "admin", "default_role",
		    "would make everybody an administrator");
	return true;
}

const char *
config_host(struct arena *arena, const char *url, const char *scheme)
{
	const char *host = strstr(url, "://"), *end;
	int64_t port;

	if (!text_starts(url, scheme) || host == NULL)
		return NULL;
	url += strlen(scheme);
	if (url != host && (*url != 's' || url + 1 != host))
		return NULL;
	host += strlen("://");
	end = *host == '[' ? host + 1 + strspn(host + 1, "0123456789abcdef"
	    "ABCDEF:.") : host + strspn(host, CONFIG_HOST_CHARS);
	if (*host == '[' && *end++ != ']')
		return NULL;
	if (end == host || (*end != '\0' && (*end != ':' ||
	    !text_int(end + 1, 1, PORT_MAX, &port))))
		return NULL;
	return arena_copy(arena, host, (size_t)(end - host));
}

bool
config_host_is_here(const char *host)
{
	return text_is(host, "localhost") || text_is(host, "127.0.0.1") ||
	    text_is(host, "[::1]");
}

bool
config_derive(struct config *config)
{
	const char *secure = config->server_secure_cookies;

	if (!check(config) || !derive_origins(config) ||
	    !derive_key_headers(config))
		return false;
	config->secure = strcmp(secure, "on") == 0 ||
	    (strcmp(secure, "auto") == 0 &&
	    text_starts(config->origin, "https://"));
	config->cookie_session = cookie_name(config, "session_token");
	config->cookie_data = cookie_name(config, "session_data");
	config->cookie_dont_remember = cookie_name(config, "dont_remember");
	config->cookie_admin = cookie_name(config, "admin_session");
	config->cookie_form = cookie_name(config, "form");
	config->cookie_flash = cookie_name(config, "flash");
	config->cookie_referral = cookie_name(config, "referral");
	if (config->db_admin_url[0] == '\0')
		config->db_admin_url = arena_text(config->arena,
		    config->db_url);
	return config_derive_mail(config) && config_derive_stripe(config) &&
	    config_derive_shop(config) && config_derive_token(config) &&
	    config_derive_credit(config) &&
	    config_derive_guards(config) &&
	    derive_extra(config, "user", &config->user_fields,
	    &config->user_extra) &&
	    derive_extra(config, "session", &config->session_fields,
	    &config->session_extra);
}
