/*
 * device.h - "Firefox on Linux" from a User-Agent, for people to recognise
 */
#ifndef HANDLE_DEVICE_H
#define HANDLE_DEVICE_H

struct arena;

/* A short English text; never the header's own bytes. */
const char *device_name(struct arena *arena, const char *user_agent);

#endif
