// Graph canvas: one graph, before and after its edits, drawn in place from typed arrays.
//
// The view holds its parts together: GraphData (the graph as arrays), GraphCamera (what of it is
// seen), GraphPainter (the picture), GraphPage (the elements around it), GraphGestures (pointer and
// keys). None of them knows the view; what they share is handed to them here.

import { GraphCamera } from "./graph_camera.js";
import { GraphData } from "./graph_data.js";
import { takeFiles } from "./graph_files.js";
import { GraphGestures } from "./graph_gestures.js";
import { GraphPage } from "./graph_page.js";
import { GraphPainter } from "./graph_painter.js";
import { TapePosition } from "./held_models.js";
import { Lifetime } from "./lifetime.js";
import { PairSelection } from "./pair_selection.js";
import { hidePictureAbove } from "./picture_above.js";
import { Redrawing } from "./redrawing.js";
import { followTheme, pageColors } from "./theme.js";

class GraphView {
  constructor(model, el) {
    this.model = model;
    const life = (this.life = new Lifetime());
    const page = (this.page = new GraphPage(el));
    const data = (this.data = new GraphData(model));
    this.drawn = null; // the view that was drawn last
    this.redrawing = new Redrawing(() => this.draw(), life);
    const camera = (this.camera = new GraphCamera(model, data, () => this.saveLater()));
    this.painter = new GraphPainter(page.canvas, data, () => this.restore());
    const selection = new PairSelection(model, life);
    const redraw = () => this.redrawing.now();
    const tape = (this.tape = new TapePosition(model, redraw, life));
    const look = () => this.drawn;
    this.gestures =
      new GraphGestures({ model, data, camera, page, selection, tape, look, redraw }, life);
    this.readTheme();
    this.structured();
    this.listen();
    takeFiles(model, page, life);
    this.traveled();
    tape.follow();
  }

  listen() {
    const { model, life, page } = this;
    const read = (how) => () => {
      this.data[how]();
      if (how === "readStructure") this.structured();
      else if (how === "readValues") this.valued();
      this.describe();
    };
    const [structure, values, candidates] = ["readStructure", "readValues", "readCandidates"].map(read);
    const mark = () => this.redrawing.mark(), describe = () => this.describe();
    const nodes = () => this.outdate("nodes"), tip = () => this.gestures.showTip();
    life.onModel(model, {
      positions: structure, num_nodes: structure, spans: structure, renderer: structure,
      node_values: values, node_values_before: values, color_range: values, palette: values,
      candidates, methods: candidates, labels: nodes, texts: nodes,
      color_label: describe, clipped: describe, classes: describe, status: describe, height: describe,
      ringed: mark, position: mark, selection: mark, picked: mark,
      hint: tip, hint_pair: tip, editable: tip,
      mode: () => this.resized(), camera: () => this.traveled(), stale: () => this.greyLater(),
      hides_picture: () => this.hide(), tape: () => this.tape.follow(),
      change: () => this.redrawing.flush(), // one drawing for a message that changes several traits
    });
    const resize = new ResizeObserver((entries) => {
      const box = entries[0].devicePixelContentBoxSize?.[0];
      this.pixels = box ? [box.inlineSize, box.blockSize] : null;
      this.rethemed(); // before it is on the page the root has no style to read
      this.resized();
      this.redrawing.flush();
    });
    try {
      resize.observe(page.canvas, { box: "device-pixel-content-box" });
    } catch {
      resize.observe(page.canvas); // Safari knows no device pixel box
    }
    life.atEnd(() => resize.disconnect());
    followTheme(life, () => this.rethemed());
  }

  destroy() {
    this.life.end();
    this.page.root.remove();
    this.painter.destroy();
    this.showPicture?.();
  }

  hide() {
    this.showPicture?.();
    this.showPicture = this.model.get("hides_picture") ? hidePictureAbove(this.page.root) : null;
  }

  // ------------------------------------------------------------ what changed

  outdate(which) {
    this.painter.outdate(which);
    this.redrawing.mark();
  }

  describe() {
    if (this.page.describe(this.model, this.data)) this.leaveRoom();
    this.redrawing.mark();
  }

  structured() {
    this.gestures.renumbered();
    this.painter.choose(this.model.get("renderer"));
    this.painter.uploadStructure();
    this.painter.uploadValues(this.theme);
    this.describe();
    this.outdate();
  }

  valued() {
    this.painter.uploadValues(this.theme);
    this.outdate("nodes");
  }

  // the graphics card gave the pictures back
  restore() {
    this.painter.uploadStructure();
    this.painter.uploadValues(this.theme);
    this.outdate();
    this.redrawing.flush();
  }

  resized() {
    this.outdate();
    const { canvas, root } = this.page;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    if (this.showPicture === undefined && root.isConnected) this.hide();
    const rect = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    let [w, h] = [Math.round(rect.width * ratio), Math.round(rect.height * ratio)];
    // the observer knows how the browser rounded, but not of an emulated pixel ratio
    if (this.pixels && Math.abs(this.pixels[0] - w) < 2 && Math.abs(this.pixels[1] - h) < 2) {
      [w, h] = this.pixels;
    }
    this.ratio = ratio;
    this.camera.size = [width, height];
    this.leaveRoom();
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
  }

  // for the color bar below the graph
  leaveRoom() {
    this.camera.foot = this.page.colorbar.offsetHeight;
  }

  // the camera moved: a large graph's cached pictures move along until the hand rests
  traveled() {
    this.redrawing.mark();
    this.page.mark("moved", this.camera.moved);
    if (!this.data.large) return;
    this.traveling = true;
    this.life.cancel(this.resting);
    this.resting = this.life.later(() => {
      this.traveling = false;
      this.redrawing.now();
    }, 90);
  }

  saveLater() {
    this.life.cancel(this.saving);
    this.saving = this.life.later(() => this.model.save_changes(), 120);
  }

  // grey only what stays old for a moment: an answer within a blink should not flicker
  greyLater() {
    this.life.cancel(this.greying);
    const apply = (stale) => {
      if (this.stale === stale) return;
      this.stale = stale;
      this.page.mark("stale", stale);
      if (this.painter.byWebGL) this.outdate("edges"); // which hold the nodes, too
      this.redrawing.now();
    };
    if (this.model.get("stale")) this.greying = this.life.later(() => apply(true), 150);
    else apply(false);
  }

  readTheme() {
    const page = pageColors(this.page.root), { dark, mix } = page;
    this.theme = {
      ...page, plain: mix(0.5), rim: mix(dark ? 0.75 : 0.6), edge: mix(dark ? 0.62 : 0.55),
      // sky blue and a light vermillion carry the same meaning on a dark ground
      added: dark ? "#56B4E9" : "#0072B2", removed: dark ? "#EE7733" : "#D55E00",
    };
    this.page.showTheme(this.theme);
  }

  rethemed() {
    const before = this.theme.key;
    this.readTheme();
    if (this.theme.key === before) return;
    this.painter.uploadValues(this.theme);
    this.outdate();
    this.redrawing.flush();
  }

  draw() {
    if (!this.camera.size[0]) return;
    const { model, data, camera, theme, ratio, gestures } = this, { position } = this.tape;
    const view = (this.drawn = camera.view(position));
    this.page.describePanels(model, data, position);
    this.painter.draw({
      view, data, ratio, theme, edgeAlpha: camera.edgeAlpha(view), stale: Boolean(this.stale),
      traveling: Boolean(this.traveling), labels: model.get("labels"), texts: model.get("texts"),
      marks: { selection: model.get("selection"), picked: model.get("picked"),
               ringed: model.get("ringed"), focus: gestures.shownFocus },
    });
  }
}

function render({ model, el }) {
  const view = new GraphView(model, el);
  return () => view.destroy();
}

export default { render };
