// Which part of the graph is shown, where, and how large. Sizes are CSS pixels.

import { clamp } from "./arrays.js";
import { beside, squaredDistance } from "./geometry.js";

const MARGIN = { side: 30, top: 34, bottom: 34 }; // around a graph that is fitted

export class GraphCamera {
  #model;
  #data;
  #changed;
  size = [0, 0];
  foot = 0; // height of what lies on the picture at its foot

  // `changed` is called when a hand moved the camera
  constructor(model, data, changed) {
    this.#model = model;
    this.#data = data;
    this.#changed = changed;
  }

  get moved() {
    return this.#model.get("camera").length === 3;
  }

  // [center x, center y, zoom], also where the whole graph is shown
  get place() {
    if (this.moved) return this.#model.get("camera");
    const [left, right, low, high] = this.#data.box;
    return [(left + right) / 2, (low + high) / 2, 1];
  }

  set(place) {
    this.#model.set("camera", place);
    this.#changed();
  }

  fit() {
    this.set([]);
  }

  // dx, dy pixels further in the picture
  shift(from, dx, dy, scale) {
    this.set([from[0] + dx / scale, from[1] - dy / scale, from[2]]);
  }

  // the point of the picture at (x, y) stays where it is
  zoom(factor, x, y) {
    const view = this.view(0), now = this.place;
    const zoom = clamp(now[2] * factor, 0.2, 400), real = zoom / now[2];
    const [px, py] = view.toGraph(x - view.panelAt(x).x, y);
    this.set([px + (now[0] - px) / real, py + (now[1] - py) / real, zoom]);
  }

  // as little as brings a node into the picture
  bringIntoView(i, view) {
    const [x, y] = view.at(i), { width, height } = view.panels[0];
    const dx = Math.min(0, x - 20) + Math.max(0, x - width + 20);
    const dy = Math.min(0, y - 20) + Math.max(0, y - height + 20);
    if (dx || dy) this.shift(this.place, dx, dy, view.scale);
  }

  // what is seen with the tape at a position
  view(position) {
    const panels = this.#panels(position), [scale, shiftX, shiftY] = this.#transform(panels[0]);
    return new View(this.#data.positions, { panels, scale, shiftX, shiftY, radius: this.#radius(scale) });
  }

  // `position` says at which point of the tape each panel stands
  #panels(position) {
    const [width, height] = this.size, mode = this.#model.get("mode");
    if (mode !== "both") {
      const live = mode === "after";
      return [{ x: 0, width, height, position: live ? position : 0, live }];
    }
    const half = Math.floor(width / 2);
    return [
      { x: 0, width: half, height, position: 0, live: false },
      { x: width - half, width: half, height, position, live: true },
    ];
  }

  #transform({ width, height }) {
    const [left, right, low, high] = this.#data.box, spanX = right - left, spanY = high - low;
    const bottom = Math.max(MARGIN.bottom, this.foot && this.foot + 12);
    const roomX = Math.max(20, width - 2 * MARGIN.side);
    const roomY = Math.max(20, height - MARGIN.top - bottom);
    const fit = spanX || spanY
      ? Math.min(spanX ? roomX / spanX : Infinity, spanY ? roomY / spanY : Infinity) : 1;
    const [cx, cy, zoom] = this.place, scale = fit * zoom;
    return [scale, width / 2 - scale * cx, MARGIN.top + roomY / 2 + scale * cy];
  }

  // what the whole graph covers of the picture, not less than a band of an eighth of its length
  #covered(scale) {
    const [left, right, low, high] = this.#data.box, fit = scale / this.place[2];
    const width = fit * (right - left), height = fit * (high - low);
    return Math.max(width * height, Math.max(width, height) ** 2 / 8);
  }

  // Of many nodes each gets less of its share of the room, so that the edges between them are seen; a
  // closer look makes them larger.
  #radius(scale) {
    const data = this.#data, zoom = this.place[2], n = Math.max(1, data.n);
    const most = this.#model.get("texts").length ? 12 : 8; // a text needs room
    const share = 0.24 * Math.min(1, 100 / n) ** 0.125;
    let base = n > 1 ? clamp(share * Math.sqrt(this.#covered(scale) / n), 1, most) : most;
    if (!data.large) base = Math.min(base, Math.max(3, (0.45 * data.spacing() * scale) / zoom));
    return Math.min(14, base * Math.sqrt(Math.max(0.5, zoom)));
  }

  // of an edge: many on little room are faint, and a closer look makes them stronger
  edgeAlpha({ scale }) {
    const dense = this.#data.edges / Math.max(1, this.#covered(scale) / 1000);
    return clamp((1.5 / Math.sqrt(1 + dense)) * Math.sqrt(Math.max(1, this.place[2])), 0.16, 0.8);
  }
}

// What a camera sees: screen x = shiftX + scale * x, screen y = shiftY - scale * y, in each panel.
export class View {
  #positions;

  constructor(positions, { panels, scale, shiftX, shiftY, radius }) {
    this.#positions = positions;
    Object.assign(this, { panels, scale, shiftX, shiftY, radius });
  }

  // where node i is in its panel
  at(i) {
    const { scale, shiftX, shiftY } = this;
    return [shiftX + scale * this.#positions[2 * i], shiftY - scale * this.#positions[2 * i + 1]];
  }

  toGraph(x, y) {
    return [(x - this.shiftX) / this.scale, (this.shiftY - y) / this.scale];
  }

  panelAt(x) {
    return this.panels.find((panel) => x < panel.x + panel.width) ?? this.panels.at(-1);
  }

  // methods that agree on a pair run side by side, so that both stay visible
  candidateLine({ u, v, lane, lanes }) {
    return beside(this.at(u), this.at(v), (lane - (lanes - 1) / 2) * 3.5);
  }

  // what is at a point of the picture: {u, panel} for a node, {u, v, panel} with `edge` or
  // `candidate` for a pair, null for nothing
  hit(x, y, data) {
    const panel = this.panelAt(x), px = x - panel.x, at = this.toGraph(px, y);
    const u = data.nodeAt(...at, (this.radius + 4) / this.scale);
    if (u >= 0) return { u, panel };
    const candidate = panel.live ? this.#candidateAt(px, y, data) : null;
    if (candidate) return { u: candidate.u, v: candidate.v, candidate, panel };
    const edge = data.edgeAt(...at, 5 / this.scale, panel.position);
    return edge ? { u: edge[0], v: edge[1], edge: true, panel } : null;
  }

  #candidateAt(x, y, data) {
    let best = null, nearest = 16;
    for (const one of data.candidates) {
      if (!data.has(one.v)) continue;
      const squared = squaredDistance(x, y, ...this.candidateLine(one));
      if (squared < nearest) [nearest, best] = [squared, one];
    }
    return best;
  }
}
