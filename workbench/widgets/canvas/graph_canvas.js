// Graph canvas: one graph, before and after its edits, drawn in place from typed arrays.
//
// One canvas is on the page. What an edit or a pointer does not change comes from two cached
// pictures, so that moving the slider redraws a few dozen lines between two copies:
//   edges that no edit touches | edges that come and go, candidates | nodes | hovered, picked
// A large graph is cached with a margin around what is seen: while the hand pans or zooms, the
// pictures are moved and stretched, and drawn anew when the hand rests. WebGL draws them where the
// graph is large (edges and nodes in one picture); it stays off the page, because a WebGL canvas on
// the page is read back in every frame where there is no graphics card.
//
// The view is one object, written in files of one concern each, every one a class that extends the
// one before; graph_canvas.py joins them: canvas_base, graph_data, graph_camera, graph_webgl,
// graph_drawing, graph_tooltip, graph_gestures, graph_files, and this one: the page, the theme, the
// texts.

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

// ---------------------------------------------------------------- the view

class GraphView extends GraphFiles {
  constructor(model, el) {
    super(model);
    this.pointer = null; // and hover is {u, v?, edge?, candidate?, panel}
    this.focus = -1;
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
    this.dropText = element("span", "", element("div", "wb-drop", root));
    this.live = element("div", "wb-hidden", root);
    this.live.setAttribute("aria-live", "polite");
    this.edgePicture = new Picture();
    this.nodePicture = new Picture();
    this.beforePicture = new Picture();
  }

  listen() {
    const { model } = this;
    const marks = {
      positions: () => this.readStructure(), num_nodes: () => this.readStructure(),
      spans: () => this.readStructure(), renderer: () => this.readStructure(),
      node_values: () => this.readValues(), node_values_before: () => this.readValues(),
      color_range: () => this.readValues(),
      palette: () => this.readValues(), color_label: () => this.describe(),
      labels: () => this.outdate("nodes"), texts: () => this.outdate("nodes"),
      ringed: () => (this.dirty = true), classes: () => this.describe(),
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
    this.listenToFiles();
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

    this.followTheme();
  }

  tapeMoved() {
    this.redraw();
  }

  destroy() {
    super.destroy();
    this.painter?.destroy();
    this.showPicture?.();
    for (const picture of [this.edgePicture, this.nodePicture, this.beforePicture]) picture.resize(0, 0);
  }

  hide() {
    this.showPicture?.();
    this.showPicture = this.model.get("hides_picture") ? hidePictureAbove(this.root) : null;
  }

  // ------------------------------------------------------------ theme and texts

  readTheme() {
    const page = pageColors(this.root), { back, mix, css } = page;
    const dark = 0.2126 * back[0] + 0.7152 * back[1] + 0.0722 * back[2] < 128;
    this.theme = {
      ...page, dark, plain: mix(0.5), rim: mix(dark ? 0.75 : 0.6),
      edge: mix(dark ? 0.62 : 0.55),
      // sky blue and a light vermillion carry the same meaning on a dark ground
      added: dark ? "#56B4E9" : "#0072B2", removed: dark ? "#EE7733" : "#D55E00",
      strong: css(page.fore), ground: css(back),
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

  describe() {
    const { model, root } = this;
    root.style.height = `${model.get("height")}px`;
    const [low, high] = model.get("color_range");
    const bar = this.values && !model.get("classes");
    this.colorbar.style.display = bar ? "" : "none";
    if (bar) {
      this.colorbarLabel.textContent = model.get("color_label");
      this.colorbarEnds[0].textContent = number(low);
      this.colorbarEnds[1].textContent = number(high);
      this.colorbarRamp.style.background = gradient(this.table, "right");
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
}

function render({ model, el }) {
  const view = new GraphView(model, el);
  return () => view.destroy();
}

export default { render };
