/*
 * plan_form.h - a plan as pages and programs send it (plan_form, plan_json_form
 * of shop.h)
 */
#ifndef HANDLE_PLAN_FORM_H
#define HANDLE_PLAN_FORM_H

#include "http/form.h"
#include "store/plan.h"

struct json_object;

extern const char *const plan_kinds[];

/* The handler's input: plan is whole but for its id; the rest is how it came. */
struct plan_input {
	struct plan plan;
	const char *price;		/* of a page, "12.50" */
	const char *limits, *entitlements;
	struct json_object *limits_object, *entitlements_object;
	enum choice active;
};

#endif
