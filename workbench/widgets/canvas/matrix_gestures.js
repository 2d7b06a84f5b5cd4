// Pointer and keys on the matrix canvas: which cell is under them, and what they do.

import { clamp } from "./arrays.js";
import { cellShown, ranking } from "./matrix_cells.js";
import { cellLines, cellText } from "./matrix_words.js";

export class MatrixGestures {
  #hover = null; // {row, column} under the pointer
  #cursor = null; // [row, column] of the keys
  #byKeys = false;
  #pointer = null;

  // parts: model, data, page, selection; look() is {layout, ratio}, null before the first drawing
  constructor(parts, life) {
    Object.assign(this, parts);
    const { canvas } = this.page;
    life.on(canvas, "pointermove", (event) => this.#moved(event));
    life.on(canvas, "pointerdown", () => canvas.focus({ preventScroll: true }));
    life.on(canvas, "click", (event) => this.#clicked(event));
    life.on(canvas, "pointerleave", () => this.#left());
    life.on(canvas, "keydown", (event) => this.#key(event));
    life.on(canvas, "blur", () => {
      this.#byKeys = false;
      this.showTip();
    });
  }

  // the matrix has another size
  renumbered() {
    const { n } = this.data;
    if (this.#cursor?.some((k) => k >= n)) this.#cursor = null;
    if (this.#hover && Math.max(this.#hover.row, this.#hover.column) >= n) this.#hover = null;
  }

  // [row, column] of the cell that is pointed at, null for none
  get active() {
    if (this.#hover) return [this.#hover.row, this.#hover.column];
    return this.#byKeys ? this.#cursor : null;
  }

  #cellAt(event) {
    const { data } = this, { side, gap } = this.look()?.layout ?? {};
    if (!data.n || !side) return null;
    const { canvas } = this.page, rect = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - rect.left) * canvas.width) / rect.width);
    const y = Math.floor(((event.clientY - rect.top) * side) / rect.height);
    const panel = x >= side + gap ? 1 : 0, px = x - panel * (side + gap);
    const values = data.shown[panel]?.values;
    if (!values || px < 0 || px >= side || y < 0 || y >= side) return null;
    const [row, column] = cellShown(values, data.n, side, [px, y], ranking(data.diverging));
    return { row, column };
  }

  #moved(event) {
    const rect = this.page.root.getBoundingClientRect();
    this.#pointer = [event.clientX - rect.left, event.clientY - rect.top];
    this.#hover = this.#cellAt(event);
    this.#byKeys = false;
    this.#select();
    this.showTip();
  }

  #clicked(event) {
    const cell = this.#cellAt(event);
    if (!cell) return;
    this.#cursor = [cell.row, cell.column];
    this.#pick();
  }

  #pick() {
    const [u, v] = this.#cursor.map((row) => this.data.node(row));
    this.model.send({ type: "click", u, v });
  }

  #left() {
    this.#hover = null;
    this.#select();
    this.showTip();
  }

  #select() {
    this.selection.share((this.active ?? []).map((row) => this.data.node(row)));
  }

  #key(event) {
    const { n } = this.data;
    if (event.ctrlKey || event.metaKey || event.altKey || !n) return;
    const far = event.shiftKey ? 10 : 1, last = n - 1;
    const moves = {
      ArrowLeft: [0, -far], ArrowRight: [0, far], ArrowUp: [-far, 0], ArrowDown: [far, 0],
      Home: [0, -last], End: [0, last], PageUp: [-last, 0], PageDown: [last, 0],
    };
    const move = moves[event.key];
    if (move) {
      const selected = this.data.selectedRows();
      const from = this.#cursor ?? (selected.length === 2 ? selected : null);
      this.#cursor = from ? from.map((k, axis) => clamp(k + move[axis], 0, last)) : [0, 0];
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.#cursor) this.#pick();
    } else if (event.key === "Escape") this.#cursor = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#byKeys = true;
    this.#hover = null;
    this.#select();
    this.showTip();
    const spoken = this.active && this.#lines().map(([, text]) => text).join(", ");
    this.page.say(spoken ?? "Nothing selected");
  }

  #lines() {
    const { model, data, selection } = this, [row, column] = this.active;
    const u = data.node(row), v = data.node(column);
    const words = { unit: model.get("unit"), classes: model.get("classes"),
                    missing: model.get("missing"), value: (q) => data.value(q),
                    clipped: model.get("clipped") };
    return cellLines({
      names: [selection.name(u), selection.name(v)],
      rows: model.get("rows"), columns: model.get("columns"),
      shown: data.shown.filter(({ values }) => values)
        .map(({ values, caption }) => [caption, cellText(values[row * data.n + column], words)]),
      hints: selection.hintLines(u, v) });
  }

  showTip() {
    const { root, tip } = this.page, { active } = this, look = this.look();
    if (!active || !look) return tip.hide();
    const { left, top, height } = look.layout, cell = height / this.data.n;
    const place = this.#hover ? this.#pointer
      : [left + (active[1] + 0.5) * cell, top + (active[0] + 0.5) * cell];
    tip.show(this.#lines(), place, [root.clientWidth, root.clientHeight]);
  }
}
