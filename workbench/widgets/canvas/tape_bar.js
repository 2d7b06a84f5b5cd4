// Tape bar: a slider through the edits and the numbers that follow it, all in the browser.
// tape_bar.py puts canvas_base.js before this file.

const ICONS = {
  first: "M2 2h2v12H2zM14 2v12L5 8z",
  back: "M12 2v12L3 8z",
  forward: "M4 2l9 6-9 6z",
  last: "M12 2h2v12h-2zM2 2l9 6-9 6z",
  play: "M3 1.5l11 6.5-11 6.5z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  undo: "M6.5 2L2 6l4.5 4V7.3H10a2.6 2.6 0 0 1 0 5.2H5V14h5a4.2 4.2 0 0 0 0-8.3H6.5z",
  redo: "M9.5 2L14 6l-4.5 4V7.3H6a2.6 2.6 0 0 0 0 5.2h5V14H6a4.2 4.2 0 0 1 0-8.3h3.5z",
  reset: "M3 2h1.6v3.2A6 6 0 1 1 2 9h1.7a4.4 4.4 0 1 0 1.9-2.6H9V8H3z",
};

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(ns, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function floats(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float64Array(bytes.buffer, 0, bytes.length >> 3);
}

// Fixed significant digits, trailing zeros kept, so that digits do not dance while dragging.
function number(x, digits, integral = false) {
  if (x === Infinity) return "∞";
  if (x === -Infinity) return "−∞";
  if (Number.isNaN(x)) return "–";
  const size = Math.abs(x);
  let text;
  if (integral && size < 1e9) text = grouped(String(size));
  else if (size !== 0 && (size >= 1e6 || size < 1e-4)) {
    text = size.toExponential(Math.max(0, digits - 1)).replace("e+", "e").replace("e-", "e−");
  } else {
    const before = size >= 1 ? Math.floor(Math.log10(size)) + 1 : Math.floor(Math.log10(size || 1)) + 1;
    text = grouped(size.toFixed(Math.max(0, Math.min(12, digits - before))));
  }
  return (x < 0 ? "−" : "") + text;
}

// thin spaces from five digits on: 12 345.6
function grouped(text) {
  const [whole, rest] = text.split(".");
  const spaced = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u2009") : whole;
  return rest === undefined ? spaced : `${spaced}.${rest}`;
}

function change(now, first, digits, integral) {
  if (Number.isNaN(now) || Number.isNaN(first)) return "";
  if (now === first) return "no change";
  if (!Number.isFinite(now) || !Number.isFinite(first)) return `from ${number(first, digits, integral)}`;
  const difference = now - first;
  const signed = (difference > 0 ? "+" : "") + number(difference, Math.min(3, digits), integral);
  if (first === 0) return signed;
  const percent = (100 * difference) / Math.abs(first);
  if (Math.abs(percent) >= 1e5 || Math.abs(percent) < 0.05) return signed;
  const places = Math.abs(percent) < 10 ? 1 : 0;
  const text = `${percent > 0 ? "+" : "−"}${Math.abs(percent).toFixed(places)} %`;
  return `${signed} (${text})`;
}

const CURVE = 16; // pixels from the top to the bottom of a sparkline

function range(values) {
  let low = Infinity, high = -Infinity;
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

const height = (x, low, high) => (high > low ? CURVE * (1 - (x - low) / (high - low)) : CURVE / 2);

// a line with gaps where there is no finite number; at most 400 points, each the first of its step
function sparkline(values) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const last = Math.max(1, values.length - 1), limits = range(values);
  svg.setAttribute("viewBox", `0 0 100 ${CURVE}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  let path = "", drawing = false;
  const step = Math.max(1, Math.ceil(values.length / 400));
  for (let i = 0; i < values.length; i += step) {
    const finite = Number.isFinite(values[i]);
    if (finite) {
      path += `${drawing ? "L" : "M"}${((100 * i) / last).toFixed(2)} ${height(values[i], ...limits).toFixed(2)}`;
    }
    drawing = finite;
  }
  const line = document.createElementNS(ns, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

class Card {
  constructor(spec, parent) {
    this.spec = spec;
    this.values = floats(spec.values);
    this.range = range(this.values);
    this.root = element("div", "wb-card", parent);
    this.root.title = spec.help;
    this.name = element("div", "wb-card-name", this.root, spec.name);
    this.now = element("div", "wb-card-now", this.root);
    this.value = element("span", "", this.now);
    this.now.append(" ");
    element("span", "wb-card-unit", this.now, spec.unit);
    this.change = element("div", "wb-card-change", this.root);
    this.curve = element("div", "wb-curve", this.root);
    this.curve.append(sparkline(this.values));
    this.dot = element("div", "wb-dot", this.curve);
    this.integral = this.values.every((x) => !Number.isFinite(x) || Number.isInteger(x));
  }

  show(position) {
    const { spec, values } = this;
    const now = position < values.length ? values[position] : NaN;
    const text = number(now, spec.digits, this.integral);
    setText(this.value, spec.exact || !Number.isFinite(now) ? text : `≈ ${text}`);
    setText(this.change, change(now, values.length ? values[0] : NaN, spec.digits, this.integral));
    const title = Number.isNaN(now) && spec.reason ? `${spec.help}\n${spec.reason}`.trim() : spec.help;
    if (this.root.title !== title) this.root.title = title;
    const there = Number.isFinite(now);
    const x = (100 * position) / Math.max(1, values.length - 1);
    const y = there ? height(now, ...this.range) : -100; // out of the clipped curve
    this.dot.style.transform = `translate(${x}%, ${y}px)`;
  }
}

class TapeView extends View {
  constructor(model, el, shared) {
    super(model);
    this.shared = shared;
    this.cards = [];
    this.build(el);
    this.readCards();
    this.read();
    this.show();
    this.listen();
  }

  button(parent, name, label, action, text) {
    const button = element("button", "wb-button", parent);
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.append(icon(name));
    if (text) element("span", "", button, text);
    this.on(button, "click", () => action());
    return button;
  }

  build(el) {
    el.classList.add("wb-host");
    const root = (this.root = element("div", "wb wb-tape", el));
    root.dataset.lmSuppressShortcuts = "true"; // the notebook must not take the slider's keys
    const row = element("div", "wb-tape-row", root);
    const left = element("div", "wb-buttons", row);
    this.first = this.button(left, "first", "to the original graph", () => this.go(0));
    this.back = this.button(left, "back", "one edit back", () => this.go(this.position - 1));
    this.play = this.button(left, "play", "play the edits", () => this.togglePlay());
    this.forward = this.button(left, "forward", "one edit forward", () => this.go(this.position + 1));
    this.last = this.button(left, "last", "to the last edit", () => this.go(this.length));
    this.slider = element("input", "", element("div", "wb-slider", element("div", "", row)));
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.step = 1;
    this.slider.setAttribute("aria-label", "position on the edit tape");
    this.where = element("div", "wb-where", row);
    this.count = element("div", "wb-count", this.where);
    this.edit = element("div", "wb-edit", this.where);
    const right = element("div", "wb-buttons", row);
    const send = (type) => this.send(type);
    this.undo = this.button(right, "undo", "undo the last edit by hand (Ctrl+Z)", () => send("undo"), "undo");
    this.redo = this.button(right, "redo", "redo (Ctrl+Shift+Z)", () => send("redo"), "redo");
    this.reset = this.button(right, "reset", "drop all edits by hand", () => send("reset"), "reset");
    this.grid = element("div", "wb-cards", root);
  }

  listen() {
    for (const name of ["length", "edits", "can_undo", "can_redo", "playing", "stale"]) {
      this.onModel(`change:${name}`, () => this.read());
    }
    this.onModel("change:interval", () => this.schedule());
    this.onModel("change:cards", () => this.readCards());
    this.onModel("change", () => this.show());
    // "input" comes inside the pointer event: the picture moves in the same frame as the hand
    this.on(this.slider, "input", () => this.go(this.slider.valueAsNumber));
    this.on(this.root, "keydown", (event) => this.key(event));

    this.schedule();
  }

  destroy() {
    super.destroy();
    clearTimeout(this.ticking);
    if (this.telling) this.tell();
    this.shared.views.delete(this);
    if (this.shared.leader === this) {
      this.shared.leader = null;
      for (const view of this.shared.views) view.schedule();
    }
  }

  get length() {
    return this.model.get("length");
  }

  get position() {
    return this.model.get("position");
  }

  // The model changes now, and with it every canvas on the tape. The kernel hears of it once that is
  // painted, so that the hand never waits for a message; ipywidgets keeps one in flight and sends the
  // newest position when its answer is in.
  go(position) {
    const next = Math.max(0, Math.min(this.length, position));
    if (next === this.position) return;
    this.model.set("position", next);
    if (this.telling) return;
    this.telling = setTimeout(() => this.tell(), 40); // a hidden page has no frames
    this.frame = requestAnimationFrame(() => {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.tell());
    });
  }

  tell() {
    clearTimeout(this.telling);
    cancelAnimationFrame(this.frame);
    this.telling = null;
    this.model.save_changes();
  }

  // a position that still waits goes first: "undo" counts from where the slider stands
  send(type) {
    if (this.telling) this.tell();
    this.model.send({ type });
  }

  togglePlay() {
    const playing = !this.model.get("playing");
    if (playing && this.position >= this.length) this.model.set("position", 0);
    this.model.set("playing", playing && this.length > 0);
    this.model.save_changes();
  }

  schedule() {
    clearTimeout(this.ticking);
    if (!this.model.get("playing")) return;
    this.shared.leader ??= this; // of several views of one bar, one keeps the time
    if (this.shared.leader !== this) return;
    this.ticking = setTimeout(() => this.tick(), this.model.get("interval"));
  }

  tick() {
    const { model } = this;
    if (this.position < this.length) {
      this.go(this.position + 1);
      this.schedule();
    }
    if (this.position >= this.length) {
      model.set("playing", false);
      model.save_changes();
    }
  }

  key(event) {
    event.stopPropagation();
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    const type = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
    if (!type) return;
    event.preventDefault();
    if (this.model.get(type === "undo" ? "can_undo" : "can_redo")) this.send(type);
  }

  readCards() {
    this.grid.replaceChildren();
    this.cards = this.model.get("cards").map((spec) => new Card(spec, this.grid));
  }

  read() {
    const { model } = this;
    const playing = model.get("playing");
    if (this.shownPlaying !== playing) {
      this.shownPlaying = playing;
      this.play.replaceChildren(icon(playing ? "pause" : "play"));
      const label = playing ? "pause" : "play the edits";
      this.play.title = label;
      this.play.setAttribute("aria-label", label);
      this.schedule();
    }
    this.slider.max = Math.max(1, this.length);
    this.slider.disabled = this.play.disabled = this.length === 0;
    this.undo.disabled = !model.get("can_undo");
    this.redo.disabled = !model.get("can_redo");
    this.root.classList.toggle("wb-stale", model.get("stale"));
  }

  show() {
    const { position, length, slider } = this;
    if (slider.valueAsNumber !== position) slider.value = position;
    this.first.disabled = this.back.disabled = position <= 0;
    this.last.disabled = this.forward.disabled = position >= length;
    const text = position === 0 ? "the original graph" : this.model.get("edits")[position - 1] ?? "";
    setText(this.count, `edit ${position} of ${length}`);
    setText(this.edit, text);
    if (this.edit.title !== text) this.edit.title = text;
    slider.setAttribute("aria-valuetext", `edit ${position} of ${length}, ${text}`);
    for (const card of this.cards) card.show(position);
  }
}

// called once per model: its views share what is in here
export default () => {
  const shared = { leader: null, views: new Set() };
  return {
    render({ model, el }) {
      const view = new TapeView(model, el, shared);
      shared.views.add(view);
      return () => view.destroy();
    },
  };
};
