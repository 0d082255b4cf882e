// GhostKey's own API: requests, and the stream of events. The token is in this module alone: not in
// the address, a cookie or the browser's storage. It ends with the tab or with the daemon.

let token = null;

export class Refused extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

export class Away extends Error {}

async function refusal(answer) {
	try {
		return new Refused(answer.status, (await answer.json()).detail);
	} catch {
		return new Refused(answer.status, `the daemon answered with ${answer.status}`);
	}
}

async function send(path, options) {
	let answer;
	try {
		answer = await fetch(path, {cache: "no-store", credentials: "omit", redirect: "error", ...options});
	} catch (error) {
		if (error.name === "AbortError") {
			throw error;
		}
		throw new Away("the daemon does not answer");
	}
	if (!answer.ok) {
		throw await refusal(answer);
	}
	return answer;
}

/** Takes the code out of the address and exchanges it for the tab's token. */
export async function enter() {
	const code = location.hash.slice(1);
	history.replaceState(null, "", location.pathname);
	if (code === "") {
		throw new Refused(401, "");
	}
	({token} = await ask("POST", "/v1/page-token", {code}));
}

export async function ask(method, path, body, headers = {}) {
	const answer = await send(path, {
		method,
		headers: {
			Authorization: `Bearer ${token}`,
			...(body && {"Content-Type": "application/json"}),
			...headers,
		},
		body: JSON.stringify(body),
	});
	return answer.json();
}

/** The path of a secret's operation. Names may hold '/', which stays as it is. */
export const path = (verb, name) =>
	`/v1/${verb}/` + name.split("/").map(encodeURIComponent).join("/");

/**
 * Calls take({seq, ...}) for each event after `after`, and reset() if the state was forgotten.
 * Returns when the stream ends.
 */
export async function stream(after, signal, take, reset) {
	const answer = await send(`/v1/events?after=${after}`, {
		headers: {Authorization: `Bearer ${token}`, Accept: "text/event-stream"},
		signal,
	});
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = "";
	for (;;) {
		const part = await reader.read();
		if (part.done) {
			return;
		}
		const messages = (rest + part.value).split("\n\n");
		rest = messages.pop();
		await new Promise(setTimeout); // many parts may be here already: a frame may go between
		for (const message of messages) {
			const data = /^data: ?(.*)$/m.exec(message);
			if (/^event: ?reset$/m.test(message)) {
				reset();
			} else if (data !== null) {
				take(JSON.parse(data[1]));
			}
		}
	}
}
