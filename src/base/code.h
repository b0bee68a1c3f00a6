/*
 * code.h - codes that people read, say and type
 *
 * Crockford's base 32: digits and lower-case letters without i, l, o and u.
 * Five bits a character, uniform.
 */
#ifndef BASE_CODE_H
#define BASE_CODE_H

#include <stdbool.h>
#include <stddef.h>

/* length random characters and NUL: out holds length + 1. */
void code_new(char *out, size_t length);

/*
 * code_read - what somebody typed, as code_new writes it
 *
 * Case and '-' do not matter; I and L are 1, O is 0. False unless text is then
 * a code of exactly length characters; out, which holds length + 1, is
 * undefined then.
 */
bool code_read(char *out, size_t length, const char *text);

#endif
