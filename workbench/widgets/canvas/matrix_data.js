// The matrix as arrays: what is shown, and which node a row belongs to.

import { typed } from "./arrays.js";
import { levelValue, MISSING } from "./matrix_cells.js";

export class MatrixData {
  #model;

  constructor(model) {
    this.#model = model;
    this.readValues();
    this.readOrder();
  }

  readValues() {
    const get = (name) => this.#model.get(name), n = (this.n = get("size"));
    // the first byte only makes each message differ from the one before (see matrix_canvas.py)
    const levels = (name) => {
      const bytes = typed(get(name), Uint8Array);
      return n && bytes.length === n * n + 1 ? bytes.subarray(1) : null;
    };
    this.table = typed(get("palette"), Uint8Array);
    const one = (name, caption) => {
      const values = levels(name);
      return { values, caption, missing: Boolean(values?.includes(MISSING)) };
    };
    const mode = get("mode");
    this.shown = mode === "both" ? [one("values_before", "before"), one("values", "after")]
      : [one(mode === "before" ? "values_before" : "values", "")];
  }

  readOrder() {
    const order = typed(this.#model.get("order"), Int32Array);
    this.order = order.length ? order : null;
    this.rowOf = this.order && new Map(Array.from(order, (node, row) => [node, row]));
  }

  get missing() {
    return this.shown.some(({ missing }) => missing);
  }

  get diverging() {
    return this.#model.get("colormap") === "rdbu";
  }

  node(row) {
    return this.order?.[row] ?? row;
  }

  // -1 for a node that has no row
  row(node) {
    const row = this.rowOf ? this.rowOf.get(node) : node;
    return row !== undefined && row >= 0 && row < this.n ? row : -1;
  }

  // the rows of the nodes that are selected and have one
  selectedRows() {
    return this.#model.get("selection").map((node) => this.row(node)).filter((row) => row >= 0);
  }

  // the number that a level stands for
  value(q) {
    return levelValue(q, this.#model.get("value_range"), this.#model.get("log_scale"));
  }
}
