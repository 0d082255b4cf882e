// What the page knows: the secrets, and for each of them the bars of its versions, folded from events.

import {ask, path, Refused} from "./broker.js";

const PAGE = 500; // events or secrets of one request
const EVENTS_SHOWN = 100000;
const REFETCH_MAX = 40; // so many secrets are asked for one by one; more are listed anew

/** The kinds of a bar: the version was made but not in force, in force, or in force and expired. */
export const PENDING = 0;
export const CURRENT = 1;
export const EXPIRED = 2;

class Secret {
	constructor() {
		this.metadata = null; // as GET /v1/metadata answers it; null: it is gone
		this.bars = []; // {kind, version, from, to}, by `from`; `to` is Infinity while it goes on
		this.open = null; // the bar in force
		this.pending = null;
		this.flash = 0; // when something last happened to it, for the eye
	}

	get isDeleted() {
		return this.metadata?.deleted_at !== undefined;
	}
}

function close(bar, at) {
	if (bar !== null) {
		bar.to = at;
	}
}

function fold(secret, event, at) {
	const {version} = event;
	const begin = (kind) => {
		close(secret.open, at);
		secret.open = {kind, version, from: at, to: Infinity};
		secret.bars.push(secret.open);
	};
	const endPending = () => {
		close(secret.pending, at);
		secret.pending = null;
	};
	switch (event.event) {
		case "created":
		case "rotated":
		case "promoted":
		case "restored":
			if (version > 0) {
				if (secret.pending !== null && secret.pending.version === version) {
					endPending();
				}
				begin(CURRENT);
			}
			break;
		case "updated":
			if (version > 0 && (secret.open === null || secret.open.version !== version)) {
				begin(CURRENT);
			}
			break;
		case "expired":
			begin(EXPIRED);
			break;
		case "pending":
			endPending();
			secret.pending = {kind: PENDING, version, from: at, to: Infinity};
			secret.bars.push(secret.pending);
			break;
		case "discarded":
			endPending();
			break;
		case "deleted":
		case "cleaned":
			close(secret.open, at);
			endPending();
			secret.open = null;
			break;
	}
}

export class Model {
	constructor() {
		this.onchange = () => {};
		this.clock = null; // {mode, now, due}, in milliseconds
		this.readAt = 0;
		this.clear();
	}

	clear() {
		this.secrets = new Map();
		this.names = [];
		this.events = [];
		this.seq = 0;
		this.stale = new Set();
		this.first = Infinity; // the first event's instant
	}

	secret(name) {
		let found = this.secrets.get(name);
		if (found === undefined) {
			found = new Secret();
			this.secrets.set(name, found);
			this.unsorted = true;
		}
		return found;
	}

	sorted() {
		if (this.unsorted) {
			this.unsorted = false;
			this.names = [...this.secrets.keys()].sort();
		}
		return this.names;
	}

	take(event, isLive) {
		const at = Date.parse(event.at);
		const secret = this.secret(event.name);
		fold(secret, event, at);
		this.seq = event.seq;
		this.first = Math.min(this.first, at);
		this.events.push(event);
		if (this.events.length > EVENTS_SHOWN * 1.1) {
			this.events.splice(0, this.events.length - EVENTS_SHOWN);
		}
		if (this.clock !== null && at > this.clock.now) {
			this.setNow(at);
		}
		if (isLive) {
			secret.flash = performance.now();
			this.stale.add(event.name);
			this.onchange();
			this.refetchSoon();
		}
	}

	setNow(at) {
		this.clock.now = at;
		this.readAt = performance.now();
	}

	/** GhostKey's now, in milliseconds: a virtual clock stands still. */
	now() {
		if (this.clock === null) {
			return Date.now();
		}
		const passed = this.clock.mode === "virtual" ? 0 : performance.now() - this.readAt;
		return this.clock.now + passed;
	}

	takeClock({mode, now, next_due: due}) {
		this.clock = {mode, now: Date.parse(now), due: due === null ? null : Date.parse(due)};
		this.readAt = performance.now();
		this.onchange();
	}

	async fetchClock() {
		this.takeClock(await ask("GET", "/v1/clock"));
	}

	async catchUp() {
		for (;;) {
			const {events} = await ask("GET", `/v1/events?after=${this.seq}&limit=${PAGE}`);
			for (const event of events) {
				this.take(event, false);
				this.stale.add(event.name);
			}
			if (events.length < PAGE) {
				return;
			}
			this.onchange();
		}
	}

	async listSecrets() {
		const seen = new Set();
		let after = "";
		do {
			const {secrets, next} = await ask(
				"GET", `/v1/secrets?deleted=include&limit=${PAGE}&after=${encodeURIComponent(after)}`);
			for (const each of secrets) {
				this.secret(each.name).metadata = {...each.metadata, expired: each.expired};
				seen.add(each.name);
			}
			after = next;
			this.onchange();
		} while (after !== null);
		for (const [name, secret] of this.secrets) {
			if (!seen.has(name)) {
				secret.metadata = null;
			}
		}
	}

	async load() {
		this.clear();
		await this.fetchClock();
		await this.catchUp();
		this.stale.clear();
		await this.listSecrets();
		this.onchange();
	}

	/** Asks again for what events were about; the events themselves are shown already. */
	refetchSoon() {
		if (this.refetching === undefined) {
			this.refetching = setTimeout(async () => {
				await this.refetch().catch(() => {}); // the stream says what is wrong
				this.refetching = undefined;
				if (this.stale.size > 0) {
					this.refetchSoon();
				}
			}, 30);
		}
	}

	async refetch() {
		const names = [...this.stale];
		this.stale.clear();
		await this.fetchClock();
		if (names.length > REFETCH_MAX) {
			await this.listSecrets();
		} else {
			await Promise.all(names.map((name) => this.fetchSecret(name)));
		}
		this.onchange();
	}

	async fetchSecret(name) {
		try {
			const said = await ask("GET", path("metadata", name));
			this.secret(name).metadata = {...said.metadata, expired: said.expired};
		} catch (error) {
			if (!(error instanceof Refused) || error.status !== 404) {
				throw error;
			}
			this.secret(name).metadata = null;
		}
	}
}
