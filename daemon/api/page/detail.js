// One secret: its value on demand, its versions, who reads it, and what can be done to it.

import {ask, path} from "./broker.js";
import {duration, element, find, instant, renew} from "./dom.js";
import {askFor, say, trying} from "./dialog.js";

const SHOWN_MS = 10000;
const SHOW = "Show value for 10 seconds";
const READERS_MS = 2000;
const STRATEGIES = ["token", "hex", "alphanumeric", "base64url", "uuid", "none"];

const cell = (text) => element("td", {text});
const button = (text, onclick, more = {}) => element("button", {text, onclick, ...more});

export class Detail {
	constructor(model, onclose) {
		Object.assign(this, {model, onclose, host: find("detail"), name: null, version: ""});
		setInterval(() => this.fetchReaders(), READERS_MS);
		document.addEventListener("visibilitychange", () => document.hidden && this.hideValue());
	}

	async open(name) {
		this.name = name;
		this.version = "";
		this.host.hidden = false;
		this.build();
		await this.update();
		await this.fetchReaders();
	}

	close() {
		this.hideValue();
		this.name = null;
		this.host.hidden = true;
		this.host.replaceChildren();
		this.onclose();
	}

	build() {
		this.hideValue();
		this.title = element("h2", {text: this.name, tabindex: "-1"});
		this.facts = element("dl");
		this.actions = element("div", {class: "actions"});
		this.valueButton = button(SHOW, () => this.showValue());
		this.value = element("output", {id: "value", class: "mono", hidden: true, "aria-label": "Value"});
		this.versions = element("tbody");
		this.readers = element("tbody");
		const head = (...names) => element("thead", {}, element("tr", {}, ...names.map((text) => element("th", {scope: "col", text}))));
		this.noReaders = element("p", {class: "faint", text: "Nobody has read it since the daemon began."});
		this.readersTable = element("table", {}, head("Program", "API", "Has", "Reads"), this.readers);
		this.host.replaceChildren(
			element("div", {class: "title"}, this.title, button("Close", () => this.close(), {class: "small"})),
			this.facts, this.actions,
			element("h3", {text: "Value"}), this.valueButton, this.value,
			element("h3", {text: "Versions"}),
			element("table", {id: "versions"}, head("Version", "Stage", "Since", "Use"), this.versions),
			element("h3", {text: "Readers"}), this.noReaders, this.readersTable);
		this.readersTable.hidden = true;
	}

	async update() {
		const {name} = this;
		if (name === null) {
			return;
		}
		const secret = this.model.secrets.get(name);
		if (secret?.metadata && !secret.metadata.versions) { // a list does not tell them
			await this.model.fetchSecret(name);
		}
		if (name !== this.name) {
			return;
		}
		const metadata = secret?.metadata;
		if (!metadata) {
			this.facts.replaceChildren(element("dt", {text: "State"}), element("dd", {text: "deleted for good"}));
			this.actions.replaceChildren();
			this.versions.replaceChildren();
			this.valueButton.hidden = true;
			this.hideValue();
			return;
		}
		const key = `${metadata.revision} ${metadata.versions.length} ${metadata.expired}`;
		if (key !== this.version) {
			this.version = key;
			this.valueButton.hidden = secret.isDeleted;
			this.showFacts(secret);
			this.showActions(secret);
			this.showVersions(secret);
		}
	}

	showFacts({metadata, isDeleted}) {
		const {rotation} = metadata;
		const facts = [
			["State", isDeleted ? `deleted; gone for good at ${instant(Date.parse(metadata.gone_at))}` : metadata.expired ? "expired" : "live"],
			["Lives for", metadata.ttl === null ? "ever (static)" : duration(metadata.ttl)],
			["Expires at", metadata.expires_at === null ? null : instant(Date.parse(metadata.expires_at))],
			["Rotation", rotation.strategy + (rotation.on_expiry ? ", on expiry" : ", by hand")],
			["Variable", metadata.env === false ? "none" : metadata.env],
			["Description", metadata.description],
			["Labels", Object.entries(metadata.labels).map(([label, text]) => `${label}=${text}`).join(", ")],
		];
		this.facts.replaceChildren(...facts.filter(([, text]) => text)
			.flatMap(([term, text]) => [element("dt", {text: term}), element("dd", {text})]));
	}

	doing(text, method, verb, body, more) {
		return button(text, () => trying(() => ask(method, path(verb, this.name), body)), more);
	}

	showActions({metadata, isDeleted}) {
		const staged = (stage) => metadata.versions.find(({stages}) => stages.includes(stage));
		const canRotate = metadata.rotation.strategy !== "none";
		const pending = staged("pending");
		const previous = staged("previous");
		const actions = isDeleted ? [this.doing("Restore", "POST", "restore", {}, {class: "main"})] : [
			canRotate && this.doing("Rotate", "POST", "rotate", {}, {class: "main"}),
			canRotate && !pending && this.doing("Rotate in two steps", "POST", "rotate", {pending: true}),
			pending && this.doing(`Promote v${pending.version}`, "POST", "promote", {version: pending.version}),
			pending && this.doing(`Discard v${pending.version}`, "POST", "discard", {version: pending.version}),
			previous && this.doing(`Roll back to v${previous.version}`, "POST", "promote", {version: previous.version}),
			button("Put a value", () => this.put()),
			button("Delete", () => this.delete(), {class: "danger"}),
		];
		renew(this.actions, actions.filter(Boolean), this.title);
	}

	showVersions({metadata, isDeleted}) {
		renew(this.versions, metadata.versions.toReversed().map(({version, stages, state, created_at: made, cause}) =>
			element("tr", {},
				cell(`v${version}`),
				element("td", {}, ...stages.map((stage) => element("span", {class: `stage ${stage}`, text: stage})), state === "live" ? "" : state),
				cell(`${instant(Date.parse(made))}, ${cause}`),
				element("td", {}, ...(state === "live" && !isDeleted && stages.length === 0
					? [this.doing(`Use v${version}`, "POST", "promote", {version}, {class: "small"})] : [])))), this.title);
	}

	async showValue() {
		const {name} = this;
		if (!this.value.hidden) {
			this.hideValue();
			return;
		}
		const said = await trying(() => ask("GET", path("secrets", name)));
		if (said === undefined || name !== this.name) {
			return;
		}
		this.value.textContent = said.value ?? `base64: ${said.value_base64}`;
		this.value.hidden = false;
		this.valueButton.textContent = "Hide value";
		this.hiding = setTimeout(() => this.hideValue(), SHOWN_MS);
	}

	hideValue() {
		clearTimeout(this.hiding);
		if (this.value !== undefined) {
			this.value.textContent = "";
			this.value.hidden = true;
			this.valueButton.textContent = SHOW;
		}
	}

	async fetchReaders() {
		const {name} = this;
		if (name === null || document.hidden) {
			return;
		}
		let said;
		try {
			said = await ask("GET", path("readers", name));
		} catch {
			return; // the stream of events says what is wrong
		}
		if (name !== this.name) {
			return;
		}
		this.noReaders.hidden = said.readers.length > 0;
		this.readersTable.hidden = said.readers.length === 0;
		this.readers.replaceChildren(...said.readers.map(({peer, api, version, stage, reads}) => {
			const isOld = version !== said.current && stage !== "pending";
			return element("tr", {}, cell(peer === navigator.userAgent ? "this page" : peer), cell(api),
				element("td", {class: isOld ? "bad" : null, text: `v${version}${isOld ? " (old)" : ""}`}), cell(reads));
		}));
	}

	put() {
		const {name} = this;
		askFor(`Put a value of ${name}`, "Put", [
			{name: "value", label: "New value; empty: the strategy makes it", kind: "textarea"},
		], ({value}) => (value === "" ? ask("POST", path("rotate", name), {}) : ask("PATCH", path("secrets", name), {value})));
	}

	delete() {
		const {name} = this;
		askFor(`Delete ${name}`, "Delete", [
			{name: "recover", label: "Can be restored for; empty: not at all", value: "7d"},
		], ({recover}) => ask("DELETE", path("secrets", name) + (recover === "" ? "" : `?recover=${encodeURIComponent(recover)}`)));
	}
}

export function askForNew(made) {
	return askFor("New secret", "Make", [
		{name: "name", label: "Name", required: true},
		{name: "value", label: "Value; empty: the strategy makes it", kind: "textarea"},
		{name: "ttl", label: "Lives for, such as 15m; empty: for ever"},
		{name: "strategy", label: "Strategy", options: STRATEGIES},
		{name: "on_expiry", label: "Rotate on expiry", kind: "checkbox"},
	], async ({name, value, ttl, strategy, on_expiry}) => {
		await ask("PUT", path("secrets", name), {
			...(value === "" ? {generate: true} : {value}),
			...(ttl === "" ? {} : {ttl}),
			rotation: {strategy, on_expiry},
		}, {"If-None-Match": "*"});
		made(name);
		say(`Made ${name}.`);
	});
}
