// Paints the matrix through a color table.
//
// No WebGL here. A matrix with more rows than the picture has pixels is first reduced to pixels (a
// pass over its bytes, about 2 ms for a million), and then the picture is small whatever the matrix.
// A texture is not faster on a graphics card, and where there is none the browser reads a WebGL
// canvas back in every frame, which costs many times the drawing.

import { css } from "./colors.js";
import { levelColors, pooled, ranking } from "./matrix_cells.js";

export class MatrixPainter {
  #canvas;
  #context;
  #data;
  #pool = []; // images of the cells, kept for the next matrix of the size
  #drawn = false;
  #table = null;
  #colors = null;
  #hatching = null;

  constructor(canvas, data) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#data = data;
  }

  // the images of the cells are old
  outdate() {
    this.#drawn = false;
  }

  rethemed() {
    this.#hatching = null;
  }

  draw({ layout, ratio, theme, stale }) {
    const { side, gap } = layout, context = this.#context;
    if (!this.#drawn) this.#paintImages(side);
    this.#drawn = true;
    context.clearRect(0, 0, this.#canvas.width, side);
    context.imageSmoothingEnabled = false;
    context.globalAlpha = stale ? 0.35 : 1;
    this.#data.shown.forEach(({ values, missing }, k) => {
      if (!values) return;
      const x = k * (side + gap);
      if (missing) {
        context.fillStyle = this.#hatching ??= hatchPattern(context, theme);
        context.fillRect(x, 0, side, side);
      }
      context.drawImage(this.#pool[k].canvas, x, 0, side, side);
    });
    context.globalAlpha = 1;
    this.#drawMarks(layout, ratio);
  }

  // each shown matrix as an image of at most as many pixels as the picture has
  #paintImages(side) {
    const { n, table, shown, diverging } = this.#data;
    if (this.#table !== table) this.#colors = levelColors(table);
    this.#table = table;
    const m = Math.min(n, side), colors = this.#colors, ranks = n > side ? ranking(diverging) : null;
    shown.forEach(({ values }, k) => {
      if (!values) return;
      const image = (this.#pool[k] ??= { canvas: document.createElement("canvas") });
      if (image.m !== m) {
        image.m = image.canvas.width = image.canvas.height = m;
        image.context = image.canvas.getContext("2d");
        image.data = image.context.createImageData(m, m);
        image.pixels = new Uint32Array(image.data.data.buffer);
      }
      const { pixels } = image;
      if (ranks) pooled(values, n, side, ranks, colors, pixels);
      else for (let i = 0; i < pixels.length; i++) pixels[i] = colors[values[i]];
      image.context.putImageData(image.data, 0, 0);
    });
  }

  #drawMarks({ side, gap }, ratio) {
    const { n, shown } = this.#data, rows = this.#data.selectedRows();
    if (!n || !rows.length) return;
    const context = this.#context, [row, column] = rows.length === 2 ? rows : [rows[0], rows[0]];
    const cell = side / n, thick = Math.max(1, Math.round(ratio));
    for (let k = 0; k < shown.length; k++) {
      const x = k * (side + gap);
      const cx = x + (column + 0.5) * cell, cy = (row + 0.5) * cell;
      // guides to the borders, broken around the cell; a dark and a light line together are seen
      // on every color
      const free = Math.max(cell / 2 + 2 * ratio, 5 * ratio);
      for (const [shift, color] of [[thick, "rgba(0, 0, 0, 0.55)"], [0, "rgba(255, 255, 255, 0.85)"]]) {
        context.fillStyle = color;
        const gx = Math.round(cx - thick / 2) + shift, gy = Math.round(cy - thick / 2) + shift;
        context.fillRect(gx, 0, thick, Math.max(0, cy - free));
        context.fillRect(gx, cy + free, thick, Math.max(0, side - cy - free));
        context.fillRect(x, gy, Math.max(0, cx - free - x), thick);
        context.fillRect(cx + free, gy, Math.max(0, x + side - cx - free), thick);
      }
      if (rows.length < 2) continue;
      const half = Math.max(cell / 2, 3 * ratio);
      for (const [grow, width, color] of [[1.5, 3, "rgba(0, 0, 0, 0.7)"], [1.5, 1.25, "#fff"]]) {
        context.lineWidth = width * ratio;
        context.strokeStyle = color;
        const h = half + grow * ratio;
        context.strokeRect(cx - h, cy - h, 2 * h, 2 * h);
      }
    }
  }

  destroy() {
    for (const image of this.#pool) if (image) image.canvas.width = image.canvas.height = 0;
  }
}

function hatchPattern(context, { mix }) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const small = tile.getContext("2d");
  small.fillStyle = css(mix(0.08));
  small.fillRect(0, 0, 6, 6);
  small.fillStyle = css(mix(0.3));
  for (let y = 0; y < 6; y++) for (const d of [0, 1]) small.fillRect((12 + d - y) % 6, y, 1, 1);
  return context.createPattern(tile, "repeat");
}
