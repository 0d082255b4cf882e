// Small helpers for the document. Text from the broker is only ever set as text, never as markup.

export const find = (id) => document.getElementById(id);
export const on = (id, event, act) => find(id).addEventListener(event, act);

/** element("button", {class: "quiet", text: "Show"}, children...) */
export function element(tag, properties = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name === "text") {
			made.textContent = value;
		} else if (name.startsWith("on")) {
			made.addEventListener(name.slice(2), value);
		} else if ((value ?? false) !== false) {
			made.setAttribute(name, value === true ? "" : value);
		}
	}
	made.append(...children);
	return made;
}

/** Replaces the children. A focus among them goes to the button of the same text, or to `other`. */
export function renew(host, children, other) {
	const at = document.activeElement;
	const had = host.contains(at);
	host.replaceChildren(...children);
	if (had) {
		([...host.querySelectorAll("button")].find(({textContent}) => textContent === at.textContent) ?? other).focus();
	}
}

/** Sets a text only where it differs, so that screen readers are told of changes alone. */
export function setText(node, text) {
	if (node.textContent !== text) {
		node.textContent = text;
	}
}

const UNITS = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];

export function duration(seconds) {
	let rest = Math.max(0, Math.round(seconds));
	const parts = [];
	for (const [unit, size] of UNITS) {
		const count = Math.floor(rest / size);
		if (count > 0 && parts.length < 2) {
			parts.push(`${count}${unit}`);
		}
		rest -= count * size;
	}
	return parts.length > 0 ? parts.join(" ") : "0s";
}

export function instant(ms) {
	const text = new Date(ms).toISOString();
	return text.slice(0, 10) + " " + text.slice(11, ms % 1000 === 0 ? 19 : 23);
}

export function oncePerFrame(run) {
	let waits = false;
	return () => {
		if (!waits) {
			waits = true;
			requestAnimationFrame(() => {
				waits = false;
				run();
			});
		}
	};
}
