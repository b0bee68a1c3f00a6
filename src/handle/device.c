#include "handle/device.h"

#include <stddef.h>
#include <string.h>

#include "base/arena.h"

struct mark {
	const char *sign;
	const char *name;
};

/* Browsers name their ancestors, too: the youngest comes first. */
static const struct mark browsers[] = {
	{ "Edg/", "Edge" }, { "OPR/", "Opera" }, { "Vivaldi/", "Vivaldi" },
	{ "SamsungBrowser/", "Samsung Internet" }, { "Firefox/", "Firefox" },
	{ "FxiOS/", "Firefox" }, { "CriOS/", "Chrome" },
	{ "Chromium/", "Chromium" }, { "HeadlessChrome/", "Chrome" },
	{ "Chrome/", "Chrome" }, { "Safari/", "Safari" },
	{ "curl/", "curl" }, { "Wget/", "Wget" }, { "node", "Node.js" },
	{ "python", "Python" }, { "Go-http-client", "Go" },
	{ "okhttp", "an Android app" },
};

static const struct mark systems[] = {
	{ "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Android", "Android" },
	{ "CrOS", "ChromeOS" }, { "Windows", "Windows" },
	{ "Macintosh", "macOS" }, { "Linux", "Linux" },
	{ "FreeBSD", "FreeBSD" }, { "OpenBSD", "OpenBSD" },
};

static const char *
find(const struct mark *marks, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(text, marks[i].sign) != NULL)
			return marks[i].name;
	return NULL;
}

const char *
device_name(struct arena *arena, const char *user_agent)
{
	const char *browser = find(browsers,
	    sizeof(browsers) / sizeof(browsers[0]), user_agent);
	const char *system = find(systems,
	    sizeof(systems) / sizeof(systems[0]), user_agent);

	if (browser != NULL && system != NULL)
		return arena_printf(arena, "%s on %s", browser, system);
	if (browser != NULL)
		return browser;
	return system != NULL ? system : "An unknown device";
}
