// Pointer, wheel and keys on the graph canvas: what is under them, and what they do.

import { ahead, nearestTo } from "./geometry.js";
import { nodeLines, pairLines, spokenNode } from "./graph_words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class GraphGestures {
  hover = null; // what is under the pointer, as View.hit gives it
  focus = -1; // the node that the keys are at
  byKeys = false;
  #pointer = null;
  #drag = null;
  #scrolled = null;

  // parts: model, data, camera, page, selection, tape; look() is the view that was drawn last (null
  // before the first), redraw() draws
  constructor(parts, life) {
    Object.assign(this, parts);
    this.#listen(life);
  }

  #listen(life) {
    const { canvas, fit } = this.page;
    life.on(canvas, "pointermove", (event) => this.#moved(event));
    life.on(canvas, "pointerdown", (event) => this.#pressed(event));
    life.on(canvas, "pointerup", (event) => this.#released(event));
    life.on(canvas, "pointercancel", () => (this.#drag = null));
    life.on(canvas, "pointerleave", () => this.#left());
    life.on(canvas, "dblclick", () => this.camera.fit());
    life.on(canvas, "wheel", (event) => this.#wheeled(event), { passive: false });
    const elsewhere = (event) => {
      if (event.target !== canvas) this.#scrolled = [event.screenX, event.screenY];
    };
    life.on(document, "wheel", elsewhere, { passive: true, capture: true });
    life.on(fit, "click", () => {
      this.camera.fit();
      canvas.focus({ preventScroll: true }); // the button goes
    });
    life.on(canvas, "keydown", (event) => this.#key(event));
    life.on(canvas, "focus", () => {
      this.byKeys = canvas.matches(":focus-visible");
      this.redraw();
    });
    life.on(canvas, "blur", () => {
      this.byKeys = false;
      this.showTip();
      this.redraw();
    });
  }

  // the node that shows where the keys are, -1 for none
  get shownFocus() {
    return this.byKeys ? this.focus : -1;
  }

  get #picked() {
    return this.model.get("picked")[0];
  }

  // the graph has other nodes
  renumbered() {
    if (!this.data.has(this.focus)) this.focus = -1;
  }

  // ------------------------------------------------------------ pointer

  #local(event) {
    const rect = this.page.canvas.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  #find() {
    this.hover = this.look()?.hit(...this.#pointer, this.data) ?? null;
  }

  #moved(event) {
    this.#pointer = this.#local(event);
    if (this.#drag) return this.#dragged();
    this.#find();
    this.byKeys = false;
    this.#select();
    this.showTip();
  }

  #dragged() {
    const { from, place, scale } = this.#drag, [x, y] = this.#pointer;
    const dx = x - from[0], dy = y - from[1];
    if (!this.#drag.moving && Math.hypot(dx, dy) < 4) return;
    this.#drag.moving = true;
    this.page.mark("dragging", true);
    this.page.tip.hide();
    this.camera.shift(place, -dx, -dy, scale);
  }

  #pressed(event) {
    const view = this.look(), { canvas } = this.page;
    if (event.button !== 0 || !view) return;
    const from = this.#local(event), { place } = this.camera;
    this.#drag = { from, place, scale: view.scale, moving: false };
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
  }

  #released(event) {
    const drag = this.#drag;
    this.#drag = null;
    this.page.mark("dragging", false);
    if (!drag || drag.moving) return;
    this.#pointer = this.#local(event);
    this.#find();
    this.#clicked(this.hover);
    this.#select();
    this.showTip();
  }

  #clicked(hit) {
    if (!hit) return this.#pick([]);
    const editable = hit.panel.live && this.model.get("editable");
    const adjacent = (u, v) => this.data.adjacent(u, v, hit.panel.position);
    if (hit.v !== undefined) {
      if (!editable || (hit.candidate && adjacent(hit.u, hit.v))) return;
      return this.#edit(hit.candidate ? "add" : "remove", hit.u, hit.v);
    }
    const first = this.#picked;
    this.focus = hit.u;
    if (first === hit.u) return this.#pick([]);
    if (first === undefined || !editable || adjacent(first, hit.u)) return this.#pick([hit.u]);
    this.#edit("add", first, hit.u);
  }

  #edit(type, u, v) {
    const { name } = this;
    this.model.send({ type, u, v });
    this.page.say(`${type === "add" ? "Adding" : "Removing"} the edge ${name(u)} to ${name(v)}`);
    this.#pick([]);
  }

  #pick(nodes) {
    this.model.set("picked", nodes);
    this.model.save_changes();
  }

  #left() {
    if (this.#drag) return;
    this.#pointer = null;
    this.hover = null;
    this.#select();
    this.showTip();
  }

  #wheeled(event) {
    // the page scrolls until the hand moves: a graph that comes under a resting pointer stays
    if (this.#scrolled && !event.ctrlKey) {
      const [x, y] = this.#scrolled;
      if (Math.hypot(event.screenX - x, event.screenY - y) < 4) return;
      this.#scrolled = null;
    }
    event.preventDefault();
    event.stopPropagation();
    const step = event.deltaMode === 1 ? 20 * event.deltaY : event.deltaY;
    const factor = Math.exp(-0.0018 * Math.max(-300, Math.min(300, step)));
    this.camera.zoom(factor, ...this.#local(event));
  }

  // the hovered or focused thing becomes the shared selection
  #select() {
    const picked = this.#picked, { hover } = this;
    if (hover?.v !== undefined) return this.selection.share([hover.u, hover.v]);
    const node = hover?.u ?? this.shownFocus, first = picked === undefined ? [] : [picked];
    if (node < 0) this.selection.share(first);
    else this.selection.share(picked === node ? [node] : [...first, node]);
  }

  // ------------------------------------------------------------ keys

  #key(event) {
    const [width, height] = this.camera.size;
    const zoom = (factor) => () => this.camera.zoom(factor, width / 2, height / 2);
    const [act, remove] = [() => this.#act(), () => this.#removePair()];
    const actions = {
      Enter: act, " ": act, Delete: remove, Backspace: remove, Escape: () => this.#clear(),
      "+": zoom(1.25), "=": zoom(1.25), "-": zoom(0.8), _: zoom(0.8), 0: () => this.camera.fit(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = ARROWS[event.key];
    if (!direction && !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    this.byKeys = true;
    this.hover = null;
    if (direction) this.#step(direction);
    else actions[event.key]();
    this.#select();
    this.page.say(this.#spoken());
    this.showTip();
    this.redraw();
  }

  #step(direction) {
    const { positions, n } = this.data, view = this.look();
    if (!n) return;
    if (this.focus < 0) this.focus = nearestTo(positions, n, ...this.camera.place);
    else {
      const next = ahead(positions, n, this.focus, direction);
      if (next >= 0) this.focus = next;
    }
    if (view) this.camera.bringIntoView(this.focus, view);
  }

  get #live() {
    return this.model.get("mode") !== "before";
  }

  #act() {
    if (this.focus < 0) return this.#step([0, 0]);
    const first = this.#picked;
    if (first === this.focus) return this.#pick([]);
    const editable = this.#live && this.model.get("editable");
    if (first === undefined || !editable) return this.#pick([this.focus]);
    const adjacent = this.data.adjacent(first, this.focus, this.tape.position);
    this.#edit(adjacent ? "remove" : "add", first, this.focus);
  }

  #removePair() {
    const first = this.#picked, { focus } = this;
    if (first === undefined || focus < 0 || !this.#live || !this.model.get("editable")) return;
    if (this.data.adjacent(first, focus, this.tape.position)) this.#edit("remove", first, focus);
  }

  #clear() {
    this.#pick([]);
    this.focus = -1;
  }

  // ------------------------------------------------------------ words

  name = (node) => this.selection.name(node);

  #spoken() {
    const picked = this.#picked, { focus, data, name } = this;
    if (focus < 0) return "Nothing selected";
    const other = picked === undefined ? null
      : { name: name(picked), adjacent: data.adjacent(picked, focus, this.tape.position) };
    const label = this.model.get("color_label"), value = data.values?.[focus];
    return spokenNode({ name: name(focus), label, value, picked: picked === focus, other });
  }

  showTip() {
    const { hover, page, data } = this, view = this.look(), focus = this.shownFocus;
    if ((!hover && focus < 0) || this.#drag?.moving || !view) return page.tip.hide();
    const keys = hover ? null : { u: focus, panel: { ...view.panels.at(-1), live: this.#live } };
    const hit = hover ?? keys, panel = hit.panel, picked = this.#picked;
    const editable = panel.live && this.model.get("editable"), way = keys ? "Enter" : "click";
    const pair = hit.v !== undefined ? [hit.u, hit.v]
      : picked !== undefined && picked !== hit.u ? [picked, hit.u] : null;
    const [nodeX, nodeY] = view.at(hit.u);
    const lines = pair ? this.#pairLines(pair, hit, { editable, way, byKeys: Boolean(keys) })
      : nodeLines({
        name: this.name(hit.u), label: this.model.get("color_label"), editable, way,
        value: (panel.live ? data.values : data.valuesBefore)?.[hit.u], picked: picked === hit.u });
    page.tip.show(lines, keys || !this.#pointer ? [panel.x + nodeX, nodeY] : this.#pointer,
                  this.camera.size);
  }

  #pairLines(pair, { v, candidate, panel }, { editable, way, byKeys }) {
    const position = byKeys ? this.tape.position : panel.position;
    const method = candidate && (this.model.get("methods")[candidate.method] ?? "a method");
    return pairLines({
      names: pair.map(this.name), candidate: method, editable, way,
      adjacent: this.data.adjacent(...pair, position), removable: byKeys || v !== undefined,
      hints: this.selection.hintLines(...pair) });
  }
}
