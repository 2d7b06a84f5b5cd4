// Of the graph canvas: the graph as arrays, and what of it is where.

const NEVER = 2147483647;
const MANY_EDGES = 1500; // redrawn in full while the hand moves, up to here
const MANY_NODES = 1500;
const WEBGL_EDGES = 6000; // drawn with WebGL, beyond here
const WEBGL_NODES = 4000;

function distanceToSegment(x, y, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay;
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  const ex = x - ax - t * dx, ey = y - ay - t * dy;
  return ex * ex + ey * ey;
}

class GraphData extends CanvasView {
  readStructure() {
    const { model } = this;
    const positions = buffer(model.get("positions"), Float32Array);
    const n = (this.n = Math.min(model.get("num_nodes"), positions.length >> 1));
    this.positions = positions;
    const spans = buffer(model.get("spans"), Int32Array);
    const always = [];
    const moving = [];
    for (let i = 0; i + 3 < spans.length; i += 4) {
      if (spans[i] < 0 || spans[i + 1] < 0 || spans[i] >= n || spans[i + 1] >= n) continue;
      if (spans[i] === spans[i + 1]) continue; // a self-loop has no length to draw
      (spans[i + 2] === 0 && spans[i + 3] === NEVER ? always : moving).push(i);
    }
    this.spans = spans;
    this.always = Int32Array.from(always);
    this.moving = Int32Array.from(moving);
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < n; i++) {
      const x = positions[2 * i], y = positions[2 * i + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < low) low = y;
      if (y > high) high = y;
    }
    this.box = n && left <= right ? [left, right, low, high] : [-1, 1, -1, 1];
    this.grid = null;
    this.gap = null;
    this.neighbors = null;
    if (this.focus >= n) this.focus = -1;
    this.chooseRenderer(always.length + moving.length);
    this.uploadStructure();
    this.readValues();
    this.describe();
    this.outdate();
  }

  chooseRenderer(edges) {
    const wanted = this.model.get("renderer");
    this.large = edges > MANY_EDGES || this.n > MANY_NODES;
    const many = edges > WEBGL_EDGES || this.n > WEBGL_NODES;
    const webgl = wanted === "webgl" || (wanted === "auto" && many);
    if (webgl === Boolean(this.painter) || (webgl && this.noWebGL)) return;
    this.painter?.destroy();
    this.painter = null;
    if (!webgl) return;
    const painter = new Painter(document.createElement("canvas"), (restored) => {
      if (!restored) return;
      this.uploadStructure();
      this.uploadValues();
      this.outdate();
      this.flush();
    });
    if (painter.gl) this.painter = painter;
    else this.noWebGL = true;
  }

  uploadStructure() {
    const { painter, positions, spans, always, n } = this;
    if (!painter) return;
    const ends = new Float32Array(4 * always.length);
    for (let k = 0; k < always.length; k++) {
      const u = 2 * spans[always[k]], v = 2 * spans[always[k] + 1];
      ends[4 * k] = positions[u];
      ends[4 * k + 1] = positions[u + 1];
      ends[4 * k + 2] = positions[v];
      ends[4 * k + 3] = positions[v + 1];
    }
    painter.upload("edgeBuffer", ends);
    painter.upload("nodeBuffer", positions.subarray(0, 2 * n));
    painter.edgeCount = always.length;
    painter.nodeCount = n;
  }

  readValues() {
    const { model, n } = this;
    const values = buffer(model.get("node_values"), Float32Array);
    const table = buffer(model.get("palette"), Uint8Array);
    this.values = values.length >= n && values.length && table.length >= 768 ? values : null;
    this.table = table;
    const [low, high] = model.get("color_range");
    const scale = high > low ? 255 / (high - low) : 0;
    const binned = (values) => {
      const bins = new Uint16Array(n);
      for (let i = 0; i < n; i++) {
        const x = values ? values[i] : NaN;
        bins[i] = Number.isFinite(x) ? Math.max(0, Math.min(255, Math.round((x - low) * scale))) : 256;
      }
      return bins;
    };
    this.bins = binned(this.values);
    const before = buffer(model.get("node_values_before"), Float32Array);
    this.valuesBefore = this.values && before.length >= n && before.length ? before : this.values;
    this.binsBefore = this.valuesBefore === this.values ? this.bins : binned(before);
    this.uploadValues();
    this.describe();
    this.outdate(this.painter ? "both" : "nodes");
  }

  uploadValues() {
    if (!this.painter || !this.theme) return;
    const { bins, binsBefore, table, n } = this;
    const paint = new Uint8Array(3 * n);
    const plain = this.theme.plain;
    const upload = (target, bins) => {
      for (let i = 0; i < n; i++) {
        const bin = bins[i];
        for (let c = 0; c < 3; c++) paint[3 * i + c] = bin < 256 ? table[3 * bin + c] : plain[c];
      }
      this.painter.upload(target, paint);
    };
    upload("paintBuffer", bins);
    if (binsBefore !== bins) upload("paintBeforeBuffer", binsBefore);
  }

  readCandidates() {
    const rows = buffer(this.model.get("candidates"), Int32Array);
    const sharing = new Map();
    this.candidates = [];
    for (let i = 0; i + 2 < rows.length; i += 3) {
      const [u, v, method] = [rows[i], rows[i + 1], rows[i + 2]];
      if (u < 0 || v < 0 || u === v) continue;
      const key = Math.min(u, v) + "," + Math.max(u, v);
      const lane = sharing.get(key) ?? 0;
      sharing.set(key, lane + 1);
      this.candidates.push({ u: Math.min(u, v), v: Math.max(u, v), method, lane, key });
    }
    for (const one of this.candidates) one.lanes = sharing.get(one.key);
    this.describe();
    this.dirty = true;
  }

  adjacent(u, v, position) {
    if (!this.neighbors) {
      this.neighbors = new Map();
      for (let i = 0; i + 3 < this.spans.length; i += 4) {
        const a = Math.min(this.spans[i], this.spans[i + 1]), b = Math.max(this.spans[i], this.spans[i + 1]);
        const key = a * this.n + b;
        const list = this.neighbors.get(key);
        if (list) list.push(i);
        else this.neighbors.set(key, [i]);
      }
    }
    const rows = this.neighbors.get(Math.min(u, v) * this.n + Math.max(u, v)) ?? [];
    return rows.some((i) => this.spans[i + 2] <= position && position < this.spans[i + 3]);
  }

  buildGrid() {
    const { positions, n } = this;
    const [left, right, low, high] = this.box;
    const side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(n / 2))));
    const w = (right - left) / side || 1, h = (high - low) / side || 1;
    const cell = (x, y) => {
      const i = Math.min(side - 1, Math.max(0, Math.floor((x - left) / w)));
      const j = Math.min(side - 1, Math.max(0, Math.floor((y - low) / h)));
      return j * side + i;
    };
    const starts = new Int32Array(side * side + 1);
    for (let i = 0; i < n; i++) starts[cell(positions[2 * i], positions[2 * i + 1]) + 1]++;
    for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
    const cursor = starts.slice(0, -1), members = new Int32Array(n);
    for (let i = 0; i < n; i++) members[cursor[cell(positions[2 * i], positions[2 * i + 1])]++] = i;
    this.grid = { side, w, h, left, low, starts, members };
  }

  nodeAt(px, py) {
    if (!this.n || !this.view) return -1;
    if (!this.grid) this.buildGrid();
    const { side, w, h, left, low, starts, members } = this.grid;
    const { scale, shiftX, shiftY, radius } = this.view;
    const x = (px - shiftX) / scale, y = (shiftY - py) / scale, reach = (radius + 4) / scale;
    const clamp = (k) => Math.max(0, Math.min(side - 1, Math.floor(k)));
    let best = -1, nearest = reach * reach;
    for (let j = clamp((y - reach - low) / h); j <= clamp((y + reach - low) / h); j++) {
      for (let i = clamp((x - reach - left) / w); i <= clamp((x + reach - left) / w); i++) {
        for (let k = starts[j * side + i]; k < starts[j * side + i + 1]; k++) {
          const m = members[k];
          const dx = this.positions[2 * m] - x, dy = this.positions[2 * m + 1] - y;
          if (dx * dx + dy * dy <= nearest) [nearest, best] = [dx * dx + dy * dy, m];
        }
      }
    }
    return best;
  }

  edgeAt(px, py, position) {
    const { spans, positions } = this;
    const { scale, shiftX, shiftY } = this.view;
    const x = (px - shiftX) / scale, y = (shiftY - py) / scale, reach = 5 / scale;
    let best = -1, nearest = reach * reach;
    for (let i = 0; i + 3 < spans.length; i += 4) {
      if (spans[i + 2] > position || spans[i + 3] <= position) continue;
      const u = spans[i], v = spans[i + 1];
      if (u < 0 || v < 0 || u >= this.n || v >= this.n) continue;
      const squared = distanceToSegment(
        x, y, positions[2 * u], positions[2 * u + 1], positions[2 * v], positions[2 * v + 1]);
      if (squared < nearest) [nearest, best] = [squared, i];
    }
    return best < 0 ? null : [spans[best], spans[best + 1]];
  }

  candidateAt(px, py) {
    let best = null, nearest = 16;
    for (const one of this.candidates) {
      if (one.u >= this.n || one.v >= this.n) continue;
      const squared = distanceToSegment(px, py, ...this.candidateLine(one));
      if (squared < nearest) [nearest, best] = [squared, one];
    }
    return best;
  }

  // what a node has for itself, in units of the positions: a quarter of the nodes have a nearer one
  spacing() {
    if (this.gap !== null) return this.gap;
    const { positions, n } = this, nearest = new Float64Array(n).fill(Infinity);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const dx = positions[2 * i] - positions[2 * j], dy = positions[2 * i + 1] - positions[2 * j + 1];
        const squared = dx * dx + dy * dy;
        if (squared < nearest[i]) nearest[i] = squared;
        if (squared < nearest[j]) nearest[j] = squared;
      }
    }
    return (this.gap = n > 1 ? Math.sqrt(nearest.sort()[n >> 2]) : Infinity);
  }
}
