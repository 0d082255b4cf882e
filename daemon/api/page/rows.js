// A list of which only the rows in sight are in the document, so its length costs nothing.

import {element, oncePerFrame} from "./dom.js";

export class Rows {
	/** fill(node, index) shows an item in a row; make() makes an empty row. */
	constructor(host, height, top, make, fill) {
		Object.assign(this, {host, height, top, make, fill, count: 0, nodes: []});
		this.sizer = element("div", {role: "presentation"});
		host.append(this.sizer);
		this.draw = oncePerFrame(() => this.drawNow());
		host.addEventListener("scroll", this.draw, {passive: true});
		new ResizeObserver(this.draw).observe(host);
	}

	setCount(count) {
		if (count !== this.count) {
			this.count = count;
			this.sizer.style.height = `${count * this.height}px`;
		}
		this.draw();
	}

	range() {
		const first = Math.max(0, Math.floor((this.host.scrollTop - this.top) / this.height));
		const shown = Math.ceil(this.host.clientHeight / this.height) + 2;
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
		const room = this.host.clientHeight - this.top - this.height;
		if (from < this.host.scrollTop) {
			this.host.scrollTop = from;
		} else if (from > this.host.scrollTop + room) {
			this.host.scrollTop = from - room;
		}
		this.draw();
	}
}
