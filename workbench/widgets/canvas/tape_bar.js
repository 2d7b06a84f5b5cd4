// Tape bar: a slider through the edits and the numbers that follow it, all in the browser.

import { clamp } from "./arrays.js";
import { button, element, setText, widgetRoot } from "./elements.js";
import { icon } from "./icons.js";
import { Lifetime } from "./lifetime.js";
import { cardColumns, TapeCard } from "./tape_card.js";

// a button with an icon, and for some a text
function iconButton(parent, name, label, action, text) {
  const made = button("wb-button", parent, label, action);
  made.append(icon(name));
  if (text) element("span", "", made, text);
  return made;
}

class TapeView {
  constructor(model, el, shared) {
    this.model = model;
    this.life = new Lifetime();
    this.shared = shared;
    this.cards = [];
    this.build(el);
    this.readCards();
    this.read();
    this.show();
    this.listen();
  }

  build(el) {
    const root = (this.root = widgetRoot("wb-tape", el));
    const row = element("div", "wb-tape-row", root);
    const left = element("div", "wb-buttons", row);
    const to = (position) => () => this.go(position());
    this.first = iconButton(left, "first", "to the original graph", to(() => 0));
    this.back = iconButton(left, "back", "one edit back", to(() => this.position - 1));
    this.play = iconButton(left, "play", "play the edits", () => this.togglePlay());
    this.forward = iconButton(left, "forward", "one edit forward", to(() => this.position + 1));
    this.last = iconButton(left, "last", "to the last edit", to(() => this.length));
    this.slider = element("input", "", element("div", "wb-slider", element("div", "", row)));
    this.slider.type = "range";
    this.slider.min = 0;
    this.slider.step = 1;
    this.slider.setAttribute("aria-label", "position on the edit tape");
    const where = element("div", "wb-where", row);
    this.count = element("div", "wb-count", where);
    this.edit = element("div", "wb-edit", where);
    const right = element("div", "wb-buttons", row), send = (type) => () => this.send(type);
    this.undo = iconButton(right, "undo", "undo the last edit by hand (Ctrl+Z)", send("undo"), "undo");
    this.redo = iconButton(right, "redo", "redo (Ctrl+Shift+Z)", send("redo"), "redo");
    iconButton(right, "reset", "drop all edits by hand", send("reset"), "reset");
    this.grid = element("div", "wb-cards", root);
    this.notes = element("div", "wb-notes", root);
  }

  listen() {
    const { model, life } = this, read = () => this.read();
    life.onModel(model, {
      length: read, edits: read, can_undo: read, can_redo: read, playing: read, stale: read,
      interval: () => this.schedule(),
      cards: () => this.readCards(),
      notes: () => this.reserve(),
      change: () => this.show(),
    });
    // "input" comes inside the pointer event: the picture moves in the same frame as the hand
    life.on(this.slider, "input", () => this.go(this.slider.valueAsNumber));
    life.on(this.root, "keydown", (event) => this.key(event));
    const resize = new ResizeObserver(() => {
      this.placeCards();
      this.reserve();
    });
    resize.observe(this.grid);
    life.atEnd(() => resize.disconnect());
    this.schedule();
  }

  destroy() {
    this.life.end();
    this.root.remove();
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
    const next = clamp(position, 0, this.length);
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
    this.life.cancel(this.ticking);
    if (!this.model.get("playing")) return;
    this.shared.leader ??= this; // of several views of one bar, one keeps the time
    if (this.shared.leader !== this) return;
    this.ticking = this.life.later(() => this.tick(), this.model.get("interval"));
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
    const specs = this.model.get("cards"), noted = specs.some(({ note }) => note);
    this.cards = specs.map((spec) => new TapeCard(spec, this.grid, noted));
    this.placeCards();
  }

  // the note at a position; none says nothing
  noteAt(position) {
    return this.model.get("notes").findLast(({ from }) => from <= position) ?? { text: "" };
  }

  // as many lines as the longest note takes, so that nothing below moves with the slider
  reserve() {
    const { notes } = this, texts = this.model.get("notes").map(({ text }) => text);
    notes.style.minHeight = "";
    const heights = texts.map((text) => (setText(notes, text), notes.offsetHeight));
    notes.style.minHeight = texts.some(Boolean) ? `${Math.max(...heights)}px` : "";
    setText(notes, this.noteAt(this.position).text);
  }

  placeCards() {
    const columns = cardColumns(this.cards.length, this.grid.clientWidth);
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const alone = columns > 1 && this.cards.length % columns === 1; // no number of columns fits
    this.cards.at(-1)?.root.style.setProperty("grid-column", alone ? "1 / -1" : "");
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
    const { text: note, apart } = this.noteAt(position);
    setText(this.notes, note);
    for (const card of this.cards) card.show(position, apart);
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
