// The elements of the matrix canvas around its picture.

import { css, gradient } from "./colors.js";
import { element, keyCanvas, liveRegion, setText, widgetRoot } from "./elements.js";
import { canvasLabel, note } from "./matrix_words.js";
import { rangeTexts } from "./numbers.js";
import { Tip } from "./tip.js";

const TICKS = 5;

export class MatrixPage {
  #ramp = "";

  constructor(el) {
    const root = (this.root = widgetRoot("wb-matrix", el));
    this.head = element("div", "wb-head", root);
    this.title = element("div", "wb-title", this.head);
    this.note = element("div", "wb-note", this.head);
    this.captions = [element("div", "wb-note", root), element("div", "wb-note", root)];
    this.canvas = keyCanvas(root, "matrix");
    this.colorbar = element("div", "wb-colorbar", root);
    this.ramp = element("div", "wb-colorbar-ramp", this.colorbar);
    this.ticks = Array.from({ length: TICKS }, (_, k) => {
      const tick = element("div", "wb-tick", this.colorbar);
      tick.style.setProperty("--wb-at", `${(100 * k) / (TICKS - 1)}%`);
      return tick;
    });
    this.swatch = element("div", "wb-colorbar", root);
    element("div", "wb-swatch", this.swatch);
    this.swatchText = element("div", "wb-tick wb-tick-missing", this.swatch);
    this.tip = new Tip(root);
    this.live = liveRegion(root);
  }

  say(text) {
    this.live.textContent = text;
  }

  mark(name, whether) {
    this.root.classList.toggle(`wb-${name}`, whether);
  }

  // whether the texts above the picture are others, which may need other room
  describe(model, data, layout) {
    const classes = model.get("classes"), unit = classes ? "" : model.get("unit");
    const { n } = data, title = model.get("title");
    this.mark("classes", classes);
    this.mark("empty", !n); // then the title says why
    const retitled = setText(this.title, unit ? `${title} (${unit})` : title);
    const renoted = setText(this.note, note({
      n, side: layout?.side, logarithmic: model.get("log_scale"), diverging: data.diverging }));
    const range = model.get("value_range");
    const texts = rangeTexts(range, TICKS, (t) => data.value(254 * t), model.get("clipped"));
    this.ticks.forEach((tick, k) => setText(tick, texts[k]));
    setText(this.swatchText, model.get("missing"));
    this.swatch.style.visibility = data.missing ? "" : "hidden";
    this.#showRamp(gradient(data.table, layout?.below ? "right" : "top", range));
    const ends = classes ? [] : [texts[0], texts.at(-1)];
    this.canvas.setAttribute("aria-label", canvasLabel(this.title.textContent, n, ends));
    return retitled || renoted;
  }

  // matrices come many a second while a slider moves, color tables hardly ever
  #showRamp(ramp) {
    if (ramp === this.#ramp) return;
    this.#ramp = ramp;
    this.ramp.style.background = ramp;
  }

  place(layout, captions) {
    const { canvas } = this, { left, top, width, height, pixels, side, below, few, ends } = layout;
    if (canvas.width !== pixels) canvas.width = pixels;
    if (canvas.height !== side) canvas.height = side;
    canvas.style.inset = "auto";
    box(canvas, [left, top, width, height]);
    this.captions.forEach((caption, k) => {
      const there = captions.length > 1;
      caption.textContent = there ? captions[k] : "";
      Object.assign(caption.style, { top: `${top - 17}px`, left: `${layout.captions[there ? k : 0]}px` });
    });
    box(this.colorbar, layout.colorbar);
    box(this.swatch, layout.swatch);
    this.mark("few", few);
    this.mark("ends", ends);
    this.mark("below", below);
  }

  showTheme({ mix }) {
    this.swatch.firstChild.style.background =
      `repeating-linear-gradient(135deg, ${css(mix(0.3))} 0 2px, ${css(mix(0.08))} 2px 4px)`;
  }
}

const box = ({ style }, [x, y, width, height]) => Object.assign(style, {
  left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
