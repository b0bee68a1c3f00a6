/*
 * address.h - the client's address, as far as it can be believed
 */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>

struct arena;
struct ctx;
struct request;

/*
 * address_normal - an address in the one spelling we store and compare
 *
 * IPv4 as it is, IPv4-mapped IPv6 as IPv4, other IPv6 masked to its /64 and
 * written out in full, lower-case (contract README, section 11). NULL when
 * text is no address.
 */
const char *address_normal(struct arena *arena, const char *text);

/* Whether address lies in network ("192.0.2.1", "10.0.0.0/8", "fd00::/8"). */
bool address_in(const char *address, const char *network);

/* Whether text is such a network. */
bool address_is_network(const char *text);

/* 127.0.0.0/8 and ::1. */
bool address_is_loopback(const char *address);

/* Headers by which proxies tell whom they speak for, as CGI variables, ended
 * by NULL. Of all of them only X-Forwarded-For is ever believed. */
extern const char *const address_forwarding[];

/* Whether the request has one of them. */
bool address_is_forwarded(const struct request *request);

/*
 * address_read - the request's address, address_why and is_forwarded
 *
 * server.client_address = socket: REMOTE_ADDR; when that is a trusted proxy,
 * X-Forwarded-For is walked from the right over trusted ones.
 * = forwarded: X-Forwarded-For alone, by the wire contract's rule: exactly one
 * address, or the walk when proxies are configured.
 */
void address_read(struct ctx *ctx);

#endif
