// Rounds of a color refinement: a slider that recolors the graphs, and the counts of each color.

import { clamp } from "./arrays.js";
import { css, entry, inkOn } from "./colors.js";
import { button, element, widgetRoot } from "./elements.js";
import { heldModel } from "./held_models.js";
import { Lifetime } from "./lifetime.js";
import { columnsShown, countWords, RoundsData, SIDES } from "./rounds_data.js";

const DATA = ["nodes_a", "nodes_b", "pairs_a", "pairs_b", "counts", "length", "num_colors", "palette",
              "items", "marks_pairs", "numbered", "witness", "witness_from"];

// The browser alone moves these traits of a canvas: set with model.set, they would travel to the
// kernel with the next message about something else.
function show(target, traits) {
  if (!target) return;
  for (const [name, value] of Object.entries(traits)) {
    target.attributes[name] = value;
    target.trigger(`change:${name}`, target, value);
  }
  target.trigger("change", target, {});
}

function stepButton(parent, text, label, action) {
  const made = button("wb-button", parent, label, action);
  made.textContent = text;
  return made;
}

class RoundsView {
  constructor(model, el) {
    this.model = model;
    this.life = new Lifetime();
    this.data = new RoundsData(model);
    this.marked = null; // the color under the hand
    this.targets = {};
    this.build(el);
    this.read();
    let old = false;
    const outdate = () => (old = true);
    this.life.onModel(model, {
      ...Object.fromEntries(DATA.map((name) => [name, outdate])),
      position: () => this.draw(),
      change: () => {
        if (old) this.read();
        old = false;
      },
    });
    this.connect();
  }

  async connect() {
    for (const name of ["graph_a", "graph_b", "matrix_a", "matrix_b"]) {
      this.targets[name] = await heldModel(this.model, name);
    }
    if (!this.life.gone) this.draw();
  }

  build(el) {
    const root = (this.root = widgetRoot("wb-rounds", el)), { life } = this;
    const row = element("div", "wb-rounds-row", root);
    const step = (by) => () => this.go(this.data.position + by);
    this.back = stepButton(row, "‹", "one round back", step(-1));
    this.forward = stepButton(row, "›", "one round further", step(1));
    this.slider = element("input", "", row);
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "round of the refinement");
    life.on(this.slider, "input", () => this.go(this.slider.valueAsNumber));
    life.on(root, "keydown", (event) => event.stopPropagation());
    const where = element("div", "wb-rounds-where", row);
    this.count = element("b", "", where);
    this.note = element("span", "", where);
    const plot = element("div", "wb-rounds-plot", root);
    const names = element("div", "wb-rounds-names", plot);
    element("span", "", names, "a");
    this.what = element("span", "", names, "color");
    element("span", "", names, "b");
    this.columns = element("div", "wb-rounds-columns", plot);
    life.on(this.columns, "pointerleave", () => this.mark(null));
  }

  read() {
    const { data, slider } = this;
    data.read();
    this.marked = null;
    slider.max = Math.max(1, data.length);
    slider.disabled = data.length === 0;
    this.draw();
  }

  // The canvases move in this frame; the kernel hears once that is painted (see the tape bar).
  go(position) {
    const next = clamp(position, 0, this.data.length);
    if (next === this.data.position) return;
    this.model.set("position", next);
    this.life.cancel(this.telling);
    this.telling = this.life.later(() => this.model.save_changes(), 40);
  }

  draw() {
    const { data, slider } = this, { position, length } = data;
    if (slider.valueAsNumber !== position) slider.value = position;
    this.back.disabled = position <= 0;
    this.forward.disabled = position >= length;
    const colors = data.colorsOf(position), shown = columnsShown(colors);
    this.count.textContent = `round ${position} of ${length}`;
    this.note.textContent = countWords(colors);
    slider.setAttribute("aria-valuetext", `round ${position} of ${length}, ${this.note.textContent}`);
    const rest = colors.length - shown.length, items = this.model.get("items");
    this.what.textContent = rest ? `color (${rest} more not shown)` : `color, count of ${items}`;
    this.drawColumns(shown, Math.max(1, ...colors.map(({ a, b }) => Math.max(a, b))));
    this.recolor();
  }

  drawColumns(shown, most) {
    const active = document.activeElement;
    const focused = this.columns.contains(active) ? active.dataset.color : null;
    this.columns.replaceChildren();
    const items = this.model.get("items");
    for (const { color, a, b } of shown) {
      const differs = a === b ? "" : " (not equal)";
      const label = `color ${color}: ${a} ${items} in a, ${b} in b${differs}`;
      const column = button("wb-rounds-column", this.columns, label);
      column.dataset.color = color;
      column.classList.toggle("wb-differs", a !== b);
      const paint = entry(this.data.table, color % 256), back = css(paint);
      const bar = (count, className) => {
        const space = element("span", `wb-rounds-space ${className}`, column);
        const one = element("span", "wb-rounds-bar", space);
        one.style.height = count ? `max(2px, ${(100 * count) / most}%)` : 0;
        one.style.background = back;
        element("span", "wb-rounds-number", space, count);
      };
      bar(a, "wb-rounds-up");
      const chip = element("span", "wb-rounds-chip", column, color);
      chip.style.background = back;
      chip.style.color = inkOn(paint);
      bar(b, "wb-rounds-down");
      column.addEventListener("pointerenter", () => this.mark(color));
      column.addEventListener("focus", () => this.mark(color));
      column.addEventListener("blur", () => this.mark(null));
      if (String(color) === focused) column.focus({ preventScroll: true });
    }
  }

  recolor() {
    const { data } = this, r = data.position, numbered = this.model.get("numbered");
    SIDES.forEach((side, k) => {
      const nodes = data.nodes[k](r), pairs = data.pairs[k](r);
      const texts = numbered ? Array.from(nodes, (c) => (Number.isNaN(c) ? "" : String(c))) : [];
      show(this.targets[`graph_${side}`], { node_values: nodes, texts });
      const levels = new Uint8Array(pairs.length + 1);
      levels.set(pairs, 1);
      show(this.targets[`matrix_${side}`], { values: levels });
    });
    this.highlight();
  }

  mark(color) {
    if (this.marked === color) return;
    this.marked = color;
    this.highlight();
  }

  // the nodes and the pairs of the color under the hand; else the witness
  highlight() {
    const { model, data, marked } = this, r = data.position;
    const from = model.get("witness_from"), witness = model.get("witness");
    SIDES.forEach((side, k) => {
      let ringed = [], rows = [];
      if (marked !== null) {
        data.nodes[k](r).forEach((c, v) => c === marked && ringed.push(v));
        if (model.get("marks_pairs") && marked < 255) rows = data.pairsOf(k, r, marked);
      } else if (from >= 0 && r >= from) ringed = witness[k] ?? [];
      show(this.targets[`graph_${side}`], {
        ringed, methods: rows.length ? ["pairs of this color"] : [], candidates: Int32Array.from(rows) });
    });
  }

  destroy() {
    this.life.end();
    this.root.remove();
  }
}

function render({ model, el }) {
  const view = new RoundsView(model, el);
  return () => view.destroy();
}

export default { render };
