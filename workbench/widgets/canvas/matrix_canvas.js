// Matrix canvas: a square matrix in 255 levels.
//
// The view holds its parts together: MatrixData (the matrix as arrays), MatrixPainter (the picture),
// MatrixPage (the elements around it), MatrixGestures (pointer and keys).

import { TapePosition } from "./held_models.js";
import { Lifetime } from "./lifetime.js";
import { MatrixData } from "./matrix_data.js";
import { MatrixGestures } from "./matrix_gestures.js";
import { matrixLayout } from "./matrix_layout.js";
import { MatrixPage } from "./matrix_page.js";
import { MatrixPainter } from "./matrix_painter.js";
import { PairSelection } from "./pair_selection.js";
import { Redrawing } from "./redrawing.js";
import { followTheme, pageColors } from "./theme.js";

class MatrixView {
  constructor(model, el) {
    this.model = model;
    this.layout = null;
    const life = (this.life = new Lifetime());
    const page = (this.page = new MatrixPage(el));
    const data = (this.data = new MatrixData(model));
    this.painter = new MatrixPainter(page.canvas, data);
    this.redrawing = new Redrawing(() => this.draw(), life);
    const selection = new PairSelection(model, life);
    const look = () => this.layout && { layout: this.layout };
    this.gestures = new MatrixGestures({ model, data, page, selection, look }, life);
    this.tape = new TapePosition(model, () => this.greyLater(), life);
    this.readTheme();
    this.resized();
    this.describe();
    this.listen();
    this.greyLater();
    this.tape.follow();
  }

  listen() {
    const { model, life, page } = this;
    const values = () => this.valued(), describe = () => this.describe();
    const mark = () => this.redrawing.mark(), grey = () => this.greyLater();
    const tip = () => this.gestures.showTip();
    life.onModel(model, {
      size: values, values, values_before: values, mode: values, palette: values,
      value_range: describe, log_scale: describe, clipped: describe, title: describe, unit: describe,
      rows: describe, columns: describe, missing: describe,
      stale: grey, position: grey, values_position: grey,
      selection: mark, hint: tip, hint_pair: tip,
      order: () => {
        this.data.readOrder();
        mark();
      },
      colormap: () => this.outdate(),
      height: () => this.resized(),
      tape: () => this.tape.follow(),
      change: () => this.redrawing.flush(), // one drawing for several traits
    });
    const resize = new ResizeObserver(() => {
      this.rethemed();
      this.resized();
      this.redrawing.flush();
    });
    resize.observe(page.root);
    life.atEnd(() => resize.disconnect());
    followTheme(life, () => this.rethemed());
    let screen = null;
    const rescaled = () => {
      screen?.removeEventListener("change", rescaled);
      screen = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
      screen.addEventListener("change", rescaled);
      this.resized();
      this.redrawing.flush();
    };
    rescaled();
    life.atEnd(() => screen.removeEventListener("change", rescaled));
  }

  destroy() {
    this.life.end();
    this.page.root.remove();
    this.painter.destroy();
  }

  // ------------------------------------------------------------ what changed

  outdate() {
    this.painter.outdate();
    this.redrawing.mark();
  }

  describe() {
    if (this.page.describe(this.model, this.data, this.layout)) this.resized();
    this.redrawing.mark();
  }

  valued() {
    const { n, shown } = this.data;
    this.data.readValues();
    this.gestures.renumbered();
    const same = this.data.n === n && this.data.shown.length === shown.length;
    if (same) this.describe();
    else this.resized();
    this.greyLater(true);
    this.outdate();
  }

  resized() {
    const { page, data, model } = this, { root } = page;
    root.style.height = `${model.get("height")}px`;
    const width = root.clientWidth, height = root.clientHeight;
    // the texts above say how many cells a pixel has, and the pixels depend on the room of the texts
    for (let other = true, k = 0; width && height && other && k < 3; k++) {
      const ratio = (this.ratio = window.devicePixelRatio || 1), head = page.head.offsetHeight;
      this.layout = matrixLayout({
        width, height, head, ratio, panels: data.shown.length, cells: data.n,
        classes: model.get("classes") });
      page.place(this.layout, data.shown.map(({ caption }) => caption));
      other = page.describe(model, data, this.layout);
    }
    this.outdate();
  }

  // Grey what is old, but not within a blink, and not while new pictures keep coming.
  greyLater(fresh = false) {
    const { model, life } = this, at = this.tape.position, of = model.get("values_position");
    const old = model.get("stale") || (at >= 0 && of >= 0 && at !== of);
    if (!old || fresh) {
      life.cancel(this.greying);
      this.greying = null;
    }
    if (!old) this.grey(false);
    else if (!this.greying) this.greying = life.later(() => this.grey(true), 150);
  }

  grey(stale) {
    if (Boolean(this.stale) === stale) return;
    this.stale = stale;
    this.page.mark("stale", stale);
    this.redrawing.now();
  }

  readTheme() {
    this.theme = pageColors(this.page.root);
    this.page.showTheme(this.theme);
    this.painter.rethemed();
  }

  rethemed() {
    const before = this.theme.key;
    this.readTheme();
    if (this.theme.key !== before) this.redrawing.now();
  }

  draw() {
    const { layout, ratio, theme, stale } = this;
    if (layout) this.painter.draw({ layout, ratio, theme, stale });
  }
}

function render({ model, el }) {
  const view = new MatrixView(model, el);
  return () => view.destroy();
}

export default { render };
