#include "guard/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/key.h"
#include "trust/jwk.h"
#include "trust/sign.h"

#define KEPT 16			/* keys of each use */
#define SHARED_KID_BYTES 16

struct row {
	struct jwk *key[KEPT];
	size_t next;		/* which gives way when all are taken */
};

struct key_ring {
	struct row signers, verifiers;
	struct jwk *shared;	/* of HS256; NULL until it is needed */
};

struct key_ring *
key_ring_new(void)
{
	struct key_ring *ring = calloc(1, sizeof(*ring));

	if (ring == NULL)
		panic("key: out of memory");
	return ring;
}

void
key_ring_free(struct key_ring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < KEPT; i++) {
		jwk_free(ring->signers.key[i]);
		jwk_free(ring->verifiers.key[i]);
	}
	jwk_free(ring->shared);
	free(ring);
}

static struct jwk *
met(const struct row *row, const char *kid)
{
	for (size_t i = 0; i < KEPT; i++)
		if (row->key[i] != NULL && strcmp(row->key[i]->kid, kid) == 0)
			return row->key[i];
	return NULL;
}

static void
keep(struct row *row, struct jwk *key)
{
	jwk_free(row->key[row->next]);
	row->key[row->next] = key;
	row->next = (row->next + 1) % KEPT;
}

/* From the row of keys met, or by load. */
static enum status
fetch(struct ctx *ctx, struct row *row, const char *kid,
    enum status (*load)(struct ctx *, const char *, struct jwk **),
    const struct jwk **out)
{
	struct jwk *key = met(row, kid);

	if (key == NULL) {
		TRY(load(ctx, kid, &key));
		keep(row, key);
	}
	*out = key;
	return ST_OK;
}

static enum jwk_alg
configured(const struct ctx *ctx)
{
	return jwk_alg_of(ctx->config->jwt_algorithm);
}

/* Its kid tells one secret from the next, and nothing about either. */
static const struct jwk *
shared_key(struct ctx *ctx)
{
	const char *secret = ctx->config->jwt_secret;
	char kid[TEXT_HEX_SIZE(SHARED_KID_BYTES)];
	uint8_t derived[SHA256_BYTES];

	if (ctx->keys->shared != NULL)
		return ctx->keys->shared;
	derive_key(derived, secret, "jwt-kid");
	text_hex(kid, derived, SHARED_KID_BYTES);
	ctx->keys->shared = jwk_of_secret(kid, secret);
	return ctx->keys->shared;
}

static enum status
add_next(struct ctx *ctx, void *key)
{
	return store_key_add(ctx, key, true);
}

/* Of all who find that a key is due one adds it; the others find it there. */
static enum status
make_next(struct ctx *ctx)
{
	struct jwk *key = jwk_generate(configured(ctx),
	    ctx->config->jwt_rsa_bits);
	enum status status;

	status = db_transact_with(ctx, add_next, key);
	jwk_free(key);
	return refusal_is(ctx, status, ST_CONFLICT) ? ST_OK : status;
}

static enum status
find_current(struct ctx *ctx, const char **id)
{
	enum jwk_alg alg = configured(ctx);
	struct key_current current;

	TRY(store_key_current(ctx, alg, &current));
	if (current.due) {
		TRY(make_next(ctx));
		TRY(store_key_current(ctx, alg, &current));
	}
	*id = current.id;
	return current.id != NULL ? ST_OK :
	    refuse(ctx, ST_INTERNAL, "there is no key to sign with");
}

enum status
key_ready(struct ctx *ctx)
{
	const char *id;

	return configured(ctx) == JWK_HS256 ? ST_OK : find_current(ctx, &id);
}

enum status
key_signer(struct ctx *ctx, const struct jwk **out)
{
	const char *id;

	if (configured(ctx) == JWK_HS256) {
		*out = shared_key(ctx);
		return ST_OK;
	}
	TRY(find_current(ctx, &id));
	return fetch(ctx, &ctx->keys->signers, id, store_key_private, out);
}

enum status
key_verifier(struct ctx *ctx, const char *kid, const struct jwk **out)
{
	if (configured(ctx) == JWK_HS256 &&
	    strcmp(shared_key(ctx)->kid, kid) == 0) {
		*out = shared_key(ctx);
		return ST_OK;
	}
	return fetch(ctx, &ctx->keys->verifiers, kid, store_key_public, out);
}
