// Questions, refusals and short notices.

import {element, find} from "./dom.js";

const NOTICE_MS = 6000;
let hiding;

export function say(text) {
	const notice = find("notice");
	notice.textContent = text;
	notice.hidden = false;
	clearTimeout(hiding);
	hiding = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
}

/** The result of act(), or undefined after a notice that says why it failed. */
export async function trying(act) {
	try {
		return await act();
	} catch (error) {
		say(error.message);
		return undefined;
	}
}

function input({name, kind, value = "", options, required}) {
	if (options !== undefined) {
		return element("select", {name}, ...options.map((text) => element("option", {text, value: text})));
	}
	if (kind === "textarea") {
		return element("textarea", {name, rows: 3, autocomplete: "off", spellcheck: "false"});
	}
	return element("input", {name, type: kind ?? "text", value, required, autocomplete: "off", spellcheck: "false"});
}

/** A dialog, which stays open with the reason while act({name: text}) is refused. */
export function askFor(title, verb, fields, act) {
	const dialog = find("dialog");
	const inputs = new Map(fields.map((field) => [field.name, input(field)]));
	const fault = element("p", {class: "bad", role: "alert"});
	const form = element("form", {method: "dialog"},
		element("h2", {id: "dialog-title", text: title}),
		...fields.map(({name, label, kind}) => (kind === "checkbox"
			? element("label", {class: "check"}, inputs.get(name), label)
			: element("label", {}, label, inputs.get(name)))),
		fault,
		element("div", {class: "actions"},
			element("button", {class: "main", text: verb}),
			element("button", {type: "button", text: "Cancel", onclick: () => dialog.close()})));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		fault.textContent = "";
		try {
			await act(Object.fromEntries([...inputs].map(([name, node]) => [name, node.type === "checkbox" ? node.checked : node.value])));
			dialog.close();
		} catch (error) {
			fault.textContent = error.message;
		}
	});
	dialog.replaceChildren(form);
	dialog.addEventListener("close", () => dialog.replaceChildren(), {once: true}); // a value may stand in it
	dialog.showModal();
}
