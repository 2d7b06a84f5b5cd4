// Losses of runs against the epoch; the pointer or the arrow keys choose an epoch and tell its values.

import { clamp } from "./arrays.js";
import { element, liveRegion, setText, widgetRoot } from "./elements.js";
import { Lifetime } from "./lifetime.js";
import { linePath, LossData, ticks } from "./loss_data.js";
import { number } from "./numbers.js";
import { Tip } from "./tip.js";

const SVG = "http://www.w3.org/2000/svg";
const RIGHT = 10, TOP = 8, BOTTOM = 34; // pixels around the lines; the numbers say how many left
const TRAITS = ["groups", "epochs", "losses", "styles", "quantity", "height"];

function shape(tag, attributes, parent, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

class LossView {
  #chosen = -1;

  constructor(model, el) {
    this.model = model;
    const life = (this.life = new Lifetime());
    const root = (this.root = widgetRoot("wb-losses", el));
    const head = element("div", "wb-losses-head", root);
    this.title = element("b", "", head);
    this.legend = element("span", "wb-losses-legend", head);
    const svg = (this.svg = shape("svg", { class: "wb-losses-plot", tabindex: 0, role: "application" }, root));
    svg.setAttribute("aria-roledescription", "curves");
    this.tip = new Tip(root);
    this.live = liveRegion(root);
    let old = true;
    life.onModel(model, {
      ...Object.fromEntries(TRAITS.map((name) => [name, () => (old = true)])),
      change: () => {
        if (old) this.draw();
        old = false;
      },
    });
    life.on(svg, "pointermove", (event) => this.point(event));
    life.on(svg, "pointerleave", () => this.choose(-1));
    life.on(svg, "blur", () => this.choose(-1));
    life.on(svg, "keydown", (event) => this.press(event));
    const resize = new ResizeObserver(() => this.draw());
    resize.observe(root);
    life.atEnd(() => resize.disconnect());
  }

  draw() {
    const { model, svg, legend } = this, names = ["groups", "epochs", "losses"];
    const data = (this.data = new LossData(Object.fromEntries(names.map((name) => [name, model.get(name)]))));
    const styles = model.get("styles"), quantity = model.get("quantity");
    setText(this.title, quantity);
    legend.replaceChildren();
    for (const { name, lines } of data.groups) this.key(styles[name], lines.length > 1 ? `${name} (mean of ${lines.length})` : name);
    svg.setAttribute("aria-label", data.label(quantity));
    const width = Math.max(120, this.root.clientWidth), height = model.get("height");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    Object.assign(svg.style, { width: `${width}px`, height: `${height}px` });
    svg.replaceChildren();
    if (data.last < 0) return;
    const rows = ticks(data.high, 4), texts = rows.map((x) => number(x, { digits: 3 }));
    const left = 12 + 7 * Math.max(...texts.map((text) => text.length));
    const across = width - left - RIGHT, down = height - TOP - BOTTOM;
    this.x = (share) => left + across * share;
    this.y = (loss) => TOP + down * (1 - loss / data.high);
    this.shareAt = (pixels) => clamp((pixels - left) / across, 0, 1);
    rows.forEach((loss, k) => {
      shape("path", { d: `M${left} ${this.y(loss)}h${across}`, class: "wb-losses-grid" }, svg);
      this.text(left - 6, this.y(loss) + 4, texts[k], "end");
    });
    for (const k of new Set([0, data.nearest(0.5), data.last])) {
      const anchor = k && k === data.last ? "end" : k ? "middle" : "start";
      this.text(this.x(data.share(k)), height - BOTTOM + 14, String(data.epochs[k]), anchor);
    }
    this.text(left + across / 2, height - 4, "epoch", "middle");
    for (const { name, lines, mean } of data.groups) {
      const [color, dash] = styles[name], path = (line) => linePath(
        Array.from(line, (loss, k) => [this.x(data.share(k)), this.y(loss)]));
      const thin = { stroke: color, "stroke-opacity": 0.4, "stroke-width": 1 };
      if (lines.length > 1) for (const line of lines) shape("path", { d: path(line), ...thin }, svg);
      const thick = { stroke: color, "stroke-width": 2.5, "stroke-dasharray": dash };
      shape("path", { d: path(mean), ...thick, class: "wb-losses-mean" }, svg);
    }
    this.cursor = shape("path", { class: "wb-losses-cursor" }, svg);
    this.choose(Math.min(this.#chosen, data.last));
  }

  key([color, dash], text) {
    const one = element("span", "wb-losses-key", this.legend);
    const line = shape("svg", { viewBox: "0 0 26 4", width: 26, height: 4, "aria-hidden": "true" }, one);
    shape("path", { d: "M0 2h26", stroke: color, "stroke-width": 2.5, "stroke-dasharray": dash }, line);
    one.append(text);
  }

  text(x, y, text, anchor) {
    shape("text", { x, y, "text-anchor": anchor }, this.svg, text);
  }

  point(event) {
    if (this.data.last < 0) return;
    this.choose(this.data.nearest(this.shareAt(event.clientX - this.svg.getBoundingClientRect().left)));
  }

  press(event) {
    const { last } = this.data, now = this.#chosen;
    const to = { ArrowLeft: now < 0 ? last : now - 1, ArrowRight: now + 1, Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    this.choose(to < 0 && event.key !== "Escape" ? 0 : Math.min(to, last));
    this.live.textContent = this.#chosen < 0 ? "" : this.data.words(this.#chosen).map(([, text]) => text).join("; ");
  }

  // the epoch whose values are told; -1 for none
  choose(k) {
    this.#chosen = k;
    if (!this.cursor) return;
    if (k < 0) {
      this.cursor.setAttribute("d", "");
      this.tip.hide();
      return;
    }
    const { data, svg, root } = this, x = this.x(data.share(k));
    this.cursor.setAttribute("d", `M${x} ${TOP}V${svg.clientHeight - BOTTOM}`);
    const top = svg.getBoundingClientRect().top - root.getBoundingClientRect().top;
    this.tip.show(data.words(k), [x, top + TOP], [root.clientWidth, root.clientHeight]);
  }

  destroy() {
    this.life.end();
    this.root.remove();
  }
}

function render({ model, el }) {
  const view = new LossView(model, el);
  return () => view.destroy();
}

export default { render };
