// The graph as arrays: its nodes, its edges along the tape, its values, and what of it is where.

import { typed } from "./arrays.js";
import { binned } from "./colors.js";
import { bounds, PointGrid, spacing, squaredDistance } from "./geometry.js";

const NEVER = 2147483647; // the end of an edge that stays
const MANY_EDGES = 1500; // redrawn in full while the hand moves, up to here
const MANY_NODES = 1500;
const WEBGL_EDGES = 6000; // drawn with WebGL, beyond here
const WEBGL_NODES = 4000;

export class GraphData {
  #model;
  #grid = null;
  #gap = null;
  #spansOf = null;
  candidates = [];

  constructor(model) {
    this.#model = model;
    this.readStructure();
    this.readCandidates();
  }

  readStructure() {
    const positions = typed(this.#model.get("positions"), Float32Array);
    const spans = typed(this.#model.get("spans"), Int32Array);
    const n = Math.min(this.#model.get("num_nodes"), positions.length >> 1);
    const always = [], moving = [];
    for (let i = 0; i + 3 < spans.length; i += 4) {
      if (spans[i] < 0 || spans[i + 1] < 0 || spans[i] >= n || spans[i + 1] >= n) continue;
      if (spans[i] === spans[i + 1]) continue; // a self-loop has no length to draw
      (spans[i + 2] === 0 && spans[i + 3] === NEVER ? always : moving).push(i);
    }
    Object.assign(this, { n, positions, spans });
    this.always = Int32Array.from(always); // where in spans the edges are that no edit touches
    this.moving = Int32Array.from(moving); // and those that come or go
    this.box = bounds(positions, n);
    this.#grid = this.#gap = this.#spansOf = null;
    this.readValues();
  }

  readValues() {
    const { n } = this;
    const numbers = (name) => {
      const values = typed(this.#model.get(name), Float32Array);
      return values.length && values.length >= n ? values : null;
    };
    this.table = typed(this.#model.get("palette"), Uint8Array);
    this.values = this.table.length >= 768 ? numbers("node_values") : null;
    this.valuesBefore = (this.values && numbers("node_values_before")) ?? this.values;
    const range = this.#model.get("color_range");
    this.bins = binned(this.values, n, range);
    this.binsBefore =
      this.valuesBefore === this.values ? this.bins : binned(this.valuesBefore, n, range);
  }

  readCandidates() {
    const rows = typed(this.#model.get("candidates"), Int32Array);
    const sharing = new Map();
    this.candidates = [];
    for (let i = 0; i + 2 < rows.length; i += 3) {
      const u = Math.min(rows[i], rows[i + 1]), v = Math.max(rows[i], rows[i + 1]);
      if (u < 0 || u === v) continue;
      const key = `${u},${v}`, lane = sharing.get(key) ?? 0;
      sharing.set(key, lane + 1);
      this.candidates.push({ u, v, method: rows[i + 2], lane, key });
    }
    for (const one of this.candidates) one.lanes = sharing.get(one.key);
  }

  get edges() {
    return this.always.length + this.moving.length;
  }

  // drawn anew only when the hand rests
  get large() {
    return this.edges > MANY_EDGES || this.n > MANY_NODES;
  }

  get forWebGL() {
    return this.edges > WEBGL_EDGES || this.n > WEBGL_NODES;
  }

  // whether a color says how large a value is, and not which class it is
  get scaled() {
    return this.values !== null && !this.#model.get("classes");
  }

  get kinds() {
    const { moving, spans } = this;
    return {
      added: moving.some((i) => spans[i + 2] > 0),
      removed: moving.some((i) => spans[i + 3] !== NEVER),
    };
  }

  has(node) {
    return node >= 0 && node < this.n;
  }

  // the ends of the edges that no edit touches: x, y, x, y of one after another
  ends() {
    const { positions, spans, always } = this, ends = new Float32Array(4 * always.length);
    for (let k = 0; k < always.length; k++) {
      const u = 2 * spans[always[k]], v = 2 * spans[always[k] + 1];
      ends[4 * k] = positions[u];
      ends[4 * k + 1] = positions[u + 1];
      ends[4 * k + 2] = positions[v];
      ends[4 * k + 3] = positions[v + 1];
    }
    return ends;
  }

  // whether u and v are neighbors at a position of the tape
  adjacent(u, v, position) {
    const { spans, n } = this;
    const key = (a, b) => Math.min(a, b) * n + Math.max(a, b);
    if (!this.#spansOf) {
      this.#spansOf = new Map();
      for (let i = 0; i + 3 < spans.length; i += 4) {
        const pair = key(spans[i], spans[i + 1]), list = this.#spansOf.get(pair);
        if (list) list.push(i);
        else this.#spansOf.set(pair, [i]);
      }
    }
    const rows = this.#spansOf.get(key(u, v)) ?? [];
    return rows.some((i) => spans[i + 2] <= position && position < spans[i + 3]);
  }

  // the nearest node within reach of a point of the plane, -1 for none
  nodeAt(x, y, reach) {
    if (!this.n) return -1;
    this.#grid ??= new PointGrid(this.positions, this.n, this.box);
    return this.#grid.nearest(x, y, reach);
  }

  // the nearest edge that is there at a position of the tape, as a pair; null for none
  edgeAt(x, y, reach, position) {
    const { spans, positions } = this;
    let best = -1, nearest = reach * reach;
    for (let i = 0; i + 3 < spans.length; i += 4) {
      if (spans[i + 2] > position || spans[i + 3] <= position) continue;
      const u = spans[i], v = spans[i + 1];
      if (!this.has(u) || !this.has(v)) continue;
      const squared = squaredDistance(
        x, y, positions[2 * u], positions[2 * u + 1], positions[2 * v], positions[2 * v + 1]);
      if (squared < nearest) [nearest, best] = [squared, i];
    }
    return best < 0 ? null : [spans[best], spans[best + 1]];
  }

  spacing() {
    return (this.#gap ??= spacing(this.positions, this.n));
  }
}
