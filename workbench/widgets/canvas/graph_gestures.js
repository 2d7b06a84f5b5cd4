// Of the graph canvas: pointer, wheel and keys.

class GraphGestures extends GraphTooltip {
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
    const [picked] = this.model.get("picked");
    const node = this.hover?.v === undefined ? this.hover?.u ?? (this.keyboard ? this.focus : -1) : -1;
    let selection = [];
    if (this.hover?.v !== undefined) selection = [this.hover.u, this.hover.v];
    else if (node >= 0) selection = picked === undefined || picked === node ? [node] : [picked, node];
    else if (picked !== undefined) selection = [picked];
    this.share(selection);
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
}
