/*
 * dashboard.h - the figures of the overview, for programs and for people
 */
#ifndef HANDLE_DASHBOARD_H
#define HANDLE_DASHBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "store/feedback.h"
#include "store/figures.h"
#include "store/lot.h"

struct ctx;

struct dashboard {
	int64_t users;
	struct figures figures;
	struct outlook week, month;	/* lots that expire within */
	struct outlook holds;		/* that are open */
	bool has_feedback;
	struct feedback_figures feedback;
};

/* What the page shows: cards, charts and lists (dashboard_words.c). The view
 * has "topSpenders" already. */
void dashboard_words(struct ctx *ctx, const struct dashboard *dashboard);

#endif
