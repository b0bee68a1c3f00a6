#include "send/smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"
#include "base/text.h"
#include "config.h"

/* Servers leave idle clients after minutes; ours must not be the slower. */
#define IDLE_SECONDS 60L

/* Replies about our sign-in (RFC 4954), whatever they are an answer to. */
enum { AUTH_NEEDED = 530, AUTH_WEAK = 534, AUTH_WRONG = 535,
	AUTH_ENCRYPT = 538 };

struct smtp {
	CURL *curl;
	const struct config *config;
	bool (*interrupted)(void *);
	void *cookie;
	/* this letter */
	const char *message;
	size_t left;
	bool begun;			/* the server wants the message */
	bool ended;			/* and has got all of it */
	char refusal[SMTP_SAID_SIZE];	/* the server's last 4xx or 5xx */
	char error[CURL_ERROR_SIZE];
};

static size_t
read_message(char *out, size_t size, size_t count, void *cookie)
{
	struct smtp *smtp = cookie;
	size_t room = size * count;

	smtp->begun = true;
	if (room > smtp->left)
		room = smtp->left;
	memcpy(out, smtp->message, room);
	smtp->message += room;
	smtp->left -= room;
	smtp->ended = room == 0;
	return room;
}

/* Strangers' bytes: kept short, and fit for a log and a page. */
static void
keep_text(char out[SMTP_SAID_SIZE], const char *text, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < size && length < SMTP_SAID_SIZE - 1; i++)
		if (text[i] != '\r' && text[i] != '\n')
			out[length++] = text[i] >= ' ' && text[i] < 0x7f ?
			    text[i] : '?';
	out[length] = '\0';
}

static size_t
read_reply(char *line, size_t size, size_t count, void *cookie)
{
	struct smtp *smtp = cookie;

	/* not what it says to the QUIT that follows */
	if (size * count > 0 && (line[0] == '4' || line[0] == '5'))
		keep_text(smtp->refusal, line, size * count);
	return size * count;
}

/* Once the message is on its way, only its end can tell what became of it. */
static int
look_up(void *cookie, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct smtp *smtp = cookie;

	(void)a, (void)b, (void)c, (void)d;
	return !smtp->begun && smtp->interrupted(smtp->cookie);
}

/* An option that libcurl does not know would be one that is not in force. */
#define SET(curl, option, value) do {					\
	if (curl_easy_setopt(curl, option, value) != CURLE_OK)		\
		panic("smtp: libcurl refuses " #option);		\
} while (0)

static void
set_security(CURL *curl, const struct config *config)
{
	const bool require = text_is(config->mail_tls, "require");

	SET(curl, CURLOPT_USE_SSL, (long)(require ? CURLUSESSL_ALL :
	    text_is(config->mail_tls, "try") ? CURLUSESSL_TRY :
	    CURLUSESSL_NONE));
	SET(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (config->mail_ca_file[0] != '\0')
		SET(curl, CURLOPT_CAINFO, config->mail_ca_file);
	if (config->mail_user[0] == '\0')
		return;
	SET(curl, CURLOPT_USERNAME, config->mail_user);
	SET(curl, CURLOPT_PASSWORD, config->mail_password);
}

static void
set_server(CURL *curl, const struct config *config)
{
	char url[512];

	/* libcurl takes the path for the name in EHLO; it copies texts */
	if (snprintf(url, sizeof(url), "%s/%s", config->mail_smtp_url,
	    config->mail_name) >= (int)sizeof(url))
		panic("smtp: mail.smtp_url is too long");
	SET(curl, CURLOPT_URL, url);
	SET(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	SET(curl, CURLOPT_MAIL_FROM, config->mail_sender);
	SET(curl, CURLOPT_TIMEOUT, (long)config->mail_timeout);
	SET(curl, CURLOPT_CONNECTTIMEOUT, (long)config->mail_timeout);
	SET(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
	    (long)config->mail_timeout);
	SET(curl, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
	SET(curl, CURLOPT_NOSIGNAL, 1L);
	/* A variable of the environment must not choose who gets the mail. */
	SET(curl, CURLOPT_PROXY, "");
}

static void
set_callbacks(struct smtp *smtp)
{
	CURL *curl = smtp->curl;

	SET(curl, CURLOPT_UPLOAD, 1L);
	SET(curl, CURLOPT_READFUNCTION, read_message);
	SET(curl, CURLOPT_READDATA, smtp);
	SET(curl, CURLOPT_HEADERFUNCTION, read_reply);
	SET(curl, CURLOPT_HEADERDATA, smtp);
	SET(curl, CURLOPT_NOPROGRESS, 0L);
	SET(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	SET(curl, CURLOPT_XFERINFODATA, smtp);
	SET(curl, CURLOPT_ERRORBUFFER, smtp->error);
}

struct smtp *
smtp_open(const struct config *config, bool (*interrupted)(void *),
    void *cookie)
{
	struct smtp *smtp = calloc(1, sizeof(*smtp));

	if (smtp == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
	    (smtp->curl = curl_easy_init()) == NULL)
		panic("smtp: no libcurl");
	smtp->config = config;
	smtp->interrupted = interrupted;
	smtp->cookie = cookie;
	set_server(smtp->curl, config);
	set_security(smtp->curl, config);
	set_callbacks(smtp);
	return smtp;
}

void
smtp_close(struct smtp *smtp)
{
	if (smtp == NULL)
		return;
	curl_easy_cleanup(smtp->curl);
	curl_global_cleanup();
	free(smtp);
}

/*
 * A reply of 5xx is about this letter when the server had come to it: libcurl
 * says SEND_ERROR when MAIL, RCPT or DATA was refused, and after that the
 * message has begun. A greeting or a sign-in may be refused with 5xx as well;
 * that is the operator's to mend, and no letter should die of it.
 */
static enum smtp_verdict
verdict_of(const struct smtp *smtp, CURLcode code, long reply)
{
	const bool letter = smtp->begun || code == CURLE_SEND_ERROR;

	if (code == CURLE_OK || (smtp->ended && reply / 100 == 2))
		return SMTP_SENT;
	if (!letter || reply == AUTH_NEEDED || reply == AUTH_WEAK ||
	    reply == AUTH_WRONG || reply == AUTH_ENCRYPT)
		return SMTP_TROUBLE;
	return reply / 100 == 5 ? SMTP_NEVER : SMTP_LATER;
}

static void
say(const struct smtp *smtp, CURLcode code, long reply,
    struct smtp_outcome *out)
{
	const char *text = smtp->error[0] != '\0' ? smtp->error :
	    curl_easy_strerror(code);

	if (reply / 100 >= 4 && smtp->refusal[0] != '\0')
		text = smtp->refusal;
	keep_text(out->said, text, strlen(text));
}

void
smtp_send(struct smtp *smtp, const char *to, const char *message,
    size_t size, struct smtp_outcome *out)
{
	struct curl_slist *recipients = curl_slist_append(NULL, to);
	long reply = 0;
	CURLcode code;

	if (recipients == NULL)
		panic("smtp: out of memory");
	smtp->message = message;
	smtp->left = size;
	smtp->begun = smtp->ended = false;
	smtp->refusal[0] = smtp->error[0] = '\0';
	SET(smtp->curl, CURLOPT_MAIL_RCPT, recipients);
	code = curl_easy_perform(smtp->curl);
	(void)curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &reply);
	SET(smtp->curl, CURLOPT_MAIL_RCPT, (struct curl_slist *)NULL);
	curl_slist_free_all(recipients);
	*out = (struct smtp_outcome){
		.verdict = verdict_of(smtp, code, reply) };
	if (out->verdict == SMTP_SENT)
		return;
	out->doubt = smtp->ended && reply / 100 < 4;
	say(smtp, code, reply, out);
}

const char *
smtp_library_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
