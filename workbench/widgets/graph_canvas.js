// Graph canvas: one graph, before and after its edits, drawn in place from typed arrays.
//
// One canvas is on the page. What an edit or a pointer does not change comes from two cached
// pictures, so that moving the slider redraws a few dozen lines between two copies:
//   edges that no edit touches | edges that come and go, candidates | nodes | hovered, picked
// A large graph is cached with a margin around what is seen: while the hand pans or zooms, the
// pictures are moved and stretched, and drawn anew when the hand rests. WebGL draws them where the
// graph is large (edges and nodes in one picture); it stays off the page, because a WebGL canvas on
// the page is read back in every frame where there is no graphics card.

const NEVER = 2147483647;
const MANY_EDGES = 1500; // redrawn in full while the hand moves, up to here
const MANY_NODES = 1500;
const WEBGL_EDGES = 6000; // drawn with WebGL, beyond here
const WEBGL_NODES = 4000;
const MARGIN = 0.3; // of a large graph's cached picture, share of the panel on each side
// Okabe and Ito's colors, those of the edits (blue, vermillion) last
const METHOD_COLORS = ["#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00", "#0072B2"];
const METHOD_DASHES = [[7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4], [2, 6], [6, 2]];

// ---------------------------------------------------------------- arrays from the kernel

function buffer(view, Type) {
  if (!view || !view.byteLength) return new Type(0);
  const start = view.byteOffset ?? 0;
  const source = view.buffer ?? view;
  const length = Math.floor(view.byteLength / Type.BYTES_PER_ELEMENT);
  return start % Type.BYTES_PER_ELEMENT === 0
    ? new Type(source, start, length)
    : new Type(source.slice(start, start + length * Type.BYTES_PER_ELEMENT));
}

function number(x, digits = 4) {
  if (x === Infinity) return "∞";
  if (x === -Infinity) return "−∞";
  if (!Number.isFinite(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e6 || Math.abs(x) < 1e-4)) {
    return x.toExponential(Math.min(2, digits - 1)).replace("-", "−").replace("e+", "e");
  }
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

const samePair = (a, u, v) =>
  a.length === 2 && ((a[0] === u && a[1] === v) || (a[0] === v && a[1] === u));

function element(tag, className, parent, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// A canvas with a tape bar stands where the bar stands. It listens to the bar's model in the page;
// a jslink would send every position to the kernel a second time, for each canvas.
async function followTape(model, moved) {
  const reference = model.get("tape");
  if (!reference) return null;
  const tape = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  tape.on("change:position", moved);
  return { position: () => tape.get("position"), stop: () => tape.off("change:position", moved) };
}

// ---------------------------------------------------------------- the picture left by the kernel

// The lab prints a static picture just above the live widget, so that the notebook shows something
// on GitHub, in nbviewer and before it is run. Beside the live canvas it would be the same graph
// twice, so it is hidden while the canvas lives, and comes back when the canvas goes.
function hidePictureAbove(root) {
  const above = root.closest(".jp-OutputArea-child")?.previousElementSibling;
  if (!above?.classList.contains("jp-OutputArea-child")) return () => {};
  const output = above.querySelector(".jp-OutputArea-output");
  if (!output?.classList.contains("jp-RenderedImage")) return () => {};
  const display = above.style.display;
  above.style.display = "none";
  return () => (above.style.display = display);
}

// ---------------------------------------------------------------- WebGL for large graphs

const LINE_VERTEX = `
attribute vec2 at;
uniform vec4 view;
void main() { gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0); }`;
const LINE_FRAGMENT = `
precision highp float;
uniform vec4 color;
void main() { gl_FragColor = color; }`;
const POINT_VERTEX = `
attribute vec2 at;
attribute vec3 paint;
uniform vec4 view;
uniform float radius;
varying vec3 fill;
void main() {
  gl_Position = vec4(at * view.xy + view.zw, 0.0, 1.0);
  gl_PointSize = 2.0 * radius + 1.0;
  fill = paint;
}`;
const POINT_FRAGMENT = `
precision highp float;
varying vec3 fill;
uniform float radius;
uniform float opacity;
uniform vec3 rim;
void main() {
  float r = length(gl_PointCoord - 0.5) * (2.0 * radius + 1.0);
  float inside = clamp(radius + 0.5 - r, 0.0, 1.0);
  if (inside <= 0.0) discard;
  float edge = radius > 2.5 ? clamp(r - radius + 1.5, 0.0, 1.0) : 0.0;
  gl_FragColor = vec4(mix(fill, rim, edge * 0.6), inside * opacity);
}`;

class Painter {
  constructor(canvas, lost) {
    // alpha: false, because on a transparent canvas translucent edges wash out to nothing
    this.gl = canvas.getContext("webgl", { alpha: false, antialias: true });
    if (!this.gl) return;
    this.lost = (event) => (event.preventDefault(), lost(false));
    this.restored = () => (this.setup(), lost(true));
    this.canvas = canvas;
    canvas.addEventListener("webglcontextlost", this.lost);
    canvas.addEventListener("webglcontextrestored", this.restored);
    this.setup();
  }

  setup() {
    const { gl } = this;
    const program = (vertex, fragment) => {
      const result = gl.createProgram();
      for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
        const shader = gl.createShader(kind);
        gl.shaderSource(shader, source);
        gl.compileShader(shader);
        gl.attachShader(result, shader);
      }
      gl.linkProgram(result);
      const uniforms = {};
      const count = gl.getProgramParameter(result, gl.ACTIVE_UNIFORMS) ?? 0;
      for (let i = 0; i < count; i++) {
        const { name } = gl.getActiveUniform(result, i);
        uniforms[name] = gl.getUniformLocation(result, name);
      }
      return { result, uniforms, at: gl.getAttribLocation(result, "at"),
               paint: gl.getAttribLocation(result, "paint") };
    };
    this.lines = program(LINE_VERTEX, LINE_FRAGMENT);
    this.points = program(POINT_VERTEX, POINT_FRAGMENT);
    this.edgeBuffer = gl.createBuffer();
    this.nodeBuffer = gl.createBuffer();
    this.paintBuffer = gl.createBuffer();
    this.paintBeforeBuffer = gl.createBuffer();
    this.edgeCount = 0;
    this.nodeCount = 0;
  }

  upload(target, array) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this[target]);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.STATIC_DRAW);
  }

  draw({ width, height, view, background, edgeColor, paint, radius, rim, opacity }) {
    const { gl, lines, points, canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    gl.clearColor(...background, 1);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(lines.result);
    gl.uniform4fv(lines.uniforms.view, view);
    gl.uniform4fv(lines.uniforms.color, edgeColor);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.edgeBuffer);
    gl.enableVertexAttribArray(lines.at);
    gl.vertexAttribPointer(lines.at, 2, gl.FLOAT, false, 0, 0);
    gl.drawArrays(gl.LINES, 0, 2 * this.edgeCount);
    gl.useProgram(points.result);
    gl.uniform4fv(points.uniforms.view, view);
    gl.uniform1f(points.uniforms.radius, radius);
    gl.uniform1f(points.uniforms.opacity, opacity);
    gl.uniform3fv(points.uniforms.rim, rim);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.nodeBuffer);
    gl.enableVertexAttribArray(points.at);
    gl.vertexAttribPointer(points.at, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this[paint]);
    gl.enableVertexAttribArray(points.paint);
    gl.vertexAttribPointer(points.paint, 3, gl.UNSIGNED_BYTE, true, 0, 0);
    gl.drawArrays(gl.POINTS, 0, this.nodeCount);
    gl.disableVertexAttribArray(points.paint);
  }

  destroy() {
    if (!this.gl) return;
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.removeEventListener("webglcontextrestored", this.restored);
    // a page may hold only 16 contexts: give this one back now, not at some garbage collection
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

// A picture kept off the page, with the camera it was drawn for.
class Picture {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.margin = [0, 0];
    this.at = null;
  }

  resize(width, height) {
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }
}

// ---------------------------------------------------------------- the view

class GraphView {
  constructor(model, el) {
    this.model = model;
    this.cleanups = [];
    this.dirty = true;
    this.pointer = null;
    this.hover = null; // {u, v?, edge?, candidate?, panel}
    this.focus = -1;
    this.keyboard = false;
    this.size = [0, 0];
    this.build(el);
    this.readStructure();
    this.readValues();
    this.readCandidates();
    this.readTheme();
    this.listen();
    this.describe();
    this.traveled();
    this.follow();
  }

  // ------------------------------------------------------------ page

  build(el) {
    el.classList.add("wb-host");
    const root = (this.root = element("div", "wb wb-graph", el));
    root.dataset.lmSuppressShortcuts = "true"; // else "0", Delete and the arrows reach the notebook
    const canvas = (this.canvas = element("canvas", "wb-layer", root));
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "graph");
    this.context = canvas.getContext("2d", { alpha: false });
    this.titles = [element("div", "wb-title", root), element("div", "wb-title", root)];
    this.divider = element("div", "wb-divider", root);
    this.legend = element("div", "wb-legend", root);
    const bar = (this.colorbar = element("div", "wb-colorbar", root));
    this.colorbarLabel = element("div", "wb-colorbar-label", bar);
    this.colorbarRamp = element("div", "wb-colorbar-ramp", bar);
    const ends = element("div", "wb-colorbar-ends", bar);
    this.colorbarEnds = [element("span", "", ends), element("span", "", ends)];
    this.statusLine = element("div", "wb-status", root);
    this.fit = element("button", "wb-button wb-fit", root, "fit");
    this.fit.type = "button";
    this.fit.title = "show the whole graph (or double-click, or 0)";
    this.tip = element("div", "wb-tip", root);
    this.live = element("div", "wb-hidden", root);
    this.live.setAttribute("aria-live", "polite");
    this.edgePicture = new Picture();
    this.nodePicture = new Picture();
    this.beforePicture = new Picture();
  }

  on(target, name, handler, options) {
    target.addEventListener(name, handler, options);
    this.cleanups.push(() => target.removeEventListener(name, handler, options));
  }

  onModel(name, handler) {
    this.model.on(name, handler);
    this.cleanups.push(() => this.model.off(name, handler));
  }

  listen() {
    const { model } = this;
    const marks = {
      positions: () => this.readStructure(), num_nodes: () => this.readStructure(),
      spans: () => this.readStructure(), renderer: () => this.readStructure(),
      node_values: () => this.readValues(), node_values_before: () => this.readValues(),
      color_range: () => this.readValues(),
      palette: () => this.readValues(), color_label: () => this.describe(),
      labels: () => this.outdate("nodes"),
      candidates: () => this.readCandidates(), methods: () => this.readCandidates(),
      position: () => (this.dirty = true), mode: () => this.resized(),
      camera: () => this.traveled(), selection: () => (this.dirty = true),
      picked: () => (this.dirty = true), hint: () => this.showTip(),
      hint_pair: () => this.showTip(), status: () => this.describe(),
      height: () => this.describe(), stale: () => this.greyLater(), hides_picture: () => this.hide(),
      editable: () => this.showTip(), tape: () => this.follow(),
    };
    for (const [name, mark] of Object.entries(marks)) this.onModel(`change:${name}`, mark);
    // one drawing for a message that changes several traits
    this.onModel("change", () => this.flush());

    const top = this.canvas;
    this.on(top, "pointermove", (event) => this.moved(event));
    this.on(top, "pointerdown", (event) => this.pressed(event));
    this.on(top, "pointerup", (event) => this.released(event));
    this.on(top, "pointercancel", () => (this.drag = null));
    this.on(top, "pointerleave", () => this.left());
    this.on(top, "dblclick", () => this.setCamera([]));
    this.on(top, "wheel", (event) => this.wheeled(event), { passive: false });
    this.on(document, "wheel", (event) => {
      if (event.target !== top) this.scrolled = [event.screenX, event.screenY];
    }, { passive: true, capture: true });
    this.on(this.fit, "click", () => {
      this.setCamera([]);
      top.focus({ preventScroll: true }); // the button goes
    });
    this.on(top, "keydown", (event) => this.key(event));
    this.on(top, "focus", () => {
      this.keyboard = top.matches(":focus-visible");
      this.redraw();
    });
    this.on(top, "blur", () => {
      this.keyboard = false;
      this.showTip();
      this.redraw();
    });

    const resize = new ResizeObserver((entries) => {
      const box = entries[0].devicePixelContentBoxSize?.[0];
      this.pixels = box ? [box.inlineSize, box.blockSize] : null;
      this.rethemed(); // before it is on the page the root has no style to read
      this.resized();
      this.flush();
    });
    try {
      resize.observe(this.canvas, { box: "device-pixel-content-box" });
    } catch {
      resize.observe(this.canvas); // Safari knows no device pixel box
    }
    this.cleanups.push(() => resize.disconnect());

    // JupyterLab loads the new theme's variables some time around the attribute change
    const theme = new MutationObserver(() => {
      for (const wait of [0, 120, 500]) this.later(() => this.rethemed(), wait);
    });
    theme.observe(document.body, {
      attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "class"],
    });
    this.cleanups.push(() => theme.disconnect());
  }

  async follow() {
    this.tape?.stop();
    this.tape = null;
    const tape = await followTape(this.model, () => this.redraw());
    this.tape?.stop(); // of two that were on their way, the later one stays
    this.tape = tape;
    if (this.gone) tape?.stop();
    else this.redraw();
  }

  get position() {
    return this.tape ? this.tape.position() : this.model.get("position");
  }

  later(work, wait) {
    this.timers ??= new Set();
    const id = setTimeout(() => {
      this.timers.delete(id);
      work();
    }, wait);
    this.timers.add(id);
    return id;
  }

  cancel(id) {
    clearTimeout(id);
    this.timers?.delete(id);
  }

  destroy() {
    this.gone = true;
    this.tape?.stop();
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    for (const id of this.timers ?? []) clearTimeout(id);
    cancelAnimationFrame(this.frame);
    this.painter?.destroy();
    this.showPicture?.();
    for (const picture of [this.edgePicture, this.nodePicture, this.beforePicture]) picture.resize(0, 0);
    this.root.remove();
  }

  hide() {
    this.showPicture?.();
    this.showPicture = this.model.get("hides_picture") ? hidePictureAbove(this.root) : null;
  }

  // ------------------------------------------------------------ traits to arrays

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

  // ------------------------------------------------------------ theme and texts

  readTheme() {
    const style = getComputedStyle(this.root);
    const rgb = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
    const back = rgb(style.backgroundColor), fore = rgb(style.color);
    const dark = 0.2126 * back[0] + 0.7152 * back[1] + 0.0722 * back[2] < 128;
    const mix = (t) => back.map((b, c) => Math.round(b + t * (fore[c] - b)));
    const css = (c, alpha = 1) => `rgba(${c[0]}, ${c[1]}, ${c[2]}, ${alpha})`;
    this.theme = {
      key: style.backgroundColor + style.color + style.fontFamily, dark, back, fore, mix, css,
      font: style.fontFamily, plain: mix(0.5), rim: mix(dark ? 0.75 : 0.6),
      edge: mix(dark ? 0.62 : 0.55),
      // sky blue and a light vermillion carry the same meaning on a dark ground
      added: dark ? "#56B4E9" : "#0072B2", removed: dark ? "#EE7733" : "#D55E00",
      strong: css(fore), ground: css(back),
    };
    this.root.style.setProperty("--wb-added", this.theme.added);
    this.root.style.setProperty("--wb-removed", this.theme.removed);
  }

  rethemed() {
    const before = this.theme.key;
    this.readTheme();
    if (this.theme.key === before) return;
    this.uploadValues();
    this.outdate();
    this.flush();
  }

  name(i) {
    const label = this.model.get("labels")[i];
    return label ? label : `node ${i}`;
  }

  describe() {
    const { model, root } = this;
    root.style.height = `${model.get("height")}px`;
    const [low, high] = model.get("color_range");
    this.colorbar.style.display = this.values ? "" : "none";
    if (this.values) {
      this.colorbarLabel.textContent = model.get("color_label");
      this.colorbarEnds[0].textContent = number(low);
      this.colorbarEnds[1].textContent = number(high);
      const stops = [];
      for (let k = 0; k <= 16; k++) {
        const i = 3 * Math.min(255, Math.round(k * 15.9375));
        stops.push(`rgb(${this.table[i]},${this.table[i + 1]},${this.table[i + 2]})`);
      }
      this.colorbarRamp.style.background = `linear-gradient(to right, ${stops.join(",")})`;
    }
    this.statusLine.textContent = model.get("status");
    this.describeLegend();
    this.canvas.setAttribute(
      "aria-label",
      `Graph of ${this.n} nodes. Arrow keys move between nodes, Enter picks a node and a second ` +
        `Enter adds or removes the edge, Delete removes it, Escape clears, plus, minus and 0 zoom.`,
    );
  }

  describeLegend() {
    if (!this.moving) return;
    const rows = [];
    let added = false, removed = false;
    for (const i of this.moving) {
      if (this.spans[i + 2] > 0) added = true;
      if (this.spans[i + 3] !== NEVER) removed = true;
    }
    if (added) rows.push(["added", "var(--wb-added)", "", 2.5]);
    if (removed) rows.push(["removed", "var(--wb-removed)", "4 3", 1.5]);
    const methods = this.model.get("methods");
    const shown = new Set((this.candidates ?? []).map((one) => one.method));
    methods.forEach((method, m) => {
      if (!shown.has(m)) return;
      const k = m % METHOD_COLORS.length;
      // where nothing can be edited a candidate is no edge to come, but a pair to look at
      const text = this.model.get("editable") ? `${method} next` : method;
      rows.push([text, METHOD_COLORS[k], METHOD_DASHES[k].join(" "), 2]);
    });
    const key = JSON.stringify(rows);
    if (key === this.legendKey) return;
    this.legendKey = key;
    this.legend.replaceChildren();
    for (const [text, color, dash, width] of rows) {
      const row = element("div", "wb-legend-row", this.legend);
      const ns = "http://www.w3.org/2000/svg";
      const svg = document.createElementNS(ns, "svg");
      svg.setAttribute("width", 26);
      svg.setAttribute("height", 8);
      svg.setAttribute("aria-hidden", "true");
      const line = document.createElementNS(ns, "line");
      for (const [k, v] of Object.entries({ x1: 1, x2: 25, y1: 4, y2: 4 })) line.setAttribute(k, v);
      line.style.cssText = `stroke:${color};stroke-width:${width};stroke-dasharray:${dash}`;
      svg.append(line);
      row.append(svg);
      element("span", "", row, text);
    }
  }

  describePanels() {
    const position = this.position, mode = this.model.get("mode");
    const edits = `after ${position} ${position === 1 ? "edit" : "edits"}`;
    const after = this.moving.length || this.model.get("editable") ? edits : "";
    const texts = mode === "both" ? ["before", after] : [mode === "before" ? "before" : after, ""];
    texts.forEach((text, k) => {
      if (this.titles[k].textContent !== text) this.titles[k].textContent = text;
    });
    this.root.classList.toggle("wb-both", mode === "both");
  }

  // grey only what stays old for a moment: an answer within a blink should not flicker
  greyLater() {
    this.cancel(this.greying);
    const apply = (grey) => {
      if (this.grey === grey) return;
      this.grey = grey;
      this.root.classList.toggle("wb-stale", grey);
      if (this.painter) this.outdate("edges"); // which hold the nodes, too
      this.redraw();
    };
    if (this.model.get("stale")) this.greying = this.later(() => apply(true), 150);
    else apply(false);
  }

  // ------------------------------------------------------------ geometry

  resized() {
    this.outdate();
    const rect = this.canvas.getBoundingClientRect();
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width || !height) return;
    if (this.showPicture === undefined && this.root.isConnected) this.hide();
    const ratio = window.devicePixelRatio || 1;
    let [w, h] = [Math.round(rect.width * ratio), Math.round(rect.height * ratio)];
    // the observer knows how the browser rounded, but not of an emulated pixel ratio
    if (this.pixels && Math.abs(this.pixels[0] - w) < 2 && Math.abs(this.pixels[1] - h) < 2) {
      [w, h] = this.pixels;
    }
    this.ratio = ratio;
    this.size = [width, height];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
  }

  // panels in CSS pixels; position says at which point of the tape each one stands
  panels() {
    const [width, height] = this.size;
    const position = this.position;
    const mode = this.model.get("mode");
    if (mode !== "both") {
      return [{ x: 0, width, height, position: mode === "before" ? 0 : position, live: mode === "after" }];
    }
    const half = Math.floor(width / 2);
    return [
      { x: 0, width: half, height, position: 0, live: false },
      { x: width - half, width: half, height, position, live: true },
    ];
  }

  // [scale, shift x, shift y]: screen x = shift x + scale * x, screen y = shift y - scale * y
  transform(panel) {
    const [left, right, low, high] = this.box;
    const marginX = 30, top = 34, bottom = this.values ? 58 : 34;
    const roomX = Math.max(20, panel.width - 2 * marginX);
    const roomY = Math.max(20, panel.height - top - bottom);
    const spanX = right - left, spanY = high - low;
    const fit = spanX || spanY
      ? Math.min(spanX ? roomX / spanX : Infinity, spanY ? roomY / spanY : Infinity) : 1;
    const camera = this.model.get("camera");
    const [cx, cy, zoom] = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1];
    const scale = fit * zoom;
    return [scale, panel.width / 2 - scale * cx, top + roomY / 2 + scale * cy];
  }

  setCamera(camera) {
    this.model.set("camera", camera);
    this.cancel(this.saving);
    this.saving = this.later(() => this.model.save_changes(), 120);
  }

  zoom(factor, x, y) {
    const panel = this.panelAt(x);
    const [scale, shiftX, shiftY] = this.transform(panel);
    const camera = this.model.get("camera");
    const [left, right, low, high] = this.box;
    const now = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1];
    const zoom = Math.max(0.2, Math.min(400, now[2] * factor));
    const real = zoom / now[2];
    // the point under the pointer stays where it is
    const px = (x - panel.x - shiftX) / scale, py = (shiftY - y) / scale;
    this.setCamera([px + (now[0] - px) / real, py + (now[1] - py) / real, zoom]);
  }

  panelAt(x) {
    const panels = this.panels();
    return panels.find((panel) => x < panel.x + panel.width) ?? panels[panels.length - 1];
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

  radius(scale) {
    const [width, height] = this.size;
    const area = (width * height) / (this.model.get("mode") === "both" ? 2 : 1);
    const camera = this.model.get("camera");
    const zoom = camera.length === 3 ? camera[2] : 1;
    let base = Math.max(1.4, Math.min(8, 0.24 * Math.sqrt(area / Math.max(1, this.n))));
    if (!this.large) base = Math.min(base, Math.max(3, (0.45 * this.spacing() * scale) / zoom));
    return Math.min(14, base * Math.sqrt(Math.max(0.5, zoom)));
  }

  // ------------------------------------------------------------ drawing

  redraw() {
    this.dirty = true;
    this.flush();
  }

  outdate(which = "both") {
    this.dirty = true;
    if (which !== "nodes") this.edgePicture.at = null;
    if (which !== "edges") this.nodePicture.at = null;
    if (which !== "edges" || this.painter) this.beforePicture.at = null;
  }

  // The camera moved. A large graph's cached pictures move along until the hand rests.
  traveled() {
    this.dirty = true;
    this.root.classList.toggle("wb-moved", this.model.get("camera").length === 3);
    if (!this.large) return;
    this.traveling = true;
    this.cancel(this.resting);
    this.resting = this.later(() => {
      this.traveling = false;
      this.redraw();
    }, 90);
  }

  // The first change in a frame is drawn at once (the pointer event that caused it already comes
  // once per frame, so waiting would only cost a frame); later ones in that frame are drawn together.
  flush() {
    if (!this.dirty || this.frame) return;
    this.draw();
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.dirty) this.draw();
    });
  }

  draw() {
    if (!this.size[0]) return;
    this.dirty = false;
    const panels = this.panels();
    const [scale, shiftX, shiftY] = this.transform(panels[0]);
    this.view = { panels, scale, shiftX, shiftY, radius: this.radius(scale) };
    this.describePanels();
    // The panels share their pictures, but not the one with the nodes where these had other colors
    // before: that of the edges with WebGL, else that of the nodes.
    const old = (panel) => !panel.live && this.binsBefore !== this.bins;
    const edges = panels.map((panel) => {
      const own = this.painter && old(panel), picture = own ? this.beforePicture : this.edgePicture;
      const paint = own ? "paintBeforeBuffer" : "paintBuffer";
      return [picture.canvas, ...this.place(picture, (one) => this.paintEdges(one, paint))];
    });
    const nodes = panels.map((panel) => {
      const own = !this.painter && old(panel), picture = own ? this.beforePicture : this.nodePicture;
      const bins = own ? this.binsBefore : this.bins;
      return [picture.canvas, ...this.place(picture, (one) => this.paintNodes(one, bins))];
    });
    const { context, canvas, theme } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    panels.forEach((panel, which) => {
      this.inPanel(panel, () => {
        context.drawImage(...edges[which]);
        this.drawEdits(context, panel);
        if (panel.live) this.drawCandidates(context);
        if (!this.painter || this.anyLabel) {
          context.globalAlpha = this.grey ? 0.35 : 1;
          context.drawImage(...nodes[which]);
          context.globalAlpha = 1;
        }
        this.drawMarks(context, panel);
      });
    });
  }

  // A cached picture for the present view: as it is, moved along with the hand, or drawn anew.
  // Returns where to put it, in device pixels: [x, y, width, height].
  place(picture, paint) {
    const { ratio } = this;
    const { panels, scale, shiftX, shiftY, radius } = this.view;
    const now = { scale: scale * ratio, x: shiftX * ratio, y: shiftY * ratio };
    const width = Math.round(panels[0].width * ratio), height = this.canvas.height;
    if (picture.at) {
      const { at, margin, canvas } = picture;
      const grow = now.scale / at.scale;
      let x = now.x - grow * (at.x + margin[0]), y = now.y - grow * (at.y + margin[1]);
      const same = Math.abs(grow - 1) < 1e-9;
      if (same) [x, y] = [Math.round(x), Math.round(y)];
      const w = grow * canvas.width, h = grow * canvas.height;
      const still = same && Math.abs(now.x - at.x) < 0.01 && Math.abs(now.y - at.y) < 0.01;
      if (still) return [x, y, w, h];
      if (this.traveling && grow > 0.4 && grow < 2.5) {
        // all of the graph that is in sight must be in the picture
        const [left, right, low, high] = this.box, pad = (radius + 2) * ratio;
        const seen = [Math.max(0, now.x + now.scale * left - pad), Math.max(0, now.y - now.scale * high - pad),
                      Math.min(width, now.x + now.scale * right + pad), Math.min(height, now.y - now.scale * low + pad)];
        if (seen[0] >= x - 1 && seen[1] >= y - 1 && seen[2] <= x + w + 1 && seen[3] <= y + h + 1) {
          return [x, y, w, h];
        }
      }
    }
    const share = this.large ? MARGIN : 0;
    picture.margin = [Math.round(share * width), Math.round(share * height)];
    picture.resize(width + 2 * picture.margin[0], height + 2 * picture.margin[1]);
    picture.at = now;
    paint(picture);
    return [-picture.margin[0], -picture.margin[1], picture.canvas.width, picture.canvas.height];
  }

  edgeAlpha() {
    const m = this.always.length + this.moving.length;
    const dense = m / Math.max(1, (this.size[0] * this.size[1]) / 1000);
    const camera = this.model.get("camera");
    const zoom = camera.length === 3 ? Math.max(1, camera[2]) : 1;
    return Math.max(0.16, Math.min(0.8, (1.5 / Math.sqrt(1 + dense)) * Math.sqrt(zoom)));
  }

  paintEdges({ canvas, context, margin }, paint) {
    const { theme, ratio, painter } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const { width, height } = canvas;
    if (painter) {
      const k = 2 * scale * ratio;
      painter.draw({
        width, height,
        view: [k / width, k / height, (2 * (shiftX * ratio + margin[0])) / width - 1,
               1 - (2 * (shiftY * ratio + margin[1])) / height],
        background: theme.back.map((c) => c / 255),
        edgeColor: [...theme.edge.map((c) => c / 255), this.edgeAlpha()],
        paint, radius: radius * ratio, rim: theme.rim.map((c) => c / 255), opacity: this.grey ? 0.35 : 1,
      });
      context.drawImage(painter.canvas, 0, 0);
      return;
    }
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, width, height);
    context.lineWidth = ratio * Math.max(0.7, Math.min(1.4, 0.22 * radius));
    context.strokeStyle = theme.css(theme.edge, this.edgeAlpha());
    context.translate(...margin);
    this.strokeSpans(context, this.always);
  }

  inPanel(panel, work) {
    const { context, ratio } = this;
    context.save();
    context.beginPath();
    context.rect(Math.round(panel.x * ratio), 0, Math.round(panel.width * ratio), this.canvas.height);
    context.clip();
    context.translate(Math.round(panel.x * ratio), 0);
    work();
    context.restore();
  }

  strokeSpans(context, rows) {
    const { positions, spans, ratio } = this;
    const { scale, shiftX, shiftY } = this.view;
    const k = scale * ratio, x0 = shiftX * ratio, y0 = shiftY * ratio;
    // short paths: one path of thousands of lines is slow to rasterize in software
    for (let from = 0; from < rows.length; from += 250) {
      context.beginPath();
      for (let j = from; j < Math.min(rows.length, from + 250); j++) {
        const u = 2 * spans[rows[j]], v = 2 * spans[rows[j] + 1];
        context.moveTo(x0 + k * positions[u], y0 - k * positions[u + 1]);
        context.lineTo(x0 + k * positions[v], y0 - k * positions[v + 1]);
      }
      context.stroke();
    }
  }

  // nodes and labels; panels have the same size and camera, so a picture serves both unless the
  // nodes had other colors before
  paintNodes({ canvas, context, margin }, bins) {
    const { positions, n, theme, ratio, table } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const w = canvas.width, h = canvas.height;
    context.clearRect(0, 0, w, h);
    const k = scale * ratio, r = radius * ratio;
    const x0 = shiftX * ratio + margin[0], y0 = shiftY * ratio + margin[1];
    const inView = [];
    for (let i = 0; i < n; i++) {
      const x = x0 + k * positions[2 * i], y = y0 - k * positions[2 * i + 1];
      if (x > -r && x < w + r && y > -r && y < h + r) inView.push(i);
    }
    if (!this.painter) {
      // one path per color, not one style per node
      const buckets = new Map();
      for (const i of inView) {
        const bucket = buckets.get(bins[i]);
        if (bucket) bucket.push(i);
        else buckets.set(bins[i], [i]);
      }
      context.lineWidth = Math.max(0.6, 0.13 * radius) * ratio;
      context.strokeStyle = theme.css(theme.rim, 0.9);
      for (const [bin, members] of buckets) {
        const c = 3 * bin;
        context.fillStyle = bin < 256
          ? `rgb(${table[c]},${table[c + 1]},${table[c + 2]})` : theme.css(theme.plain);
        context.beginPath();
        for (const i of members) {
          const x = x0 + k * positions[2 * i], y = y0 - k * positions[2 * i + 1];
          context.moveTo(x + r, y);
          context.arc(x, y, r, 0, 6.2832);
        }
        context.fill();
        if (radius > 2.5) context.stroke();
      }
    }
    this.drawLabels(context, inView, w, h, margin);
  }

  drawLabels(context, inView, w, h, margin) {
    const labels = this.model.get("labels");
    this.anyLabel = false;
    if (!labels.length || inView.length > 400) return;
    const { positions, ratio, theme } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const size = 11 * ratio;
    context.font = `${size}px ${theme.font}`;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3 * ratio;
    context.strokeStyle = theme.css(theme.back, 0.85);
    context.fillStyle = theme.strong;
    const taken = [];
    const free = (a) => taken.every((b) => a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]);
    const at = inView.map((i) => [
      (shiftX + scale * positions[2 * i]) * ratio + margin[0],
      (shiftY - scale * positions[2 * i + 1]) * ratio + margin[1],
    ]);
    const r = radius * ratio;
    for (const [x, y] of at) taken.push([x - 0.7 * r, y - 0.7 * r, x + 0.7 * r, y + 0.7 * r]);
    inView.forEach((i, j) => {
      if (!labels[i]) return;
      const width = context.measureText(labels[i]).width, [x, y] = at[j];
      const gap = r + 3 * ratio, half = 0.6 * size;
      // right, left, above, below: the first place where nothing else stands
      for (const [lx, ly] of [[x + gap, y], [x - gap - width, y], [x - width / 2, y - gap - half],
                              [x - width / 2, y + gap + half]]) {
        const spot = [lx, ly - half, lx + width, ly + half];
        if (lx < 2 || lx + width > w - 2 || ly < half || ly > h - half || !free(spot)) continue;
        taken.push(spot);
        context.strokeText(labels[i], lx, ly);
        context.fillText(labels[i], lx, ly);
        this.anyLabel = true;
        return;
      }
    });
  }

  drawEdits(context, { position: p }) {
    const { theme, ratio, moving, spans } = this;
    const { radius } = this.view;
    const thin = ratio * Math.max(0.7, Math.min(1.4, 0.22 * radius));
    const thick = ratio * Math.max(1.6, Math.min(3, 0.42 * radius));
    const original = [], added = [], removed = [], current = [];
    for (const i of moving) {
      const start = spans[i + 2], end = spans[i + 3];
      if (start <= p && p < end) (start === 0 ? original : added).push(i);
      else if (p >= end && start === 0) removed.push(i);
      if (p > 0 && (start === p || end === p)) current.push(i);
    }
    if (original.length) {
      context.lineWidth = thin;
      context.strokeStyle = theme.css(theme.edge, this.edgeAlpha());
      this.strokeSpans(context, original);
    }
    if (removed.length) {
      context.lineWidth = Math.max(thin, ratio);
      context.setLineDash([4 * ratio, 3 * ratio]);
      context.strokeStyle = theme.removed;
      context.globalAlpha = theme.dark ? 0.85 : 0.6;
      this.strokeSpans(context, removed);
      context.setLineDash([]);
      context.globalAlpha = 1;
    }
    // the edit where the slider stands: a halo, and for a removed edge stronger dashes
    for (const i of current) {
      const gone = spans[i + 3] === p;
      context.lineWidth = thick + 6 * ratio;
      context.lineCap = "round";
      context.globalAlpha = theme.dark ? 0.38 : 0.28;
      context.strokeStyle = gone ? theme.removed : theme.added;
      this.strokeSpans(context, [i]);
      context.globalAlpha = 1;
      context.lineCap = "butt";
      if (gone) {
        context.lineWidth = thick;
        context.setLineDash([5 * ratio, 3 * ratio]);
        this.strokeSpans(context, [i]);
        context.setLineDash([]);
      }
    }
    if (added.length) {
      context.lineWidth = thick;
      context.strokeStyle = theme.added;
      this.strokeSpans(context, added);
    }
  }

  drawCandidates(context) {
    const { ratio, n } = this;
    context.lineWidth = 2 * ratio;
    for (const one of this.candidates) {
      if (one.u >= n || one.v >= n) continue;
      const k = one.method % METHOD_COLORS.length;
      const [ax, ay, bx, by] = this.candidateLine(one);
      context.strokeStyle = METHOD_COLORS[k];
      context.setLineDash(METHOD_DASHES[k].map((d) => d * ratio));
      context.beginPath();
      context.moveTo(ax * ratio, ay * ratio);
      context.lineTo(bx * ratio, by * ratio);
      context.stroke();
    }
    context.setLineDash([]);
  }

  // methods that agree on a pair run side by side, so that both stay visible
  candidateLine({ u, v, lane, lanes }) {
    const [ax, ay] = this.at(u), [bx, by] = this.at(v);
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const off = (lane - (lanes - 1) / 2) * 3.5;
    const dx = (-(by - ay) / length) * off, dy = ((bx - ax) / length) * off;
    return [ax + dx, ay + dy, bx + dx, by + dy];
  }

  // a node in CSS pixels of its panel
  at(i) {
    const { scale, shiftX, shiftY } = this.view;
    return [shiftX + scale * this.positions[2 * i], shiftY - scale * this.positions[2 * i + 1]];
  }

  // what is hovered, picked and focused
  drawMarks(context, panel) {
    const { theme, ratio, n } = this;
    const { radius } = this.view;
    const selection = this.model.get("selection").filter((i) => i >= 0 && i < n);
    const picked = this.model.get("picked").filter((i) => i >= 0 && i < n);
    const ring = (i, extra, width, color, dash = []) => {
      const [x, y] = this.at(i);
      context.beginPath();
      context.setLineDash(dash.map((d) => d * ratio));
      context.lineWidth = width * ratio;
      context.strokeStyle = color;
      context.arc(x * ratio, y * ratio, (radius + extra) * ratio, 0, 6.2832);
      context.stroke();
      context.setLineDash([]);
    };
    if (selection.length === 2 && selection[0] !== selection[1]) {
      let [a, b] = selection.map((i) => this.at(i));
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const share = Math.min(0.5, (radius + 3.5) / (length || 1)); // from ring to ring
      const cut = [(b[0] - a[0]) * share, (b[1] - a[1]) * share];
      [a, b] = [[a[0] + cut[0], a[1] + cut[1]], [b[0] - cut[0], b[1] - cut[1]]];
      const edge = this.adjacent(selection[0], selection[1], panel.position);
      for (const [width, color, alpha] of [[edge ? 7 : 5, theme.ground, 0.7],
                                           [edge ? 2.5 : 1.5, theme.strong, 0.9]]) {
        context.globalAlpha = alpha;
        context.lineWidth = width * ratio;
        context.strokeStyle = color;
        if (!edge && color === theme.strong) context.setLineDash([5 * ratio, 4 * ratio]);
        context.beginPath();
        context.moveTo(a[0] * ratio, a[1] * ratio);
        context.lineTo(b[0] * ratio, b[1] * ratio);
        context.stroke();
      }
      context.globalAlpha = 1;
      context.setLineDash([]);
    }
    for (const i of selection) {
      ring(i, 3.5, 4.5, theme.ground);
      ring(i, 3.5, 2, theme.strong);
    }
    for (const i of picked) {
      ring(i, 4, 6, theme.ground);
      ring(i, 4, 3, theme.added);
    }
    if (this.keyboard && this.focus >= 0) ring(this.focus, 7.5, 1.5, theme.strong, [3, 2]);
  }

  // ------------------------------------------------------------ what is where

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

  // ------------------------------------------------------------ pointer

  local(event) {
    const rect = this.canvas.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  find(x, y) {
    if (!this.view) return null;
    const panel = this.panelAt(x);
    const px = x - panel.x;
    const u = this.nodeAt(px, y);
    if (u >= 0) return { u, panel };
    const candidate = panel.live ? this.candidateAt(px, y) : null;
    if (candidate) return { u: candidate.u, v: candidate.v, candidate, panel };
    const edge = this.edgeAt(px, y, panel.position);
    return edge ? { u: edge[0], v: edge[1], edge: true, panel } : null;
  }

  moved(event) {
    const [x, y] = this.local(event);
    this.pointer = [x, y];
    if (this.drag) {
      const { from, camera, scale } = this.drag;
      const dx = x - from[0], dy = y - from[1];
      if (!this.drag.moving && Math.hypot(dx, dy) < 4) return;
      this.drag.moving = true;
      this.root.classList.add("wb-dragging");
      this.tip.classList.remove("wb-shown");
      this.setCamera([camera[0] - dx / scale, camera[1] + dy / scale, camera[2]]);
      return;
    }
    this.hover = this.find(x, y);
    this.keyboard = false;
    this.select();
    this.showTip();
  }

  pressed(event) {
    if (event.button !== 0 || !this.view) return;
    const [left, right, low, high] = this.box;
    const camera = this.model.get("camera");
    this.drag = {
      from: this.local(event), scale: this.view.scale, moving: false,
      camera: camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1],
    };
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.focus({ preventScroll: true });
  }

  released(event) {
    const drag = this.drag;
    this.drag = null;
    this.root.classList.remove("wb-dragging");
    if (!drag || drag.moving) return;
    this.pointer = this.local(event);
    this.hover = this.find(...this.pointer);
    this.clicked(this.hover);
    this.select();
    this.showTip();
  }

  clicked(hit) {
    const { model } = this;
    const [first] = model.get("picked");
    if (!hit) return this.pick([]);
    if (hit.v !== undefined) {
      if (!hit.panel.live || !model.get("editable")) return;
      const adjacent = this.adjacent(hit.u, hit.v, hit.panel.position);
      if (hit.candidate && adjacent) return;
      return this.edit(hit.candidate ? "add" : "remove", hit.u, hit.v);
    }
    this.focus = hit.u;
    if (first === undefined) return this.pick([hit.u]);
    if (first === hit.u) return this.pick([]);
    const possible = hit.panel.live && model.get("editable") &&
      !this.adjacent(first, hit.u, hit.panel.position);
    if (possible) this.edit("add", first, hit.u);
    else this.pick([hit.u]);
  }

  edit(type, u, v) {
    this.model.send({ type, u, v });
    this.say(`${type === "add" ? "Adding" : "Removing"} the edge ${this.name(u)} to ${this.name(v)}`);
    this.pick([]);
  }

  pick(nodes) {
    this.model.set("picked", nodes);
    this.model.save_changes();
  }

  left() {
    if (this.drag) return;
    this.pointer = null;
    this.hover = null;
    this.select();
    this.showTip();
  }

  wheeled(event) {
    // the page scrolls until the hand moves: a graph that comes under a resting pointer stays
    if (this.scrolled && !event.ctrlKey) {
      const [x, y] = this.scrolled;
      if (Math.hypot(event.screenX - x, event.screenY - y) < 4) return;
      this.scrolled = null;
    }
    event.preventDefault();
    event.stopPropagation();
    const step = event.deltaMode === 1 ? 20 * event.deltaY : event.deltaY;
    this.zoom(Math.exp(-0.0018 * Math.max(-300, Math.min(300, step))), ...this.local(event));
  }

  // the hovered or focused thing becomes the shared selection
  select() {
    const { model } = this;
    const [picked] = model.get("picked");
    const node = this.hover?.v === undefined ? this.hover?.u ?? (this.keyboard ? this.focus : -1) : -1;
    let selection = [];
    if (this.hover?.v !== undefined) selection = [this.hover.u, this.hover.v];
    else if (node >= 0) selection = picked === undefined || picked === node ? [node] : [picked, node];
    else if (picked !== undefined) selection = [picked];
    const now = model.get("selection");
    if (now.length === selection.length && now.every((i, k) => i === selection[k])) return;
    model.set("selection", selection);
    model.set("hint", "");
    model.save_changes();
    this.cancel(this.asking);
    if (selection.length === 2) {
      const [u, v] = selection;
      this.asking = this.later(() => model.send({ type: "hover", u, v }), 40);
    }
  }

  // ------------------------------------------------------------ keys

  key(event) {
    const [width, height] = this.size;
    const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const actions = {
      Enter: () => this.act(), " ": () => this.act(),
      Delete: () => this.removePair(), Backspace: () => this.removePair(),
      Escape: () => this.clear(),
      "+": () => this.zoom(1.25, width / 2, height / 2), "=": () => this.zoom(1.25, width / 2, height / 2),
      "-": () => this.zoom(0.8, width / 2, height / 2), _: () => this.zoom(0.8, width / 2, height / 2),
      0: () => this.setCamera([]),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = directions[event.key];
    if (!direction && !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.keyboard = true;
    this.hover = null;
    if (direction) this.step(direction);
    else actions[event.key]();
    this.select();
    this.announce();
    this.showTip();
    this.redraw();
  }

  step([dx, dy]) {
    const { positions, n } = this;
    if (!n) return;
    if (this.focus < 0) {
      const [left, right, low, high] = this.box;
      const camera = this.model.get("camera");
      const [cx, cy] = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2];
      let nearest = Infinity;
      for (let i = 0; i < n; i++) {
        const d = Math.hypot(positions[2 * i] - cx, positions[2 * i + 1] - cy);
        if (d < nearest) [nearest, this.focus] = [d, i];
      }
    } else {
      const x = positions[2 * this.focus], y = positions[2 * this.focus + 1];
      let best = -1, lowest = Infinity;
      for (let i = 0; i < n; i++) {
        if (i === this.focus) continue;
        const ax = positions[2 * i] - x, ay = positions[2 * i + 1] - y;
        const along = ax * dx + ay * dy, across = Math.abs(ax * dy) + Math.abs(ay * dx);
        if (along <= 0 || across > 1.8 * along) continue;
        const cost = along + 1.5 * across;
        if (cost < lowest) [lowest, best] = [cost, i];
      }
      if (best >= 0) this.focus = best;
    }
    this.bringIntoView(this.focus);
  }

  bringIntoView(i) {
    if (!this.view) return;
    const [x, y] = this.at(i), { panels, scale } = this.view;
    const { width, height } = panels[0];
    const dx = Math.min(0, x - 20) + Math.max(0, x - width + 20);
    const dy = Math.min(0, y - 20) + Math.max(0, y - height + 20);
    if (!dx && !dy) return;
    const [left, right, low, high] = this.box;
    const camera = this.model.get("camera");
    const now = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1];
    this.setCamera([now[0] + dx / scale, now[1] - dy / scale, now[2]]);
  }

  act() {
    if (this.focus < 0) return this.step([0, 0]);
    const [first] = this.model.get("picked");
    if (first === undefined) return this.pick([this.focus]);
    if (first === this.focus) return this.pick([]);
    if (this.model.get("mode") === "before" || !this.model.get("editable")) return this.pick([this.focus]);
    const adjacent = this.adjacent(first, this.focus, this.position);
    this.edit(adjacent ? "remove" : "add", first, this.focus);
  }

  removePair() {
    const [first] = this.model.get("picked");
    if (first === undefined || this.focus < 0 || this.model.get("mode") === "before") return;
    if (!this.model.get("editable")) return;
    if (this.adjacent(first, this.focus, this.position)) this.edit("remove", first, this.focus);
  }

  clear() {
    this.pick([]);
    this.focus = -1;
  }

  announce() {
    if (this.focus < 0) return this.say("Nothing selected");
    const [picked] = this.model.get("picked");
    const value = this.values ? `, ${this.model.get("color_label")} ${number(this.values[this.focus])}` : "";
    let text = `${this.name(this.focus)}${value}`;
    if (picked === this.focus) text += ", picked";
    else if (picked !== undefined) {
      const adjacent = this.adjacent(picked, this.focus, this.position);
      text += `, with ${this.name(picked)}: ${adjacent ? "an edge" : "no edge"}`;
    }
    this.say(text);
  }

  say(text) {
    this.live.textContent = text;
  }

  // ------------------------------------------------------------ tooltip

  showTip() {
    const { model, tip } = this;
    const byKey = !this.hover && this.keyboard && this.focus >= 0;
    if ((!this.hover && !byKey) || this.drag?.moving || !this.view) {
      tip.classList.remove("wb-shown");
      return;
    }
    const [picked] = model.get("picked");
    const live = byKey ? model.get("mode") !== "before" : this.hover.panel.live;
    const position = byKey ? this.position : this.hover.panel.position;
    const editable = live && model.get("editable");
    const u = byKey ? this.focus : this.hover.u;
    const pair = this.hover?.v !== undefined ? [this.hover.u, this.hover.v]
      : picked !== undefined && picked !== u ? [picked, u] : null;
    const lines = [];
    if (pair) {
      const adjacent = this.adjacent(...pair, position);
      lines.push(["wb-tip-head", `${this.name(pair[0])} – ${this.name(pair[1])}`]);
      const kind = this.hover?.candidate
        ? `${editable ? "best next edge of " : ""}${model.get("methods")[this.hover.candidate.method] ?? "a method"}`
        : adjacent ? "edge" : "no edge";
      lines.push(["", kind]);
      const hint = model.get("hint"), owner = model.get("hint_pair");
      if (hint && (!owner.length || samePair(owner, ...pair))) lines.push(["wb-tip-hint", hint]);
      if (editable) {
        const removes = adjacent && (byKey || this.hover.v !== undefined);
        const adds = !adjacent;
        if (removes || adds) {
          lines.push(["wb-tip-do", `${byKey ? "Enter" : "click"} to ${removes ? "remove" : "add"} it`]);
        }
      }
    } else {
      lines.push(["wb-tip-head", this.name(u)]);
      const values = live ? this.values : this.valuesBefore;
      if (values) lines.push(["", `${model.get("color_label")} ${number(values[u])}`]);
      if (editable) {
        const key = byKey ? "Enter" : "click";
        lines.push(["wb-tip-do", picked === u ? `${key} again to let go` : `${key} to start an edge here`]);
      }
    }
    const key = lines.map((line) => line.join("|")).join("\n");
    if (key !== this.tipKey) {
      this.tipKey = key;
      tip.replaceChildren(...lines.map(([className, text]) => element("div", className, null, text)));
    }
    const panel = byKey ? this.view.panels[this.view.panels.length - 1] : this.hover.panel;
    const [nodeX, nodeY] = this.at(u);
    const [x, y] = byKey || !this.pointer ? [panel.x + nodeX, nodeY] : this.pointer;
    placeTip(tip, x, y, this.size);
  }
}

function placeTip(tip, x, y, [width, height]) {
  tip.classList.add("wb-shown");
  const w = tip.offsetWidth, h = tip.offsetHeight, gap = 14;
  const left = x + gap + w <= width - 4 ? x + gap : Math.max(4, x - gap - w);
  const top = y + gap + h <= height - 4 ? y + gap : Math.max(4, y - gap - h);
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}

function distanceToSegment(x, y, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay;
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  const ex = x - ax - t * dx, ey = y - ay - t * dy;
  return ex * ex + ey * ey;
}

function render({ model, el }) {
  const view = new GraphView(model, el);
  return () => view.destroy();
}

export default { render };
