/* Comforts only: every page works without this file. */
"use strict";

/* A button inside the field, at its end. */
function
button_in(input, label)
{
	const box = document.createElement("div");
	const button = document.createElement("button");

	box.className = "secret";
	button.type = "button";
	button.textContent = label;
	input.replaceWith(box);
	box.append(input, button);
	return button;
}

function
revealable(input)
{
	const button = button_in(input, "Show");

	button.setAttribute("aria-label", "Show password");
	button.addEventListener("click", () => {
		const shown = input.type === "password";

		input.type = shown ? "text" : "password";
		button.textContent = shown ? "Hide" : "Show";
		button.setAttribute("aria-label",
		    `${button.textContent} password`);
	});
	/* A password left readable would be offered as form history. */
	input.form.addEventListener("submit", () => {
		input.type = "password";
	});
}

/* What is shown once is copied whole, or at least selected. */
function
copyable(input)
{
	const button = button_in(input, "Copy");

	button.setAttribute("aria-live", "polite");
	button.addEventListener("click", async () => {
		input.select();
		try {
			await navigator.clipboard.writeText(input.value);
			button.textContent = "Copied";
		} catch {
			button.textContent = "Selected";
		}
	});
	input.addEventListener("focus", () => input.select());
}

/* The summary links to the field; the field gets the same words. */
function
explain(link)
{
	const input = document.getElementById(link.hash.slice(1));
	const text = document.createElement("p");

	if (input === null)
		return;
	text.className = "wrong";
	text.id = `${input.id}-wrong`;
	text.textContent = link.textContent;
	(input.closest(".field") ?? input.parentElement).append(text);
	input.setAttribute("aria-invalid", "true");
	input.setAttribute("aria-describedby",
	    `${text.id} ${input.getAttribute("aria-describedby") ?? ""}`.trim());
}

function
send_once(event)
{
	const form = event.target;

	if (form.method !== "post")
		return;
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	form.dataset.sent = "yes";
	event.submitter?.setAttribute("aria-disabled", "true");
}

/* The back button may show a page as it was left: usable again. */
function
forget_sent()
{
	for (const form of document.querySelectorAll("form[data-sent]"))
		delete form.dataset.sent;
	for (const button of document.querySelectorAll("[aria-disabled]"))
		button.removeAttribute("aria-disabled");
}

function
local_time(time)
{
	const when = new Date(time.dateTime);

	if (!Number.isNaN(when.getTime()))
		time.title = when.toLocaleString();
}

document.querySelectorAll("input[type=password]").forEach(revealable);
document.querySelectorAll("input[data-copy]").forEach(copyable);
document.querySelectorAll("#problems a").forEach(explain);
(document.querySelector("[aria-invalid]") ??
    document.getElementById("problems"))?.focus();
document.querySelectorAll("time").forEach(local_time);
document.addEventListener("submit", send_once);
addEventListener("pageshow", forget_sent);
