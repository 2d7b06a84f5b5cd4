// What the live widgets share: arrays from the kernel, elements, what a view listens to; and what
// the canvases do: themes, the tape they follow, when they draw, tooltips.

function buffer(view, Type) {
  if (!view || !view.byteLength) return new Type(0);
  const start = view.byteOffset ?? 0;
  const source = view.buffer ?? view;
  const length = Math.floor(view.byteLength / Type.BYTES_PER_ELEMENT);
  return start % Type.BYTES_PER_ELEMENT === 0
    ? new Type(source, start, length)
    : new Type(source.slice(start, start + length * Type.BYTES_PER_ELEMENT));
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

// the model of a widget that another one holds as a trait; null where it holds none
async function heldModel(model, name) {
  const reference = model.get(name);
  return reference ? model.widget_manager.get_model(reference.replace("IPY_MODEL_", "")) : null;
}

// a color table of 256 as a CSS gradient
function gradient(table, direction) {
  const stops = [];
  for (let k = 0; k <= 32; k++) {
    const i = 3 * Math.min(255, Math.round(k * 7.96875));
    stops.push(`rgb(${table[i]},${table[i + 1]},${table[i + 2]})`);
  }
  return `linear-gradient(to ${direction}, ${stops.join(",")})`;
}

// the colors of the page around an element, and what is mixed from them
function pageColors(root) {
  const style = getComputedStyle(root);
  const rgb = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
  const back = rgb(style.backgroundColor), fore = rgb(style.color);
  return {
    back, fore, font: style.fontFamily, key: style.backgroundColor + style.color + style.fontFamily,
    mix: (t) => back.map((b, c) => Math.round(b + t * (fore[c] - b))),
    css: (c, alpha = 1) => `rgba(${c[0]}, ${c[1]}, ${c[2]}, ${alpha})`,
  };
}

// A widget on the page. `root` is its element; what it listens to ends with it.
class View {
  constructor(model) {
    this.model = model;
    this.cleanups = [];
  }

  on(target, name, handler, options) {
    target.addEventListener(name, handler, options);
    this.cleanups.push(() => target.removeEventListener(name, handler, options));
  }

  onModel(name, handler, model = this.model) {
    model.on(name, handler);
    this.cleanups.push(() => model.off(name, handler));
  }

  destroy() {
    this.gone = true;
    for (const cleanup of this.cleanups.splice(0)) cleanup();
    this.root.remove();
  }
}

// A picture of nodes and pairs with a tooltip. A class that extends it has `draw`, `rethemed`, and
// `tapeMoved`, which is called when the tape bar stands elsewhere.
class CanvasView extends View {
  constructor(model) {
    super(model);
    this.timers = new Set();
    this.dirty = true;
    this.hover = null; // what is under the pointer
    this.keyboard = false;
  }

  destroy() {
    super.destroy();
    this.tape?.stop();
    for (const id of this.timers) clearTimeout(id);
    cancelAnimationFrame(this.frame);
  }

  later(work, wait) {
    const id = setTimeout(() => {
      this.timers.delete(id);
      work();
    }, wait);
    this.timers.add(id);
    return id;
  }

  cancel(id) {
    clearTimeout(id);
    this.timers.delete(id);
  }

  // A canvas with a tape bar stands where the bar stands. It listens to the bar's model in the page;
  // a jslink would send every position to the kernel a second time, for each canvas.
  async follow() {
    this.tape?.stop();
    this.tape = null;
    const bar = await heldModel(this.model, "tape");
    this.tape?.stop(); // of two that were on their way, the later one stays
    this.tape = null;
    if (this.gone) return;
    if (bar) {
      const moved = () => this.tapeMoved();
      bar.on("change:position", moved);
      this.tape = { position: () => bar.get("position"), stop: () => bar.off("change:position", moved) };
    }
    this.tapeMoved();
  }

  get position() {
    return this.tape ? this.tape.position() : this.model.get("position");
  }

  followTheme() {
    // JupyterLab loads the new theme's variables some time around the attribute change
    const theme = new MutationObserver(() => {
      for (const wait of [0, 120, 500]) this.later(() => this.rethemed(), wait);
    });
    theme.observe(document.body, {
      attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "class"],
    });
    this.cleanups.push(() => theme.disconnect());
  }

  redraw() {
    this.dirty = true;
    this.flush();
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

  // no node, one or a pair becomes the shared selection; about a pair the kernel is asked
  share(selection) {
    const { model } = this;
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

  name(node) {
    return this.model.get("labels")[node] || `node ${node}`;
  }

  // what the kernel said about this pair, as lines of a tooltip: one or none
  hintLines(u, v) {
    const hint = this.model.get("hint"), owner = this.model.get("hint_pair");
    return hint && (!owner.length || samePair(owner, u, v)) ? [["wb-tip-hint", hint]] : [];
  }

  // the tooltip with these lines, each with its class, near a place within width and height
  placeTip(lines, [x, y], [width, height]) {
    const { tip } = this, gap = 14;
    const key = lines.map((line) => line.join("|")).join("\n");
    if (key !== this.tipKey) {
      this.tipKey = key;
      tip.replaceChildren(...lines.map(([className, text]) => element("div", className, null, text)));
    }
    tip.classList.add("wb-shown");
    const w = tip.offsetWidth, h = tip.offsetHeight;
    const left = x + gap + w <= width - 4 ? x + gap : Math.max(4, x - gap - w);
    const top = y + gap + h <= height - 4 ? y + gap : Math.max(4, y - gap - h);
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}
