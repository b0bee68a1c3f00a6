#include "trust/legacy.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

#define SCRYPT_SALT_TEXT 32
#define SCRYPT_KEY_BYTES 64
#define SCRYPT_MEMORY_MAX ((uint64_t)64 * 1024 * 1024)

#define BCRYPT_TEXT 60
#define BCRYPT_PREFIX 7		/* "$2b$10$" */
#define BCRYPT_PASSWORD_MAX 72

#define YESCRYPT_SALT_MAX 86	/* 64 bytes in crypt's base64 */
#define YESCRYPT_KEY_TEXT 43

static const char CRYPT_ALPHABET[] =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static bool
scrypt_read(const char *hash, uint8_t want[SCRYPT_KEY_BYTES])
{
	return strlen(hash) == SCRYPT_SALT_TEXT + 1 + 2 * SCRYPT_KEY_BYTES &&
	    strspn(hash, "0123456789abcdefABCDEF") == SCRYPT_SALT_TEXT &&
	    hash[SCRYPT_SALT_TEXT] == ':' &&
	    text_unhex(want, SCRYPT_KEY_BYTES, hash + SCRYPT_SALT_TEXT + 1);
}

bool
scrypt_verify(const char *hash, const char *password, bool *right)
{
	uint8_t key[SCRYPT_KEY_BYTES], want[SCRYPT_KEY_BYTES];
	bool made;

	if (!scrypt_read(hash, want))
		return false;
	/* The reference salts with the hex text, not with what it means. */
	made = EVP_PBE_scrypt(password, strlen(password),
	    (const unsigned char *)hash, SCRYPT_SALT_TEXT, 16384, 16, 1,
	    SCRYPT_MEMORY_MAX, key, sizeof(key)) == 1;
	if (!made)
		log_error("password", "scrypt: no memory");
	*right = made && text_same_secret(key, want, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return true;
}

/* Does crypt(3) make of this password the text it is given as setting? */
static bool
crypt_same(const char *hash, const char *password)
{
	struct crypt_data data = { 0 };
	const char *made = crypt_rn(password, hash, &data, sizeof(data));
	bool same = made != NULL && strlen(made) == strlen(hash) &&
	    text_same_secret(made, hash, strlen(hash));

	explicit_bzero(&data, sizeof(data));
	return same;
}

static bool
bcrypt_readable(const char *hash)
{
	int cost;

	if (strlen(hash) != BCRYPT_TEXT || !text_starts(hash, "$2") ||
	    strchr("aby", hash[2]) == NULL || hash[3] != '$' ||
	    hash[4] < '0' || hash[4] > '1' || hash[5] < '0' ||
	    hash[5] > '9' || hash[6] != '$')
		return false;
	cost = (hash[4] - '0') * 10 + (hash[5] - '0');
	return cost >= 4 && cost <= 15 && strspn(hash + BCRYPT_PREFIX,
	    CRYPT_ALPHABET) == BCRYPT_TEXT - BCRYPT_PREFIX;
}

bool
bcrypt_verify(const char *hash, const char *password, bool *right)
{
	char cut[BCRYPT_PASSWORD_MAX + 1] = { 0 };

	if (!bcrypt_readable(hash))
		return false;
	/* Longer ones still count by these bytes, but crypt refuses 512. */
	memcpy(cut, password, strnlen(password, BCRYPT_PASSWORD_MAX));
	*right = crypt_same(hash, cut);
	explicit_bzero(cut, sizeof(cut));
	return true;
}

/*
 * The parameters decide memory and time, so only what crypt_gensalt(3) writes
 * is read: 1 to 256 MiB, one pass, no parallelism, no ROM.
 */
static bool
yescrypt_readable(const char *hash)
{
	static const char *const prefixes[] = {
		"$y$j75$", "$y$j85$", "$y$j7T$", "$y$j8T$", "$y$j9T$",
		"$y$jAT$", "$y$jBT$", "$y$jCT$", "$y$jDT$"
	};
	const char *salt, *key;
	size_t i = 0;

	while (!text_starts(hash, prefixes[i]))
		if (++i == sizeof(prefixes) / sizeof(prefixes[0]))
			return false;
	salt = hash + strlen(prefixes[i]);
	key = salt + strspn(salt, CRYPT_ALPHABET);
	if (key == salt || key - salt > YESCRYPT_SALT_MAX || *key++ != '$')
		return false;
	return strlen(key) == YESCRYPT_KEY_TEXT &&
	    strspn(key, CRYPT_ALPHABET) == YESCRYPT_KEY_TEXT;
}

bool
yescrypt_verify(const char *hash, const char *password, bool *right)
{
	if (!yescrypt_readable(hash))
		return false;
	*right = crypt_same(hash, password);
	return true;
}

bool
legacy_readable(const char *hash)
{
	uint8_t key[SCRYPT_KEY_BYTES];

	return scrypt_read(hash, key) || bcrypt_readable(hash) ||
	    yescrypt_readable(hash);
}
