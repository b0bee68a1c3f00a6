#include "trust/password.h"

#include <string.h>
#include <utf8proc.h>

#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "trust/argon.h"
#include "trust/legacy.h"
#include "trust/phc.h"

#define SALT_BYTES 16
#define TAG_BYTES 32

/* A password in NFKC: as code points while it is made, then as text. */
union normal {
	utf8proc_int32_t points[PASSWORD_BYTES_MAX + 1];
	char text[(PASSWORD_BYTES_MAX + 1) * sizeof(utf8proc_int32_t)];
};

/* utf8proc_map would leave copies on the heap, so its two steps are ours. */
static bool
normalise(union normal *normal, const char *password)
{
	const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE |
	    UTF8PROC_COMPAT;
	size_t size = strnlen(password, PASSWORD_BYTES_MAX + 1);
	utf8proc_ssize_t points;

	if (size > PASSWORD_BYTES_MAX || !text_utf8(password, size))
		return false;
	points = utf8proc_decompose((const utf8proc_uint8_t *)password,
	    (utf8proc_ssize_t)size, normal->points, PASSWORD_BYTES_MAX, form);
	if (points < 0 || points > PASSWORD_BYTES_MAX)
		return false;
	return utf8proc_reencode(normal->points, points, form) >= 0;
}

/* What config.def bounds one by one must also hold together. */
static void
cost_check(const struct password_cost *cost)
{
	if (cost->passes < 1 || cost->passes > PASSWORD_PASSES_MAX ||
	    cost->lanes < 1 || cost->lanes > PASSWORD_LANES_MAX ||
	    cost->memory_kib < 8 * cost->lanes ||
	    cost->memory_kib > PASSWORD_MEMORY_MAX_KIB)
		panic("password: no Argon2id has %u KiB, %u passes, %u lanes",
		    cost->memory_kib, cost->passes, cost->lanes);
}

static struct phc
phc_new(const struct password_cost *cost)
{
	return (struct phc){ .version = 19, .cost = *cost,
	    .salt_size = SALT_BYTES, .tag_size = TAG_BYTES };
}

bool
password_hash(struct password_arena *arena, const struct password_cost *cost,
    const char *password, char out[PASSWORD_HASH_SIZE])
{
	struct phc phc = phc_new(cost);
	union normal normal;
	bool made;

	cost_check(cost);
	random_bytes(phc.salt, phc.salt_size);
	made = normalise(&normal, password) &&
	    argon_compute(arena, &phc, normal.text, phc.tag);
	explicit_bzero(&normal, sizeof(normal));
	if (made)
		phc_print(out, &phc);
	return made;
}

bool
password_readable(const char *hash)
{
	struct phc phc;

	return phc_parse(&phc, hash) || legacy_readable(hash);
}

static bool
made_at(const struct phc *phc, const struct password_cost *cost)
{
	return phc->version == 19 && phc->salt_size == SALT_BYTES &&
	    phc->tag_size == TAG_BYTES &&
	    phc->cost.memory_kib == cost->memory_kib &&
	    phc->cost.passes == cost->passes &&
	    phc->cost.lanes == cost->lanes;
}

/* As legacy.h. */
static bool
argon_verify(struct password_arena *arena, const struct password_cost *cost,
    const char *hash, const char *password, enum password_verdict *verdict)
{
	uint8_t tag[PHC_TAG_MAX];
	struct phc phc;

	if (!phc_parse(&phc, hash))
		return false;
	*verdict = PASSWORD_WRONG;
	if (argon_compute(arena, &phc, password, tag) &&
	    text_same_secret(tag, phc.tag, phc.tag_size))
		*verdict = made_at(&phc, cost) ? PASSWORD_RIGHT :
		    PASSWORD_RIGHT_REHASH;
	explicit_bzero(tag, sizeof(tag));
	argon_shrink(arena, cost->memory_kib);
	return true;
}

static void
spend(struct password_arena *arena, const struct password_cost *cost,
    const char *password)
{
	struct phc phc = phc_new(cost);

	(void)argon_compute(arena, &phc, password, phc.tag);
	explicit_bzero(&phc, sizeof(phc));
}

/* Each knows its own form and reads no other. */
static bool (*const legacies[])(const char *hash, const char *password,
    bool *right) = { scrypt_verify, bcrypt_verify, yescrypt_verify };

static bool
legacy_verify(const char *hash, const char *password,
    enum password_verdict *verdict)
{
	bool right;

	for (size_t i = 0; i < sizeof(legacies) / sizeof(legacies[0]); i++)
		if (legacies[i](hash, password, &right)) {
			*verdict = right ? PASSWORD_RIGHT_REHASH :
			    PASSWORD_WRONG;
			return true;
		}
	return false;
}

static enum password_verdict
verify(struct password_arena *arena, const struct password_cost *cost,
    const char *hash, const char *password)
{
	enum password_verdict verdict;

	if (hash != NULL &&
	    (argon_verify(arena, cost, hash, password, &verdict) ||
	    legacy_verify(hash, password, &verdict)))
		return verdict;
	spend(arena, cost, password);
	return PASSWORD_WRONG;
}

/*
 * Other programs did not all normalise, and a hash does not say. What was
 * typed is tried too when it differs, whoever the user is, so that the time
 * taken depends on the password given and not on the account.
 */
enum password_verdict
password_verify(struct password_arena *arena, const struct password_cost *cost,
    const char *hash, const char *password)
{
	enum password_verdict verdict = PASSWORD_WRONG;
	union normal normal;

	cost_check(cost);
	if (normalise(&normal, password)) {
		verdict = verify(arena, cost, hash, normal.text);
		if (verdict == PASSWORD_WRONG &&
		    strcmp(normal.text, password) != 0 &&
		    verify(arena, cost, hash, password) != PASSWORD_WRONG)
			verdict = PASSWORD_RIGHT_REHASH;
	}
	explicit_bzero(&normal, sizeof(normal));
	return verdict;
}
