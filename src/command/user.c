#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/handle.h"
#include "store/audit.h"
#include "store/extra.h"
#include "store/session.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "store/user_list.h"
#include "view/view.h"

struct input {
	const char *email, *name, *role, *password;
};

/* From a terminal without echo, else one line of standard input. */
static bool
read_password(char *out, int size)
{
	struct termios before, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	bool got;

	if (terminal) {
		(void)fputs("Password: ", stderr);
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	got = fgets(out, size, stdin) != NULL;
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		(void)fputc('\n', stderr);
	}
	if (got)
		out[strcspn(out, "\r\n")] = '\0';
	return got && out[0] != '\0';
}

static enum status
find_user(struct ctx *ctx, struct user *user)
{
	const struct input *input = ctx->input;
	enum status status = store_user_by_email(ctx,
	    text_lower(ctx->arena, input->email), user);

	if (status == ST_USER_NOT_FOUND)
		return refuse(ctx, status, "%s", input->email);
	return status;
}

static enum status
add(struct ctx *ctx)
{
	const struct input *input = ctx->input;
	struct user_new new = { .name = input->name, .role = input->role,
		.email = text_lower(ctx->arena, input->email),
		.email_verified = true,
		.fields = extra_defaults(ctx, &ctx->config->user_extra) };
	char id[ID_SIZE];
	enum status status;

	TRY(password_bounds(ctx, input->password));
	TRY(password_make(ctx, input->password, &new.password));
	id_new(id, ctx->now);
	new.id = id;
	status = store_user_create(ctx, &new);
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
		    "%s", new.email);
	TRY(status);
	(void)printf("%s\n", id);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.create", .target_type = "user",
	    .target_id = arena_text(ctx->arena, id) });
}

/* A new password ends every session: the old one may have leaked. */
static enum status
passwd(struct ctx *ctx)
{
	const struct input *input = ctx->input;
	const char *hash;
	struct user user;

	TRY(find_user(ctx, &user));
	TRY(password_bounds(ctx, input->password));
	TRY(password_make(ctx, input->password, &hash));
	TRY(store_password_replace(ctx, user.id, hash));
	TRY(store_session_revoke_all(ctx, user.id, NULL, NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = "password.set", .target_type = "user",
	    .target_id = user.id });
}

static enum status
role(struct ctx *ctx)
{
	const struct input *input = ctx->input;
	struct user user, subject;

	TRY(find_user(ctx, &user));
	TRY(store_user_lock(ctx, user.id, &subject));
	return store_role_set(ctx, &subject, input->role);
}

static enum status
list(struct ctx *ctx)
{
	struct json_object *users = view_list(ctx->view, "users");

	TRY(store_admin_list(ctx, users));
	for (size_t i = 0; i < view_count(users); i++) {
		const struct json_object *user = view_at(users, i);

		(void)printf("%s %-12s %s (%s)\n", view_get_text(user, "id"),
		    view_get_text(user, "role"), view_get_text(user, "email"),
		    view_get_text(user, "name"));
	}
	return ST_OK;
}

static const struct verb {
	const char *name;
	enum status (*work)(struct ctx *ctx);
	bool email, password, role;
	const char *usual_role;		/* NULL: it has to be said */
} verbs[] = {
	{ "add", add, true, true, true, "user" },
	{ "passwd", passwd, true, true, false, NULL },
	{ "role", role, true, false, true, NULL },
	{ "list", list, false, false, false, NULL },
};

static int
wrong(const char *text)
{
	(void)fprintf(stderr, "tollgate: user: %s\n", text);
	return 2;
}

static int
check(const struct verb *verb, struct input *input)
{
	if (verb->email && (input->email == NULL ||
	    !text_email(input->email)))
		return wrong("--email needs an e-mail address");
	if (input->name == NULL)
		input->name = input->email;
	if (input->role == NULL)
		input->role = verb->usual_role;
	if (verb->role && (input->role == NULL || !role_exists(input->role)))
		return wrong("--role needs one of user, admin_ro, admin_rw, "
		    "admin, super_admin");
	return 0;
}

int
command_user(struct config *config, const struct options *options)
{
	struct input input = { .email = options->email, .name = options->name,
		.role = options->role };
	char password[1024];
	int rc;

	for (size_t i = 0; options->verb != NULL &&
	    i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, options->verb) != 0)
			continue;
		rc = check(&verbs[i], &input);
		if (rc != 0)
			return rc;
		if (verbs[i].password &&
		    !read_password(password, (int)sizeof(password)))
			return wrong("the password comes on standard input");
		input.password = password;
		rc = command_with_db(config, &input, false, verbs[i].work);
		explicit_bzero(password, sizeof(password));
		return rc;
	}
	return wrong("knows add, passwd, role and list");
}
