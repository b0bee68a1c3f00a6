#include "trust/version.h"

#include <stddef.h>

#include <openssl/crypto.h>
#ifdef HAVE_LIBSODIUM
#include <sodium.h>
#endif

const char *
version_openssl(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

const char *
version_sodium(void)
{
#ifdef HAVE_LIBSODIUM
	return sodium_version_string();
#else
	return NULL;
#endif
}
