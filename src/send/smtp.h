/*
 * smtp.h - letters handed to the mail server of section mail
 *
 * One connection, kept between letters and made anew when it is needed.
 */
#ifndef SEND_SMTP_H
#define SEND_SMTP_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct smtp;

#define SMTP_SAID_SIZE 256	/* of what the server said, with its NUL */

/*
 * smtp_open - what is needed to send; nothing is contacted
 *
 * config      kept by reference, the password included
 * interrupted asked about once a second: true ends a transfer of which the
 *             server has not seen the message yet
 */
struct smtp *smtp_open(const struct config *config,
    bool (*interrupted)(void *), void *cookie);
/* Says goodbye to the server. NULL is allowed. */
void smtp_close(struct smtp *smtp);

enum smtp_verdict {
	SMTP_SENT,	/* acknowledged */
	SMTP_LATER,	/* try again: the server said so, or did not answer */
	SMTP_NEVER,	/* the server refuses this letter for good */
	SMTP_TROUBLE	/* no letter gets that far: connection, TLS, sign-in */
};

struct smtp_outcome {
	enum smtp_verdict verdict;
	bool doubt;	/* not SMTP_SENT, yet the server may have taken it */
	char said[SMTP_SAID_SIZE];	/* printing ASCII; "" when sent */
};

/*
 * smtp_send - one message to one recipient, within mail.timeout
 *
 * to       text_mailable
 * message  as mime_build writes it
 */
void smtp_send(struct smtp *smtp, const char *to, const char *message,
    size_t size, struct smtp_outcome *out);

/* "7.88.1", of the library behind this room. */
const char *smtp_library_version(void);

#endif
