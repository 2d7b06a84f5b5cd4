// Rounds of a color refinement: a slider that recolors the graphs, and the counts of each color.

const MOST_COLUMNS = 40; // columns of the histogram
const MOST_PAIRS = 120; // pairs drawn for one color
const SIDES = ["a", "b"];

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

class RoundsView extends View {
  constructor(model, el) {
    super(model);
    this.marked = null;
    this.targets = {};
    this.build(el);
    this.read();
    const data = ["nodes_a", "nodes_b", "pairs_a", "pairs_b", "counts", "length", "num_colors",
                  "palette", "items", "marks_pairs", "numbered", "witness", "witness_from"];
    let old = false;
    for (const name of data) this.onModel(`change:${name}`, () => (old = true));
    this.onModel("change:position", () => this.draw());
    this.onModel("change", () => {
      if (old) this.read();
      old = false;
    });
    this.connect();
  }

  async connect() {
    for (const name of ["graph_a", "graph_b", "matrix_a", "matrix_b"]) {
      this.targets[name] = await heldModel(this.model, name);
    }
    if (!this.gone) this.draw();
  }

  build(el) {
    el.classList.add("wb-host");
    const root = (this.root = element("div", "wb wb-rounds", el));
    root.dataset.lmSuppressShortcuts = "true";
    const row = element("div", "wb-rounds-row", root);
    this.back = this.button(row, "‹", "one round back", () => this.go(this.position - 1));
    this.forward = this.button(row, "›", "one round further", () => this.go(this.position + 1));
    this.slider = element("input", "", row);
    Object.assign(this.slider, { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", "round of the refinement");
    this.on(this.slider, "input", () => this.go(this.slider.valueAsNumber));
    this.on(root, "keydown", (event) => event.stopPropagation());
    this.where = element("div", "wb-rounds-where", row);
    this.count = element("b", "", this.where);
    this.note = element("span", "", this.where);
    const plot = element("div", "wb-rounds-plot", root);
    const names = element("div", "wb-rounds-names", plot);
    element("span", "", names, "a");
    this.what = element("span", "", names, "color");
    element("span", "", names, "b");
    this.columns = element("div", "wb-rounds-columns", plot);
    this.on(this.columns, "pointerleave", () => this.mark(null));
  }

  button(parent, text, label, action) {
    const made = element("button", "wb-button", parent, text);
    made.type = "button";
    made.title = label;
    made.setAttribute("aria-label", label);
    this.on(made, "click", action);
    return made;
  }

  get position() {
    return Math.min(this.model.get("position"), this.length);
  }

  read() {
    const { model } = this;
    this.length = model.get("length");
    const rounds = this.length + 1;
    const rows = (name, Type) => {
      const all = buffer(model.get(name), Type), width = Math.floor(all.length / rounds);
      return (r) => all.subarray(r * width, (r + 1) * width);
    };
    this.nodes = SIDES.map((side) => rows(`nodes_${side}`, Float32Array));
    this.pairs = SIDES.map((side) => rows(`pairs_${side}`, Uint8Array));
    this.counts = rows("counts", Int32Array);
    this.table = buffer(model.get("palette"), Uint8Array);
    this.marked = null;
    this.slider.max = Math.max(1, this.length);
    this.slider.disabled = this.length === 0;
    this.draw();
  }

  // The canvases move in this frame; the kernel hears once that is painted (see the tape bar).
  go(position) {
    const next = Math.max(0, Math.min(this.length, position));
    if (next === this.position) return;
    this.model.set("position", next);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.model.save_changes(), 40);
  }

  color(c) {
    const i = 3 * (c % 256), t = this.table;
    const [r, g, b] = [t[i], t[i + 1], t[i + 2]];
    return [`rgb(${r},${g},${b})`, 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff"];
  }

  draw() {
    const r = this.position, { length, model } = this;
    if (this.slider.valueAsNumber !== r) this.slider.value = r;
    this.back.disabled = r <= 0;
    this.forward.disabled = r >= length;
    const counts = this.counts(r), k = model.get("num_colors");
    const there = [];
    let differ = 0, most = 1;
    for (let c = 0; c < k; c++) {
      const a = counts[c], b = counts[k + c];
      if (!a && !b) continue;
      if (a !== b) differ++;
      most = Math.max(most, a, b);
      there.push({ c, a, b });
    }
    this.count.textContent = `round ${r} of ${length}`;
    const colors = there.length === 1 ? "1 color" : `${there.length} colors`;
    this.note.textContent = `${colors}, ${differ ? `${differ} not equally frequent` : "equally frequent in a and b"}`;
    this.slider.setAttribute("aria-valuetext", `round ${r} of ${length}, ${this.note.textContent}`);
    let shown = there;
    if (there.length > MOST_COLUMNS) {
      // what differs first, as much of a as of b
      const often = (x, y) => y.a + y.b - x.a - x.b;
      const more = there.filter((one) => one.a > one.b).sort(often);
      const less = there.filter((one) => one.a < one.b).sort(often);
      const same = there.filter((one) => one.a === one.b).sort(often);
      const turns = Array.from({ length: Math.max(more.length, less.length) }, (_, i) => [more[i], less[i]]);
      shown = [...turns.flat().filter(Boolean), ...same].slice(0, MOST_COLUMNS).sort((x, y) => x.c - y.c);
    }
    const rest = there.length - shown.length;
    this.what.textContent = rest ? `color (${rest} more not shown)` : `color, count of ${model.get("items")}`;
    this.drawColumns(shown, most);
    this.recolor();
  }

  drawColumns(shown, most) {
    const focused = this.columns.contains(document.activeElement) ? document.activeElement.dataset.color : null;
    this.columns.replaceChildren();
    const items = this.model.get("items");
    for (const { c, a, b } of shown) {
      const column = element("button", "wb-rounds-column", this.columns);
      column.type = "button";
      column.dataset.color = c;
      column.classList.toggle("wb-differs", a !== b);
      column.title = `color ${c}: ${a} ${items} in a, ${b} in b${a === b ? "" : " (not equal)"}`;
      column.setAttribute("aria-label", column.title);
      const [back, fore] = this.color(c);
      const bar = (count, className) => {
        const space = element("span", `wb-rounds-space ${className}`, column);
        const one = element("span", "wb-rounds-bar", space);
        one.style.height = count ? `max(2px, ${(100 * count) / most}%)` : 0;
        one.style.background = back;
        element("span", "wb-rounds-number", space, count);
      };
      bar(a, "wb-rounds-up");
      const chip = element("span", "wb-rounds-chip", column, c);
      chip.style.background = back;
      chip.style.color = fore;
      bar(b, "wb-rounds-down");
      column.addEventListener("pointerenter", () => this.mark(c));
      column.addEventListener("focus", () => this.mark(c));
      column.addEventListener("blur", () => this.mark(null));
      if (String(c) === focused) column.focus({ preventScroll: true });
    }
  }

  recolor() {
    const r = this.position, numbered = this.model.get("numbered");
    SIDES.forEach((side, k) => {
      const nodes = this.nodes[k](r), pairs = this.pairs[k](r);
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
    const { model, marked } = this, r = this.position;
    const from = model.get("witness_from"), witness = model.get("witness");
    SIDES.forEach((side, k) => {
      let ringed = [], rows = [];
      if (marked !== null) {
        this.nodes[k](r).forEach((c, v) => c === marked && ringed.push(v));
        if (model.get("marks_pairs") && marked < 255) rows = this.pairsOf(k, r, marked);
      } else if (from >= 0 && r >= from) ringed = witness[k] ?? [];
      show(this.targets[`graph_${side}`], {
        ringed, methods: rows.length ? ["pairs of this color"] : [], candidates: Int32Array.from(rows) });
    });
  }

  pairsOf(k, r, color) {
    const pairs = this.pairs[k](r), n = Math.round(Math.sqrt(pairs.length)), rows = [];
    for (let u = 0; u < n && rows.length < 3 * MOST_PAIRS; u++) {
      for (let v = 0; v < n; v++) {
        const twice = u > v && pairs[v * n + u] === color; // drawn once for both directions
        if (u !== v && pairs[u * n + v] === color && !twice) rows.push(u, v, 0);
      }
    }
    return rows;
  }

  destroy() {
    super.destroy();
    clearTimeout(this.telling);
  }
}

function render({ model, el }) {
  const view = new RoundsView(model, el);
  return () => view.destroy();
}

export default { render };
