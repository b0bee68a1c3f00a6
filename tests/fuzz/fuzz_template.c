/* Any text is refused or compiled, and what compiles renders within bounds.
 * A NUL ends the template; what follows is a partial named "p". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "view/mustache.h"
#include "view/view.h"

static const char view_text_of_all_kinds[] =
    "{\"a\":{\"b\":{\"c\":\"<&\\\"'>\"},\"n\":null},\"l\":[1,{\"a\":[]}],"
    "\"t\":\"text\",\"f\":false,\"d\":0.5,\"e\":[]}";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	log_open("fuzz", LOG_ERROR_LEVEL);
	return 0;
}

static bool
compile(struct templates *templates, const char *text, size_t size)
{
	struct mustache_error error;
	const char *nul = memchr(text, '\0', size);
	const size_t main_size = nul == NULL ? size : (size_t)(nul - text);
	const char *partial = nul == NULL ? "" : nul + 1;
	const size_t partial_size = nul == NULL ? 0 : size - main_size - 1;

	return templates_add(templates, "main", text, main_size, &error) &&
	    templates_add(templates, "p", partial, partial_size, &error) &&
	    templates_link(templates, &error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)256 << 20);
	struct templates *templates = templates_new(false);
	struct json_object *root = view_root(arena);
	struct buf out;

	view_json(root, "v", view_text_of_all_kinds);
	buf_init(&out, arena, 1024);
	if (compile(templates, (const char *)data, size)) {
		template_render(templates, "main", view_get(root, "v"), root,
		    &out);
		if (strlen(out.data) != out.size)
			abort();
	}
	templates_free(templates);
	arena_free(arena);
	return 0;
}
