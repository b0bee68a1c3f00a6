/*
 * panic.h - a promise of our own is broken: say which, abort, be replaced
 *
 * Never for bad input and never for the world's faults; those are a status.
 */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

void panic(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

#endif
