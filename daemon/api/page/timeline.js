// The time line: one lane for each secret in sight, drawn on a canvas beside the list of secrets.

import {instant, oncePerFrame} from "./dom.js";
import {CURRENT, EXPIRED, PENDING} from "./model.js";

export const LANE = 44;
export const AXIS = 28;
const STEPS_S = [1, 5, 15, 60, 300, 900, 3600, 10800, 21600, 43200, 86400, 604800, 2592000, 7776000, 31536000];
const FLASH_MS = 900;
const DUE_GAP = 14; // pixels between two rotations ahead
const BEHIND = 8;
const NARROW = 5; // pixels: bars that are not as wide are drawn as one
const SHAPES = {
	rotates: [[0, -1], [1, 0], [0, 1], [-1, 0]],
	expires: [[-1, -1], [0, 0], [1, -1], [0, 0], [1, 1], [0, 0], [-1, 1], [0, 0]],
	gone: [[-1, -1], [1, -1], [0, 1]],
};

const isStill = matchMedia("(prefers-reduced-motion: reduce)");

export class Timeline {
	constructor(canvas, model, rows, names) {
		Object.assign(this, {canvas, model, rows, names, width: 0, from: 0, to: 1, follows: true, target: null, shown: null});
		this.pen = canvas.getContext("2d");
		this.draw = oncePerFrame(() => this.drawNow());
		const renew = () => requestAnimationFrame(() => { // after the rows
			this.isOld = true;
			this.draw();
		});
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renew);
		new ResizeObserver(renew).observe(canvas);
	}

	/** Takes its size and colours. */
	renew() {
		const style = getComputedStyle(document.documentElement);
		this.isOld = false;
		const known = {};
		this.colour = (name) => known[name] ??= style.getPropertyValue(`--${name}`).trim();
		this.width = this.canvas.clientWidth;
		this.height = this.canvas.clientHeight;
		this.canvas.width = Math.round(this.width * devicePixelRatio);
		this.canvas.height = Math.round(this.height * devicePixelRatio);
	}

	x(at) {
		return ((at - this.from) / (this.to - this.from)) * this.width;
	}

	at(x) {
		return this.from + (x / this.width) * (this.to - this.from);
	}

	fit() {
		this.follows = true;
		this.draw();
	}

	/** Around "now", if it is in sight. */
	zoom(factor) {
		const x = Math.min(Math.max(this.x(this.model.now()), 0), this.width);
		const span = Math.min(Math.max((this.to - this.from) * factor, 2000), 3e12);
		this.set(this.at(x) - (x / this.width) * span, span);
	}

	pan(pixels) {
		this.set(this.from + (pixels / this.width) * (this.to - this.from), this.to - this.from);
	}

	set(from, span) {
		this.follows = false;
		this.from = from;
		this.to = from + span;
		this.draw();
	}

	follow(now) {
		const {first, clock} = this.model;
		const begin = Math.min(first, now);
		const due = (clock?.due ?? now) - now;
		const past = Math.max(now - begin, Math.min(due / 2, 4e6), 6e4);
		const ahead = Math.max(past * 0.35, Math.min(due * 1.3, past * 3), 3e4);
		this.from = now - past * 1.04;
		this.to = now + ahead;
	}

	/** Where "now" is drawn: it glides to where the clock stands. */
	glide() {
		const now = this.model.now();
		if (this.shown === null || isStill.matches || Math.abs(now - this.shown) < 1500) {
			this.shown = now;
		} else {
			this.shown += (now - this.shown) * 0.22;
			if (Math.abs(this.x(now) - this.x(this.shown)) < 0.5) {
				this.shown = now;
			}
			this.draw();
		}
		return this.shown;
	}

	drawNow() {
		if (this.isOld) {
			this.renew();
		}
		if (this.width === 0 || this.model.clock === null) {
			return;
		}
		const {pen} = this;
		const now = this.glide();
		if (this.follows) {
			this.follow(now);
		}
		const ratio = this.canvas.width / this.width;
		pen.setTransform(ratio, 0, 0, ratio, 0, 0);
		pen.clearRect(0, 0, this.width, this.height);
		this.drawGrid();
		const [first, end] = this.rows.range();
		pen.save();
		pen.beginPath();
		pen.rect(0, AXIS, this.width, this.height);
		pen.clip();
		for (let at = first; at < end; at++) {
			this.drawLane(this.model.secrets.get(this.names()[at]), AXIS + at * LANE - this.rows.scroll, now);
		}
		pen.restore();
		this.drawInstant(now, 2, []);
		if (this.target !== null) {
			this.drawInstant(this.target, 1, [4, 4]);
		}
		this.ondrawn?.(this.x(now));
	}

	drawGrid() {
		const {pen} = this;
		const step = 1000 * (STEPS_S.find((each) => (each * 1000) / (this.to - this.from) * this.width >= 110) ?? STEPS_S.at(-1));
		pen.font = "12px system-ui, sans-serif";
		pen.textBaseline = "middle";
		pen.textAlign = "left";
		for (let at = Math.ceil(this.from / step) * step; at < this.to; at += step) {
			const x = Math.round(this.x(at)) + 0.5;
			const text = instant(at);
			this.lines("line", 1, [x, 6, x, this.height]);
			pen.fillStyle = this.colour("soft");
			pen.fillText(step >= 86400000 || at % 86400000 === 0 ? text.slice(0, 10) : text.slice(11, step < 60000 ? 19 : 16), x + 5, AXIS / 2);
		}
		this.lines("line", 1, [0, AXIS - 0.5, this.width, AXIS - 0.5]);
	}

	drawInstant(at, width, dashes) {
		const x = Math.round(this.x(at)) + 0.5;
		this.pen.setLineDash(dashes);
		this.lines("now", width, [x, 0, x, this.height]);
		this.pen.setLineDash([]);
	}

	lines(colour, width, ...ends) {
		const {pen} = this;
		pen.strokeStyle = this.colour(colour);
		pen.lineWidth = width;
		pen.beginPath();
		for (const [x, y, toX, toY] of ends) {
			pen.moveTo(x, y);
			pen.lineTo(toX, toY);
		}
		pen.stroke();
	}

	drawLane(secret, top, now) {
		const {pen} = this;
		if (secret === undefined) {
			return;
		}
		const age = performance.now() - secret.flash;
		if (secret.flash > 0 && age < FLASH_MS) {
			pen.globalAlpha = isStill.matches ? 0.12 : 0.22 * (1 - age / FLASH_MS);
			pen.fillStyle = this.colour("now");
			pen.fillRect(0, top, this.width, LANE);
			pen.globalAlpha = 1;
			this.draw();
		}
		this.lines("line", 1, [0, top + LANE - 0.5, this.width, top + LANE - 0.5]);
		this.drawBars(secret, top, now);
		if (secret.metadata !== null) {
			this.drawAhead(secret, top, now);
		}
	}

	drawBars({bars}, top, now) {
		let low = 0;
		let high = bars.length;
		while (low < high) { // the first bar that begins in sight
			const middle = (low + high) >> 1;
			if (bars[middle].from < this.from) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		const shown = [];
		const dense = []; // by its kind, the last bar that stands for several
		let before = null;
		for (let at = Math.max(0, low - BEHIND); at < bars.length && bars[at].from < this.to; at++) {
			const {kind, version, from: begin, to: end} = bars[at];
			const from = Math.max(this.x(begin), -4);
			const to = Math.min(this.x(Math.min(end, now)), this.width + 4);
			const hasPrevious = kind !== PENDING && before !== null && version !== before.version;
			if (kind === CURRENT || (kind === EXPIRED && before === null)) {
				before = bars[at];
			}
			if (to < 0) {
				continue;
			}
			const isNarrow = to - from < NARROW;
			if (isNarrow && from - dense[kind]?.to < NARROW) {
				Object.assign(dense[kind], {to, version: 0, hasPrevious: kind !== PENDING});
				continue;
			}
			const bar = {kind, version, from, to, hasPrevious};
			dense[kind] = isNarrow ? bar : undefined;
			shown.push(bar);
		}
		shown.forEach((bar) => this.drawBar(bar, top));
	}

	drawBar({kind, version, from, to, hasPrevious}, top) {
		const {pen} = this;
		const width = Math.max(to - from, 1.5);
		if (hasPrevious) { // the version before this one: a thin line below
			pen.fillStyle = this.colour("previous");
			pen.fillRect(from, top + 33, Math.max(width - 1, 1), 4);
		}
		pen.save();
		pen.beginPath();
		if (kind === PENDING) {
			pen.strokeStyle = this.colour("pending");
			pen.setLineDash([5, 3]);
			pen.lineWidth = 2;
			pen.roundRect(from + 1, top + 3, Math.max(width - 2, 3), 9, 3);
			pen.stroke();
		} else if (kind === EXPIRED) {
			pen.roundRect(from + 0.5, top + 14.5, Math.max(width - 2, 2), 15, 3);
			pen.strokeStyle = this.colour("expired");
			pen.stroke();
			pen.clip();
			pen.beginPath();
			for (let x = from - 16 - (from % 7); x < from + width; x += 7) {
				pen.moveTo(x, top + 30);
				pen.lineTo(x + 16, top + 14);
			}
			pen.stroke();
		} else {
			pen.fillStyle = this.colour("current");
			pen.roundRect(from, top + 14, Math.max(width - 1.5, 1.5), 16, 3);
			pen.fill();
		}
		if (width > 26 && kind === CURRENT && version > 0) {
			pen.clip();
			pen.font = "600 11px system-ui, sans-serif";
			pen.fillStyle = this.colour("on-current");
			pen.textBaseline = "middle";
			pen.fillText(`v${version}`, Math.max(from, 0) + 5, top + 22.5);
		}
		pen.restore();
	}

	/** What is due: a diamond where it rotates, a cross where it expires, a triangle where it is gone. */
	drawAhead(secret, top, now) {
		const {expires_at: expires, gone_at: gone, ttl, rotation, expired} = secret.metadata;
		const {pen} = this;
		const y = top + 22;
		const due = gone !== undefined ? Date.parse(gone) : expires === null ? null : Date.parse(expires);
		pen.save();
		const colour = gone !== undefined ? "expired" : "current";
		const until = due === null ? this.to : due;
		if (!expired && until > now) {
			pen.globalAlpha = 0.45;
			pen.setLineDash([2, 4]);
			this.lines(colour, 2, [Math.max(this.x(now), 0), y, Math.min(this.x(until), this.width), y]);
			pen.setLineDash([]);
			pen.globalAlpha = 1;
		}
		pen.lineWidth = 2;
		pen.strokeStyle = this.colour(colour);
		if (due !== null && due > now) {
			this.drawDue(this.x(due), y, gone !== undefined ? "gone" : rotation.on_expiry ? "rotates" : "expires", 6);
			const gap = (ttl * 1000 / (this.to - this.from)) * this.width;
			if (rotation.on_expiry && gone === undefined && gap >= DUE_GAP) {
				pen.globalAlpha = 0.55;
				for (let x = this.x(due) + gap; x < this.width; x += gap) {
					this.drawDue(x, y, "rotates", 4);
				}
			}
		}
		pen.restore();
	}

	drawDue(x, y, what, size) {
		const {pen} = this;
		pen.beginPath();
		for (const [dx, dy] of SHAPES[what]) {
			pen.lineTo(x + dx * size, y + dy * size);
		}
		pen.closePath();
		pen.fillStyle = this.colour("card");
		pen.fill();
		pen.stroke();
	}
}
