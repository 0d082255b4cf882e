// Puts the page together: the list of secrets, the time line, the clock, and the stream of events.

import {ask, Away, enter, Refused, stream} from "./broker.js";
import {Detail, askForNew} from "./detail.js";
import {say, trying} from "./dialog.js";
import {duration, element, find, instant, on, oncePerFrame, setText} from "./dom.js";
import {Model} from "./model.js";
import {Panels} from "./panels.js";
import {Rows} from "./rows.js";
import {AXIS, LANE, Timeline} from "./timeline.js";

const AGAIN_MS = [200, 500, 1000, 2000];
const model = new Model();
let names = [];
let selected = null;
let isOpen = false;

function fillRow(node, index) {
	const name = names[index];
	const secret = model.secrets.get(name);
	const {metadata} = secret;
	node.id = `row-${index}`;
	node.dataset.name = name;
	node.setAttribute("aria-selected", name === selected);
	node.setAttribute("aria-posinset", index + 1);
	node.setAttribute("aria-setsize", names.length);
	const [shown, left] = node.children;
	const [bar, text] = left.children;
	setText(shown, name);
	shown.title = name;
	const now = model.now();
	const ends = metadata?.gone_at ?? metadata?.expires_at ?? null;
	const rest = ends === null ? null : (Date.parse(ends) - now) / 1000;
	const isOver = metadata?.expired && metadata.gone_at === undefined;
	bar.hidden = rest === null || metadata.gone_at !== undefined;
	if (!bar.hidden) {
		bar.value = Math.min(1, Math.max(0, rest / metadata.ttl));
	}
	node.className = `row${metadata === null || secret.isDeleted ? " gone" : ""}${isOver ? " over" : ""}`;
	const version = `v${metadata?.version}`;
	setText(text, metadata === null ? "deleted"
		: secret.isDeleted ? `deleted, gone in ${duration(rest)}`
			: isOver ? `${version}, expired`
				: rest === null ? `${version}, static`
					: `${version}, ${metadata.rotation.on_expiry ? "rotates" : "expires"} in ${duration(rest)}`);
}

const makeRow = () => element("div", {class: "row", role: "option"}, element("span", {class: "name"}),
	element("span", {class: "left"}, element("progress", {max: 1, "aria-hidden": "true"}), element("span")));

const list = find("rows");
const rows = new Rows(list, LANE, AXIS, makeRow, fillRow);
const timeline = new Timeline(find("canvas"), model, rows, () => names);
const detail = new Detail(model, () => {
	selected = null;
	update();
	list.focus();
});
const panels = new Panels(model, () => isOpen);

list.addEventListener("scroll", () => timeline.draw(), {passive: true});

function select(index, opens) {
	if (names.length === 0) {
		return;
	}
	const at = Math.min(Math.max(index, 0), names.length - 1);
	selected = names[at];
	rows.reveal(at);
	list.setAttribute("aria-activedescendant", `row-${at}`);
	if (opens || detail.name !== null) {
		trying(() => detail.open(selected));
	}
}

list.addEventListener("click", (event) => {
	const row = event.target.closest(".row");
	if (row !== null) {
		select(names.indexOf(row.dataset.name), true);
	}
});
list.addEventListener("keydown", (event) => {
	const at = names.indexOf(selected);
	const page = Math.max(1, Math.floor(list.clientHeight / LANE) - 2);
	const step = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: names.length - 1}[event.key];
	if (step !== undefined) {
		event.preventDefault();
		select(step, false);
	} else if (event.key === "Enter" || event.key === " ") {
		event.preventDefault();
		select(Math.max(at, 0), true);
		detail.title?.focus();
	}
});
on("detail", "keydown", (event) => event.key === "Escape" && detail.close());
on("filter", "input", () => update());
on("new", "click", () => askForNew((name) => {
	find("filter").value = "";
	selected = name;
}));

const field = find("field");
const canvas = find("canvas");
const views = {
	"zoom-in": () => timeline.zoom(0.6),
	"zoom-out": () => timeline.zoom(1.7),
	earlier: () => timeline.pan(-timeline.width / 3),
	later: () => timeline.pan(timeline.width / 3),
	fit: () => timeline.fit(),
};
Object.entries(views).forEach(([id, act]) => on(id, "click", act));
field.addEventListener("wheel", (event) => {
	event.preventDefault();
	if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
		timeline.pan(event.deltaX || event.deltaY);
	} else {
		list.scrollTop += event.deltaY;
	}
}, {passive: false});

/** Calls move() while a pointer that was pressed on the node moves, and end() when it is released. */
function draggable(node, move, end) {
	let from = null;
	node.addEventListener("pointerdown", (event) => {
		if (event.target === node || event.target === canvas) {
			from = event.clientX;
			node.setPointerCapture(event.pointerId);
		}
	});
	node.addEventListener("pointermove", (event) => from !== null && move(event));
	node.addEventListener("pointerup", (event) => {
		if (from !== null) {
			end(event, Math.abs(event.clientX - from) < 3);
		}
		from = null;
	});
}

draggable(field, (event) => timeline.pan(-event.movementX), (event, isClick) => {
	const y = event.clientY - field.getBoundingClientRect().top - AXIS + list.scrollTop;
	if (isClick && y >= 0 && y < names.length * LANE) {
		select(Math.floor(y / LANE), true);
	}
});

const handle = find("handle");
const tip = find("tip");

timeline.ondrawn = (x) => {
	const at = timeline.target === null ? x : timeline.x(timeline.target);
	handle.style.left = `${at}px`;
	handle.hidden = model.clock?.mode !== "virtual" || at < -8 || at > timeline.width + 8;
	tip.hidden = timeline.target === null;
	if (!tip.hidden) {
		setText(tip, `to ${instant(timeline.target)}`);
		tip.style.left = `${Math.min(at + 12, Math.max(timeline.width - tip.offsetWidth - 4, 0))}px`;
	}
};

function aim(at) {
	timeline.follows = false;
	timeline.target = Math.max(Math.round(at), Math.ceil(model.now()));
	handle.setAttribute("aria-valuenow", Math.round(timeline.target / 1000));
	handle.setAttribute("aria-valuetext", instant(timeline.target));
	timeline.draw();
}

async function moveTo(at) {
	timeline.target = null;
	timeline.draw();
	if (at > model.now()) {
		await trying(async () => moved(await ask("PUT", "/v1/clock", {now: new Date(at).toISOString()})));
	}
}

function moved(clock) {
	model.takeClock(clock);
	const fired = ["rotated", "expired", "deleted"].filter((what) => clock[what] > 0).map((what) => `${clock[what]} ${what}`);
	say(`The clock stands at ${instant(model.clock.now)}: ${fired.length > 0 ? fired.join(", ") : "nothing was due"}.`);
}

draggable(handle, (event) => aim(timeline.at(event.clientX - field.getBoundingClientRect().left)),
	() => timeline.target !== null && moveTo(timeline.target));
handle.addEventListener("keydown", (event) => {
	const step = (timeline.to - timeline.from) / {ArrowRight: 100, ArrowLeft: -100, PageUp: 10, PageDown: -10}[event.key];
	if (!Number.isNaN(step)) {
		event.preventDefault();
		aim((timeline.target ?? model.now()) + step);
	} else if (event.key === "Enter" && timeline.target !== null) {
		moveTo(timeline.target);
	} else if (event.key === "Escape") {
		timeline.target = null;
		timeline.draw();
	}
});
on("step", "click", () => moveTo(model.clock.due));
on("clock-form", "submit", (event) => {
	event.preventDefault();
	trying(async () => moved(await ask("POST", "/v1/clock/advance", {by: find("by").value.trim()})));
});

function showClock() {
	const {clock} = model;
	const now = model.now();
	setText(find("now-text"), instant(Math.floor(now / 1000) * 1000));
	setText(find("due-text"), clock.due === null ? `${clock.mode} clock, nothing is due`
		: `${clock.mode} clock, next due in ${duration((clock.due - now) / 1000)}`);
	find("clock-form").hidden = clock.mode !== "virtual";
	find("step").disabled = clock.due === null;
	if (timeline.target === null) {
		handle.setAttribute("aria-valuenow", Math.round(now / 1000));
		handle.setAttribute("aria-valuetext", instant(now));
	}
}

function updateNow() {
	if (model.clock === null) {
		return;
	}
	const all = model.sorted();
	const text = find("filter").value.trim().toLowerCase();
	names = text === "" ? all : all.filter((name) => name.toLowerCase().includes(text));
	rows.setCount(names.length);
	setText(find("count"), `${names.length} of ${all.length} secrets`);
	find("empty").hidden = all.length > 0 || !isOpen;
	find("board").hidden = all.length === 0;
	showClock();
	panels.update();
	timeline.draw();
	trying(() => detail.update());
}

const update = oncePerFrame(updateNow);
model.onchange = update;
setInterval(() => !document.hidden && model.clock?.mode === "system" && update(), 1000);
addEventListener("focus", () => isOpen && trying(() => model.fetchClock())); // a move where nothing fires is no event

function showConnection(text, look = "") {
	find("connection").className = look;
	setText(find("connection"), text);
}

function end(title, text) {
	isOpen = false;
	if (detail.name !== null) {
		detail.close();
	}
	find("main").hidden = true;
	find("clock").hidden = true;
	find("closed").hidden = false;
	setText(find("closed-title"), title);
	setText(find("closed-text"), text);
	showConnection("Closed");
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });
const untilSeen = () => new Promise((done) => {
	if (!document.hidden) {
		done();
	} else {
		document.addEventListener("visibilitychange", () => done(), {once: true});
	}
});

/** Reads events until the stream ends. A hidden tab reads none. */
async function read() {
	await model.catchUp();
	if (model.stale.size > 0) {
		await model.refetch();
	}
	const leave = new AbortController();
	const onhide = () => document.hidden && leave.abort();
	document.addEventListener("visibilitychange", onhide);
	isOpen = true;
	showConnection("Live", "live");
	update();
	let isForgotten = false;
	try {
		await stream(model.seq, leave.signal, (event) => model.take(event, true), () => { isForgotten = true; });
	} finally {
		document.removeEventListener("visibilitychange", onhide);
	}
	if (isForgotten) {
		panels.clear();
		timeline.shown = null;
		await model.load();
	}
}

async function live() {
	let failures = 0;
	for (;;) {
		await untilSeen();
		try {
			await read();
			failures = 0;
		} catch (error) {
			if (error instanceof Refused && error.status === 401) {
				end("The daemon has ended", "This tab's access ended with it. Open a new one from a terminal:");
				return;
			}
			if (error instanceof Refused && error.status === 410) {
				await trying(() => model.load()); // too far behind: the events between are no longer kept
			} else if (error.name !== "AbortError") {
				isOpen = false;
				showConnection(error instanceof Away ? "The daemon is away; waiting for it …" : error.message);
				await pause(AGAIN_MS[Math.min(failures++, AGAIN_MS.length - 1)]);
			}
		}
	}
}

try {
	await enter();
	await model.load();
	await live();
} catch (error) {
	end(error instanceof Away ? "The daemon is away" : "This tab has no access",
		error instanceof Refused && error.status === 401
			? "The address lets one tab in, once, within 60 seconds. Open a new one from a terminal:"
			: `${error.message}. Open the page again from a terminal:`);
}
