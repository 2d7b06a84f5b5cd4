// Matrix canvas: a square matrix in 255 levels, drawn in place through a color table.
//
// No WebGL here. A matrix with more rows than the picture has pixels is first reduced to pixels (a
// pass over its bytes, about 2 ms for a million), and then the picture is small whatever the matrix.
// A texture is not faster on a graphics card, and where there is none the browser reads a WebGL
// canvas back in every frame, which costs many times the drawing.
//
// matrix_canvas.py puts canvas_base.js before this file.

const MISSING = 255;

function number(x, digits = 3) {
  if (!Number.isFinite(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3)) {
    return x.toExponential(digits - 2).replace("-", "−").replace("e+", "e").replace("e-", "e−");
  }
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

// ---------------------------------------------------------------- many cells under one pixel

// The order in which cells of one pixel win: the largest, or on a diverging scale the one farthest
// from the middle; a cell without a number only where there is nothing else.
function ranking(diverging) {
  const rank = new Uint16Array(256), level = new Uint8Array(257).fill(MISSING);
  for (let q = 0; q < MISSING; q++) {
    rank[q] = diverging ? (q >= 127 ? 2 * (q - 127) + 2 : 2 * (127 - q) + 1) : q + 1;
    level[rank[q]] = q;
  }
  return { rank, level };
}

// first and last + 1 of the n cells under pixel p of the side
function cellsUnder(p, n, side) {
  const first = n <= side ? Math.floor(((p + 0.5) * n) / side) : Math.floor((p * n) / side);
  return [first, n <= side ? first + 1 : Math.max(first + 1, Math.floor(((p + 1) * n) / side))];
}

// n x n cells as side x side pixels, side < n: one pass over the cells, rows first
function pooled(values, n, side, { rank, level }, colors, pixels) {
  const best = new Uint16Array(n), paint = Uint32Array.from(level, (q) => colors[q]);
  for (let i = 0, p = 0; i < side; i++) {
    const [top, bottom] = cellsUnder(i, n, side);
    best.fill(0);
    for (let row = top; row < bottom; row++) {
      const from = row * n;
      for (let j = 0; j < n; j++) {
        const r = rank[values[from + j]];
        if (r > best[j]) best[j] = r;
      }
    }
    for (let j = 0, column = 0; j < side; j++, p++) {
      const end = Math.floor(((j + 1) * n) / side);
      let r = 0;
      for (; column < end; column++) if (best[column] > r) r = best[column];
      pixels[p] = paint[r];
    }
  }
}

// ---------------------------------------------------------------- the view

class MatrixView extends CanvasView {
  constructor(model, el) {
    super(model);
    this.cursor = null; // [row, column] of the keys; hover is {row, column, panel}
    this.build(el);
    this.readTheme();
    this.readValues();
    this.readOrder();
    this.listen();
    this.describe();
    this.greyLater();
    this.follow();
  }

  build(el) {
    el.classList.add("wb-host");
    const root = (this.root = element("div", "wb wb-matrix", el));
    root.dataset.lmSuppressShortcuts = "true"; // the notebook must not take the arrows
    this.title = element("div", "wb-title", root);
    this.note = element("div", "wb-note", root);
    this.captions = [element("div", "wb-note", root), element("div", "wb-note", root)];
    const canvas = (this.canvas = element("canvas", "wb-layer", root));
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "matrix");
    this.context = canvas.getContext("2d");
    this.colorbar = element("div", "wb-colorbar", root);
    this.ramp = element("div", "wb-colorbar-ramp", this.colorbar);
    this.ticks = Array.from({ length: 5 }, (_, k) => {
      const tick = element("div", "wb-tick", this.colorbar);
      tick.style.setProperty("--wb-at", `${25 * k}%`);
      return tick;
    });
    this.swatch = element("div", "wb-colorbar", root);
    element("div", "wb-swatch", this.swatch);
    this.swatchText = element("div", "wb-tick wb-tick-missing", this.swatch);
    this.tip = element("div", "wb-tip", root);
    this.live = element("div", "wb-hidden", root);
    this.live.setAttribute("aria-live", "polite");
  }

  listen() {
    const marks = {
      size: () => this.readValues(), values: () => this.readValues(),
      values_before: () => this.readValues(),
      order: () => this.readOrder(), palette: () => this.readValues(),
      colormap: () => this.outdate(), mode: () => this.readValues(),
      value_range: () => this.describe(), log_scale: () => this.describe(),
      title: () => this.describe(), unit: () => this.describe(), rows: () => this.describe(),
      columns: () => this.describe(), missing: () => this.describe(), height: () => this.resized(),
      selection: () => (this.dirty = true), hint: () => this.showTip(),
      hint_pair: () => this.showTip(), stale: () => this.greyLater(),
      position: () => this.greyLater(), tape: () => this.follow(), values_position: () => this.greyLater(),
    };
    for (const [name, mark] of Object.entries(marks)) this.onModel(`change:${name}`, mark);
    this.onModel("change", () => this.flush()); // one drawing for several traits

    const top = this.canvas;
    this.on(top, "pointermove", (event) => this.moved(event));
    this.on(top, "pointerdown", () => top.focus({ preventScroll: true }));
    this.on(top, "click", (event) => this.clicked(event));
    this.on(top, "pointerleave", () => this.left());
    this.on(top, "keydown", (event) => this.key(event));
    this.on(top, "blur", () => {
      this.keyboard = false;
      this.showTip();
    });

    const resize = new ResizeObserver(() => {
      this.rethemed();
      this.resized();
      this.flush();
    });
    resize.observe(this.root);
    this.cleanups.push(() => resize.disconnect());

    this.followTheme();
    const rescaled = () => {
      this.screen?.removeEventListener("change", rescaled);
      this.screen = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
      this.screen.addEventListener("change", rescaled);
      this.resized();
      this.flush();
    };
    rescaled();
    this.cleanups.push(() => this.screen.removeEventListener("change", rescaled));
  }

  tapeMoved() {
    this.greyLater();
  }

  destroy() {
    super.destroy();
    for (const image of this.pool ?? []) image.canvas.width = image.canvas.height = 0;
  }

  // ------------------------------------------------------------ traits to arrays

  readValues() {
    const { model } = this;
    const n = model.get("size");
    // the first byte only makes each message differ from the one before (see matrix_canvas.py)
    const levels = (name) => {
      const bytes = buffer(model.get(name), Uint8Array);
      return n && bytes.length === n * n + 1 ? bytes.subarray(1) : null;
    };
    this.n = n;
    this.after = levels("values");
    this.before = levels("values_before");
    const table = buffer(model.get("palette"), Uint8Array);
    if (this.table?.length !== table.length || this.table.some((c, i) => c !== table[i])) {
      this.table = table;
      this.colors = null;
      this.describeRamp();
    }
    const mode = model.get("mode");
    const one = (values, caption) => ({ values, caption, missing: values?.includes(MISSING) });
    this.shown =
      mode === "both" ? [one(this.before, "before"), one(this.after, "after")]
      : [one(mode === "before" ? this.before : this.after, "")];
    if (this.cursor && (this.cursor[0] >= n || this.cursor[1] >= n)) this.cursor = null;
    this.hasMissing = this.shown.some(({ missing }) => missing);
    const layout = `${n} ${mode}`;
    if (layout !== this.layoutKey) {
      this.layoutKey = layout;
      this.resized();
    }
    this.swatch.style.visibility = this.hasMissing ? "" : "hidden";
    this.greyLater(true);
    this.outdate();
  }

  readOrder() {
    const order = buffer(this.model.get("order"), Int32Array);
    this.order = order.length ? order : null;
    this.rowOf = null;
    if (this.order) {
      this.rowOf = new Map();
      order.forEach((node, row) => this.rowOf.set(node, row));
    }
    this.dirty = true;
  }

  node(row) {
    return this.order ? this.order[row] ?? row : row;
  }

  row(node) {
    const row = this.rowOf ? this.rowOf.get(node) : node;
    return row !== undefined && row >= 0 && row < this.n ? row : -1;
  }

  // ------------------------------------------------------------ theme, texts, layout

  readTheme() {
    const page = pageColors(this.root), { back, fore, mix, css } = page;
    this.theme = { ...page, ground: mix(0.08), hatch: mix(0.3), strong: css(fore), paper: css(back) };
    this.swatch.firstChild.style.background =
      `repeating-linear-gradient(135deg, ${css(mix(0.3))} 0 2px, ${css(mix(0.08))} 2px 4px)`;
    this.hatching = null;
  }

  rethemed() {
    const before = this.theme.key;
    this.readTheme();
    if (this.theme.key !== before) this.redraw();
  }

  describeRamp() {
    this.ramp.style.background = gradient(this.table, this.below ? "right" : "top");
  }

  // the number that a level q of 0..254 stands for
  value(q) {
    if (q === undefined || q === MISSING) return NaN;
    const [low, high] = this.model.get("value_range");
    const t = q / 254;
    return this.model.get("log_scale") && low > 0 ? low * (high / low) ** t : low + t * (high - low);
  }

  describe() {
    const { model, n } = this;
    const classes = model.get("classes"), unit = classes ? "" : model.get("unit");
    const title = model.get("title");
    this.root.classList.toggle("wb-classes", classes);
    this.title.textContent = unit ? `${title} (${unit})` : title;
    this.root.classList.toggle("wb-empty", !n); // then the title says why
    const parts = [];
    if (n && this.side) {
      parts.push(`${n} × ${n}`);
      if (model.get("log_scale")) parts.push("logarithmic colors");
      if (n > this.side) {
        const cells = Math.ceil(n / this.side);
        const which = model.get("colormap") === "rdbu" ? "value farthest from the middle" : "largest";
        parts.push(`each pixel shows the ${which} of up to ${cells} × ${cells} cells`);
      }
    }
    this.note.textContent = parts.join(", ");
    this.note.title = this.note.textContent;
    this.ticks.forEach((tick, k) => (tick.textContent = number(this.value(63.5 * k), 4)));
    this.swatchText.textContent = model.get("missing");
    this.canvas.setAttribute(
      "aria-label",
      `${title || "Matrix"}, ${n} rows and columns. Arrow keys move the cell, Enter picks it, Escape clears.`,
    );
    this.dirty = true;
  }

  resized() {
    this.root.style.height = `${this.model.get("height")}px`;
    const width = this.root.clientWidth, height = this.root.clientHeight;
    if (!width || !height) return;
    const ratio = (this.ratio = window.devicePixelRatio || 1);
    const panels = this.shown.length, gap = 14, left = 10;
    const [bar, foot] = this.model.get("classes") ? [0, 0] : [92, 46];
    const top = panels > 1 ? 56 : 40, bottom = 12;
    const free = height - top - bottom, across = width - 2 * left - (panels - 1) * gap;
    // the color bar stands where it leaves the larger picture
    const beside = Math.min(free, (across + left - bar) / panels);
    const over = Math.min(free - foot, across / panels);
    const below = over > beside, room = Math.max(beside, over);
    let side = Math.max(16, Math.floor(room * ratio));
    // whole pixels per cell, where that costs little
    if (this.n && side >= 4 * this.n) side -= side % this.n;
    this.side = side;
    this.gap = Math.round(gap * ratio);
    const w = panels * side + (panels - 1) * this.gap;
    const { canvas } = this;
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== side) canvas.height = side;
    Object.assign(canvas.style, {
      inset: "auto", left: `${left}px`, top: `${top}px`,
      width: `${w / ratio}px`, height: `${side / ratio}px` });
    this.origin = [left, top];
    this.captions.forEach((caption, k) => {
      caption.textContent = panels > 1 ? this.shown[k].caption : "";
      Object.assign(caption.style, { top: "39px", left: `${left + (k * (side + this.gap)) / ratio}px` });
    });
    const place = ({ style }, x, y, width, height) => Object.assign(style, {
      left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
    if (below) {
      const y = top + side / ratio + 12, long = Math.max(40, w / ratio - bar - 12);
      place(this.colorbar, left, y, long, 30);
      place(this.swatch, left + long + 24, y, bar - 12, 14);
    } else {
      const x = left + w / ratio + 12, long = Math.max(40, side / ratio - 34);
      place(this.colorbar, x, top, bar - 12, long);
      place(this.swatch, x, top + long + 20, bar - 12, 14);
    }
    this.root.classList.toggle("wb-few", below && w / ratio < 380); // else the numbers touch
    if (below !== this.below) {
      this.below = below;
      this.root.classList.toggle("wb-below", below);
      this.describeRamp();
    }
    this.describe();
    this.outdate();
  }

  // Grey what is old, but not within a blink, and not while new pictures keep coming.
  greyLater(fresh = false) {
    const { model } = this;
    const at = this.position, of = model.get("values_position");
    const old = model.get("stale") || (at >= 0 && of >= 0 && at !== of);
    if (!old || fresh) {
      this.cancel(this.greying);
      this.greying = null;
    }
    if (!old) this.grey(false);
    else if (!this.greying) this.greying = this.later(() => this.grey(true), 150);
  }

  grey(old) {
    if (Boolean(this.old) === old) return;
    this.old = old;
    this.root.classList.toggle("wb-stale", old);
    this.redraw();
  }

  // ------------------------------------------------------------ drawing

  // the images of the cells are old, too
  outdate() {
    this.dirty = true;
    this.images = null;
  }

  draw() {
    if (!this.side) return;
    this.dirty = false;
    const { side, context, canvas } = this;
    this.images ??= this.makeImages();
    context.clearRect(0, 0, canvas.width, side);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = this.old ? 0.35 : 1;
    this.shown.forEach(({ values, missing }, k) => {
      if (!values) return;
      const x = k * (side + this.gap);
      if (missing) {
        context.fillStyle = this.hatchPattern(context);
        context.fillRect(x, 0, side, side);
      }
      context.drawImage(this.images[k].canvas, x, 0, side, side);
    });
    context.globalAlpha = 1;
    this.drawMarks(context);
  }

  get diverging() {
    return this.model.get("colormap") === "rdbu";
  }

  // each shown matrix as an image of at most as many pixels as the picture has
  makeImages() {
    const { n, side } = this;
    if (!this.colors) {
      const { table } = this;
      this.colors = new Uint32Array(256); // entry 255 stays transparent: the hatching shows
      for (let q = 0; q < 255; q++) {
        const i = 3 * Math.round((q * 255) / 254);
        this.colors[q] = (255 << 24) | (table[i + 2] << 16) | (table[i + 1] << 8) | table[i];
      }
    }
    const m = Math.min(n, side), ranks = n > side ? ranking(this.diverging) : null;
    return this.shown.map(({ values }, k) => {
      const image = ((this.pool ??= [])[k] ??= { canvas: document.createElement("canvas") });
      if (!values) return image;
      if (image.m !== m) {
        image.m = image.canvas.width = image.canvas.height = m;
        image.context = image.canvas.getContext("2d");
        image.data = image.context.createImageData(m, m);
        image.pixels = new Uint32Array(image.data.data.buffer);
      }
      const { pixels } = image, { colors } = this;
      if (ranks) pooled(values, n, side, ranks, colors, pixels);
      else for (let i = 0; i < pixels.length; i++) pixels[i] = colors[values[i]];
      image.context.putImageData(image.data, 0, 0);
      return image;
    });
  }

  hatchPattern(context) {
    if (this.hatching) return this.hatching;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const small = tile.getContext("2d");
    small.fillStyle = this.theme.css(this.theme.ground);
    small.fillRect(0, 0, 6, 6);
    small.fillStyle = this.theme.css(this.theme.hatch);
    for (let y = 0; y < 6; y++) for (const d of [0, 1]) small.fillRect((12 + d - y) % 6, y, 1, 1);
    return (this.hatching = context.createPattern(tile, "repeat"));
  }

  drawMarks(context) {
    const { side, n, ratio } = this;
    if (!n) return;
    const rows = this.model.get("selection").map((node) => this.row(node)).filter((row) => row >= 0);
    if (!rows.length) return;
    const [row, column] = rows.length === 2 ? rows : [rows[0], rows[0]];
    const cell = side / n, thick = Math.max(1, Math.round(ratio));
    for (let k = 0; k < this.shown.length; k++) {
      const x = k * (side + this.gap);
      const cx = x + (column + 0.5) * cell, cy = (row + 0.5) * cell;
      // guides to the borders, broken around the cell; a dark and a light line together are seen
      // on every color
      const gap = Math.max(cell / 2 + 2 * ratio, 5 * ratio);
      for (const [shift, color] of [[thick, "rgba(0, 0, 0, 0.55)"], [0, "rgba(255, 255, 255, 0.85)"]]) {
        context.fillStyle = color;
        const gx = Math.round(cx - thick / 2) + shift, gy = Math.round(cy - thick / 2) + shift;
        context.fillRect(gx, 0, thick, Math.max(0, cy - gap));
        context.fillRect(gx, cy + gap, thick, Math.max(0, side - cy - gap));
        context.fillRect(x, gy, Math.max(0, cx - gap - x), thick);
        context.fillRect(cx + gap, gy, Math.max(0, x + side - cx - gap), thick);
      }
      if (rows.length < 2) continue;
      const half = Math.max(cell / 2, 3 * ratio);
      for (const [grow, width, color] of [[1.5, 3, "rgba(0, 0, 0, 0.7)"], [1.5, 1.25, "#fff"]]) {
        context.lineWidth = width * ratio;
        context.strokeStyle = color;
        const h = half + grow * ratio;
        context.strokeRect(cx - h, cy - h, 2 * h, 2 * h);
      }
    }
  }

  // ------------------------------------------------------------ pointer and keys

  cellAt(event) {
    const { side, n } = this;
    if (!n || !side) return null;
    const rect = this.canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - rect.left) * this.canvas.width) / rect.width);
    const y = Math.floor(((event.clientY - rect.top) * side) / rect.height);
    const panel = x >= side + this.gap ? 1 : 0;
    const px = x - panel * (side + this.gap);
    if (px < 0 || px >= side || y < 0 || y >= side || panel >= this.shown.length) return null;
    const rows = cellsUnder(y, n, side), columns = cellsUnder(px, n, side);
    const values = this.shown[panel].values;
    if (!values) return null;
    // the cell whose color the pixel shows
    const { rank } = ranking(this.diverging);
    let best = -1, cell = null;
    for (let row = rows[0]; row < rows[1]; row++) {
      for (let column = columns[0]; column < columns[1]; column++) {
        const r = rank[values[row * n + column]];
        if (r > best) [best, cell] = [r, { row, column, panel }];
      }
    }
    return cell;
  }

  moved(event) {
    const rect = this.root.getBoundingClientRect();
    this.pointer = [event.clientX - rect.left, event.clientY - rect.top];
    this.hover = this.cellAt(event);
    this.keyboard = false;
    this.select();
    this.showTip();
  }

  clicked(event) {
    const cell = this.cellAt(event);
    if (!cell) return;
    this.cursor = [cell.row, cell.column];
    this.model.send({ type: "click", u: this.node(cell.row), v: this.node(cell.column) });
  }

  left() {
    this.hover = null;
    this.select();
    this.showTip();
  }

  get active() {
    if (this.hover) return [this.hover.row, this.hover.column];
    return this.keyboard ? this.cursor : null;
  }

  select() {
    const { active } = this;
    this.share(active ? active.map((row) => this.node(row)) : []);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.n) return;
    const far = event.shiftKey ? 10 : 1, last = this.n - 1;
    const moves = { ArrowLeft: [0, -far], ArrowRight: [0, far], ArrowUp: [-far, 0], ArrowDown: [far, 0],
                    Home: [0, -last], End: [0, last], PageUp: [-last, 0], PageDown: [last, 0] };
    const move = moves[event.key];
    if (move) {
      const clamp = (k) => Math.max(0, Math.min(last, k));
      const selected = this.model.get("selection").map((node) => this.row(node)).filter((row) => row >= 0);
      const from = this.cursor ?? (selected.length === 2 ? selected : null);
      this.cursor = from ? [clamp(from[0] + move[0]), clamp(from[1] + move[1])] : [0, 0];
    } else if (event.key === "Enter" || event.key === " ") {
      if (this.cursor) {
        const [u, v] = this.cursor.map((row) => this.node(row));
        this.model.send({ type: "click", u, v });
      }
    } else if (event.key === "Escape") this.cursor = null;
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.keyboard = true;
    this.hover = null;
    this.select();
    this.showTip();
    this.live.textContent = this.active ? this.lines().map(([, text]) => text).join(", ") : "Nothing selected";
  }

  // ------------------------------------------------------------ tooltip

  lines() {
    const { model, n } = this;
    const [row, column] = this.active;
    const u = this.node(row), v = this.node(column);
    const unit = model.get("unit"), classes = model.get("classes");
    const text = (values) => {
      const q = values[row * n + column];
      if (classes && q !== MISSING) return `${unit} ${q}`.trim();
      return q === MISSING ? model.get("missing") : `≈ ${number(this.value(q))}${unit ? ` ${unit}` : ""}`;
    };
    const lines = [["wb-tip-head", `${this.name(u)} – ${this.name(v)}`]];
    const rows = model.get("rows"), columns = model.get("columns");
    if (rows !== columns) {
      lines.push(["wb-tip-do", `${rows} ${this.name(u)}, ${columns} ${this.name(v)}`]);
    }
    for (const { values, caption } of this.shown) {
      if (values) lines.push(["", `${caption ? `${caption} ` : ""}${text(values)}`]);
    }
    return [...lines, ...this.hintLines(u, v)];
  }

  showTip() {
    if (!this.active || !this.side) {
      this.tip.classList.remove("wb-shown");
      return;
    }
    const scale = this.side / this.n / this.ratio;
    const place = this.hover
      ? this.pointer
      : [this.origin[0] + (this.active[1] + 0.5) * scale, this.origin[1] + (this.active[0] + 0.5) * scale];
    this.placeTip(this.lines(), place, [this.root.clientWidth, this.root.clientHeight]);
  }
}

function render({ model, el }) {
  const view = new MatrixView(model, el);
  return () => view.destroy();
}

export default { render };
