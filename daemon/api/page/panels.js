// The panels below the time line: events, requests and faults.

import {ask} from "./broker.js";
import {element, find, instant, renew} from "./dom.js";
import {askFor, trying} from "./dialog.js";
import {Rows} from "./rows.js";

const LINE = 26;
const POLL_MS = 500;
const REQUESTS_KEPT = 1000;
const EFFECTS = {
	"unavailable (503)": {error: "unavailable"}, "throttled (429)": {error: "throttled"}, "internal (500)": {error: "internal"},
	sealed: {error: "sealed"}, "1 s late": {delay: "1s"}, "no answer": {drop: "before"}, "done, no answer": {drop: "after"},
	"cut short": {truncate: 10}, "stale value": {stale: true},
};

const makeLine = () => element("div", {class: "line"}, element("time"), element("b"), element("span", {class: "grow"}), element("span", {class: "faint"}));

function fillLine(node, [time, what, name, more], isBad) {
	[time, what, name, more].forEach((text, at) => { node.children[at].textContent = text; });
	node.children[1].className = isBad ? "bad" : "";
}

function tabs(onshow) {
	const list = [...document.querySelectorAll("[role=tab]")];
	const show = (chosen) => {
		for (const tab of list) {
			tab.setAttribute("aria-selected", tab === chosen);
			tab.tabIndex = tab === chosen ? 0 : -1;
			find(tab.getAttribute("aria-controls")).hidden = tab !== chosen;
		}
		onshow(chosen.getAttribute("aria-controls"));
	};
	list.forEach((tab, at) => {
		tab.addEventListener("click", () => show(tab));
		tab.addEventListener("keydown", (event) => {
			const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
			if (step !== undefined) {
				const next = list[(at + step + list.length) % list.length];
				next.focus();
				show(next);
			}
		});
	});
}

export class Panels {
	constructor(model, isOpen) {
		Object.assign(this, {model, isOpen, requests: [], seq: 0, shown: "events"});
		this.events = new Rows(find("events"), LINE, 0, makeLine, (node, index) => {
			const event = model.events[model.events.length - 1 - index];
			fillLine(node, [instant(Date.parse(event.at)), event.event, event.name, `v${event.version} ${event.cause}${event.reason ? `: ${event.reason}` : ""}`],
				event.event === "failed" || event.event === "expired");
		});
		this.asked = new Rows(find("requests"), LINE, 0, makeLine, (node, index) => {
			const {at, api, operation, name, status, us, peer, fault} = this.requests[this.requests.length - 1 - index];
			fillLine(node, [instant(Date.parse(at)).slice(11), status ?? "closed", `${api} ${operation ?? "–"} ${name ?? ""}`,
				`${(us / 1000).toFixed(1)} ms${fault === null ? "" : `, fault ${fault}`}, ${peer.slice(0, 60)}`], status === null || status >= 400);
		});
		this.rules = element("ul");
		find("faults").append(this.rules, element("button", {class: "main", text: "Add fault", onclick: () => this.askForFault()}));
		tabs((shown) => {
			this.shown = shown;
			this.poll();
		});
		setInterval(() => this.poll(), POLL_MS);
	}

	update() {
		this.events.setCount(this.model.events.length);
	}

	clear() {
		this.requests = [];
		this.seq = 0;
	}

	/** Requests and faults have no stream: they are asked for while somebody looks at them. */
	async poll() {
		if (!this.isOpen() || document.hidden || this.isPolling) {
			return;
		}
		this.isPolling = true;
		try {
			if (this.shown === "requests") {
				const {requests, next} = await ask("GET", `/v1/requests?after=${this.seq}&limit=1000`);
				this.seq = next;
				this.requests.push(...requests.filter(({peer}) => peer !== navigator.userAgent)); // not this page's own
				this.requests.splice(0, this.requests.length - REQUESTS_KEPT);
				this.asked.setCount(this.requests.length);
			} else if (this.shown === "faults") {
				this.showFaults((await ask("GET", "/v1/faults")).faults);
			}
		} catch {
			// the stream of events says what is wrong
		} finally {
			this.isPolling = false;
		}
	}

	showFaults(faults) {
		const key = JSON.stringify(faults);
		if (key === this.faultsKey) {
			return;
		}
		this.faultsKey = key;
		const words = (thing) => Object.entries(thing).map(([name, value]) => `${name} ${value}`).join(", ");
		renew(this.rules, faults.map(({id, match, effect, when, fired, matched}) => element("li", {},
			element("b", {text: id}),
			element("span", {text: `${words(match) || "every request"}: ${words(effect)}${Object.keys(when).length > 0 ? `; ${words(when)}` : ""}`}),
			element("span", {class: "faint", text: `fired ${fired} of ${matched}`}),
			element("button", {class: "small", text: `Remove ${id}`, onclick: () => trying(async () => {
				await ask("DELETE", `/v1/faults/${encodeURIComponent(id)}`);
				await this.poll();
			})}))), find("faults").lastChild);
		if (faults.length === 0) {
			this.rules.append(element("li", {class: "faint", text: "No fault. Add one, and see what your app does."}));
		}
	}

	askForFault() {
		askFor("New fault", "Add", [
			{name: "id", label: "Id", value: "fault", required: true},
			{name: "api", label: "API", options: ["any", "ghostkey", "vault", "aws", "credential"]},
			{name: "operation", label: "Operation", options: ["any", "read", "write", "rotate", "delete", "list", "login"]},
			{name: "name", label: "Name, such as app/**; empty: any"},
			{name: "effect", label: "What happens", options: Object.keys(EFFECTS)},
			{name: "times", label: "How often; empty: always", kind: "number"},
		], async ({id, effect, times, ...match}) => {
			await ask("PUT", `/v1/faults/${encodeURIComponent(id)}`, {
				match: Object.fromEntries(Object.entries(match).filter(([, text]) => text !== "" && text !== "any")),
				effect: EFFECTS[effect],
				...(times === "" ? {} : {when: {times: Number(times)}}),
			});
			await this.poll();
		});
	}
}
