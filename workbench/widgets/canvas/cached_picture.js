// A picture kept off the page, with the camera that it was drawn for.

export class CachedPicture {
  #at = null; // scale and origin in device pixels
  margin = [0, 0];

  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
  }

  outdate() {
    this.#at = null;
  }

  free() {
    this.#resize(0, 0);
  }

  #resize(width, height) {
    const { canvas } = this;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }

  // The picture for the present camera `now` = {scale, x, y}: as it is, moved along with the hand
  // (while `seen(now)`, the part of the panel that the graph fills, is in it), or drawn anew, with a
  // margin of a share of the panel around. Returns where to put it: [x, y, width, height].
  place(now, [width, height], { traveling, seen, share, paint }) {
    const { canvas, margin } = this;
    if (this.#at) {
      const at = this.#at, grow = now.scale / at.scale, same = Math.abs(grow - 1) < 1e-9;
      let x = now.x - grow * (at.x + margin[0]), y = now.y - grow * (at.y + margin[1]);
      if (same) [x, y] = [Math.round(x), Math.round(y)];
      const w = grow * canvas.width, h = grow * canvas.height;
      if (same && Math.abs(now.x - at.x) < 0.01 && Math.abs(now.y - at.y) < 0.01) return [x, y, w, h];
      if (traveling && grow > 0.4 && grow < 2.5) {
        const [left, top, right, bottom] = seen(now);
        if (left >= x - 1 && top >= y - 1 && right <= x + w + 1 && bottom <= y + h + 1) {
          return [x, y, w, h];
        }
      }
    }
    this.margin = [Math.round(share * width), Math.round(share * height)];
    this.#resize(width + 2 * this.margin[0], height + 2 * this.margin[1]);
    this.#at = now;
    paint(this);
    return [-this.margin[0], -this.margin[1], canvas.width, canvas.height];
  }
}
