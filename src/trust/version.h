/*
 * version.h - which libraries this room was given
 */
#ifndef TRUST_VERSION_H
#define TRUST_VERSION_H

/* NULL: the program was built without it. */
const char *version_openssl(void);
const char *version_sodium(void);

#endif
