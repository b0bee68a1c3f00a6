/*
 * config.h - what the operator set
 *
 * Read once at start from a file and the environment; const afterwards. Every
 * value is within its bounds, or config_load refused with the line named.
 */
#ifndef CONFIG_H_
#define CONFIG_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_FILE "/etc/tollgate/tollgate.conf"

struct arena;

struct list {
	const char *const *text;
	size_t count;
};

/* A further field of users or sessions (DESIGN: the contract's additional
 * fields), kept in the row's "fields" object. */
enum extra_type { EXTRA_STRING, EXTRA_NUMBER, EXTRA_BOOLEAN };
extern const char *const extra_type_names[];	/* "string", ... */
struct extra_field {
	const char *name;
	enum extra_type type;
	const char *preset;	/* default as JSON text; NULL: null */
	bool input;		/* clients may set it */
};
struct extra_fields {
	const struct extra_field *field;
	size_t count;
};

/* A limit of requests that the operator set: path=max/window, path=off. */
#define RATE_UNLIMITED 0
struct rate_rule {
	const char *path;	/* below server.base_path, or of a page */
	bool prefix;		/* it was written with * at its end */
	int64_t max, window;	/* requests, seconds; max RATE_UNLIMITED */
};
struct rate_rules {
	const struct rate_rule *rule;
	size_t count;
};

/* What an affiliate gets for an order: credits, or a part of the order's. */
struct reward {
	int64_t credits;
	int64_t percent;	/* 0: it is credits */
};

struct config {
#define TEXT(section, key, ...) const char *section##_##key;
#define SECRET(section, key, ...) const char *section##_##key;
#define WORD(section, key, ...) const char *section##_##key;
#define INT(section, key, ...) int64_t section##_##key;
#define BOOL(section, key, ...) bool section##_##key;
#define LIST(section, key, ...) struct list section##_##key;
#include "config.def"
#undef TEXT
#undef SECRET
#undef WORD
#undef INT
#undef BOOL
#undef LIST
	/* derived from the above */
	const char *origin;		/* of server_url */
	const char *const *origins;	/* trusted: own first; count below */
	size_t origins_count;
	bool secure;			/* cookies are Secure */
	struct list api_key_params;	/* of api_key.headers, as CGI has them */
	const char *cookie_session;	/* full names */
	const char *cookie_data;
	const char *cookie_dont_remember;
	const char *cookie_admin;
	const char *cookie_form;
	const char *cookie_flash;
	const char *cookie_referral;
	const char *form_targets;	/* of pages, as a policy names them */
	const char *mail_sender;	/* mail_from, or what stands for it */
	const char *mail_name;		/* of this host, for EHLO */
	struct extra_fields user_extra;
	struct extra_fields session_extra;
	bool credits_approval;		/* there is credits.approval_above */
	struct reward affiliate_reward;
	struct rate_rules rate_rules;	/* the first that fits counts */
	char *text;			/* of the file, until config_text_fd */
	size_t text_size;
	struct arena *arena;		/* owns all of it */
};

/*
 * config_load - file (NULL: CONFIG_FILE, which may be missing) under the
 * environment
 *
 * NULL after a message on standard error that names file, line and remedy.
 * Free with config_free.
 */
struct config *config_load(const char *file);
void config_free(struct config *config);

/*
 * config_text_fd - the file as it was read, as a memory file
 *
 * So that children read what their master read, whatever has become of the
 * file since. The text in this process is wiped. -1 when it cannot be made.
 */
int config_text_fd(struct config *config);

/*
 * config_keep_secrets - overwrite every secret but the named ones
 *
 * names  "server_secret" style, ended by NULL. What came in by the
 *        environment stays there, for the children.
 */
void config_keep_secrets(struct config *config, const char *const *names);

/* Whether the boolean at an offset in it is on; 0 stands for always. */
bool config_is_on(const struct config *config, size_t when);

/* Every setting, its value (secrets as "(set)") and where it came from. */
void config_print(const struct config *config, FILE *out);

/*
 * config_need - the settings a process cannot do without
 *
 * names "server_url" style, ended by NULL. False after a message.
 */
bool config_need(const struct config *config, const char *const *names);

#endif
