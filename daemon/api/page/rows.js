// A list of which only the rows in sight are in the document, so its length costs nothing.

import {element, oncePerFrame} from "./dom.js";

export class Rows {
	/** fill(node, index) shows an item in a row; make() makes an empty row. */
	constructor(host, height, top, make, fill) {
		Object.assign(this, {host, height, top, make, fill, count: 0, nodes: [], scroll: 0, room: 0});
		this.sizer = element("div", {role: "presentation"});
		host.append(this.sizer);
		this.draw = oncePerFrame(() => this.drawNow());
		host.addEventListener("scroll", () => this.look(), {passive: true});
		new ResizeObserver(() => this.look()).observe(host);
	}

	/** Keeps what is in sight: to ask while rows are filled would lay the page out again. */
	look() {
		this.scroll = this.host.scrollTop;
		this.room = this.host.clientHeight;
		this.draw();
	}

	setCount(count) {
		if (count !== this.count) {
			this.count = count;
			this.sizer.style.height = `${count * this.height}px`;
		}
		this.draw();
	}

	range() {
		const first = Math.max(0, Math.floor((this.scroll - this.top) / this.height));
		const shown = Math.ceil(this.room / this.height) + 2;
		return [first, Math.min(this.count, first + shown)];
	}

	drawNow() {
		const [first, end] = this.range();
		while (this.nodes.length < end - first) {
			const node = this.make();
			this.nodes.push(node);
			this.host.append(node);
		}
		this.nodes.forEach((node, at) => {
			const index = first + at;
			node.hidden = index >= end;
			if (!node.hidden) {
				node.style.transform = `translateY(${this.top + index * this.height}px)`;
				this.fill(node, index);
			}
		});
	}

	reveal(index) {
		const from = index * this.height;
		const last = from + this.top + this.height - this.room;
		this.host.scrollTop = Math.min(from, Math.max(last, this.scroll));
		this.draw();
	}
}
