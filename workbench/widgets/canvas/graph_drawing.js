// Of the graph canvas: the pictures, cached and drawn.

const MARGIN = 0.3; // of a large graph's cached picture, share of the panel on each side
// Okabe and Ito's colors, those of the edits (blue, vermillion) last
const METHOD_COLORS = ["#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00", "#0072B2"];
const METHOD_DASHES = [[7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4], [2, 6], [6, 2]];

// A picture kept off the page, with the camera it was drawn for.
class Picture {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.margin = [0, 0];
    this.at = null;
  }

  resize(width, height) {
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
  }
}

class GraphDrawing extends GraphCamera {
  outdate(which = "both") {
    this.dirty = true;
    if (which !== "nodes") this.edgePicture.at = null;
    if (which !== "edges") this.nodePicture.at = null;
    if (which !== "edges" || this.painter) this.beforePicture.at = null;
  }

  // The camera moved. A large graph's cached pictures move along until the hand rests.
  traveled() {
    this.dirty = true;
    this.root.classList.toggle("wb-moved", this.model.get("camera").length === 3);
    if (!this.large) return;
    this.traveling = true;
    this.cancel(this.resting);
    this.resting = this.later(() => {
      this.traveling = false;
      this.redraw();
    }, 90);
  }

  draw() {
    if (!this.size[0]) return;
    this.dirty = false;
    const panels = this.panels();
    const [scale, shiftX, shiftY] = this.transform(panels[0]);
    this.view = { panels, scale, shiftX, shiftY, radius: this.radius(scale) };
    this.describePanels();
    // The panels share their pictures, but not the one with the nodes where these had other colors
    // before: that of the edges with WebGL, else that of the nodes.
    const old = (panel) => !panel.live && this.binsBefore !== this.bins;
    const edges = panels.map((panel) => {
      const own = this.painter && old(panel), picture = own ? this.beforePicture : this.edgePicture;
      const paint = own ? "paintBeforeBuffer" : "paintBuffer";
      return [picture.canvas, ...this.place(picture, (one) => this.paintEdges(one, paint))];
    });
    const nodes = panels.map((panel) => {
      const own = !this.painter && old(panel), picture = own ? this.beforePicture : this.nodePicture;
      const bins = own ? this.binsBefore : this.bins;
      return [picture.canvas, ...this.place(picture, (one) => this.paintNodes(one, bins))];
    });
    const { context, canvas, theme } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    panels.forEach((panel, which) => {
      this.inPanel(panel, () => {
        context.drawImage(...edges[which]);
        this.drawEdits(context, panel);
        if (panel.live) this.drawCandidates(context);
        if (!this.painter || this.anyLabel) {
          context.globalAlpha = this.grey ? 0.35 : 1;
          context.drawImage(...nodes[which]);
          context.globalAlpha = 1;
        }
        this.drawMarks(context, panel);
      });
    });
  }

  // A cached picture for the present view: as it is, moved along with the hand, or drawn anew.
  // Returns where to put it, in device pixels: [x, y, width, height].
  place(picture, paint) {
    const { ratio } = this;
    const { panels, scale, shiftX, shiftY, radius } = this.view;
    const now = { scale: scale * ratio, x: shiftX * ratio, y: shiftY * ratio };
    const width = Math.round(panels[0].width * ratio), height = this.canvas.height;
    if (picture.at) {
      const { at, margin, canvas } = picture;
      const grow = now.scale / at.scale;
      let x = now.x - grow * (at.x + margin[0]), y = now.y - grow * (at.y + margin[1]);
      const same = Math.abs(grow - 1) < 1e-9;
      if (same) [x, y] = [Math.round(x), Math.round(y)];
      const w = grow * canvas.width, h = grow * canvas.height;
      const still = same && Math.abs(now.x - at.x) < 0.01 && Math.abs(now.y - at.y) < 0.01;
      if (still) return [x, y, w, h];
      if (this.traveling && grow > 0.4 && grow < 2.5) {
        // all of the graph that is in sight must be in the picture
        const [left, right, low, high] = this.box, pad = (radius + 2) * ratio;
        const seen = [Math.max(0, now.x + now.scale * left - pad), Math.max(0, now.y - now.scale * high - pad),
                      Math.min(width, now.x + now.scale * right + pad), Math.min(height, now.y - now.scale * low + pad)];
        if (seen[0] >= x - 1 && seen[1] >= y - 1 && seen[2] <= x + w + 1 && seen[3] <= y + h + 1) {
          return [x, y, w, h];
        }
      }
    }
    const share = this.large ? MARGIN : 0;
    picture.margin = [Math.round(share * width), Math.round(share * height)];
    picture.resize(width + 2 * picture.margin[0], height + 2 * picture.margin[1]);
    picture.at = now;
    paint(picture);
    return [-picture.margin[0], -picture.margin[1], picture.canvas.width, picture.canvas.height];
  }

  edgeAlpha() {
    const m = this.always.length + this.moving.length;
    const dense = m / Math.max(1, (this.size[0] * this.size[1]) / 1000);
    const camera = this.model.get("camera");
    const zoom = camera.length === 3 ? Math.max(1, camera[2]) : 1;
    return Math.max(0.16, Math.min(0.8, (1.5 / Math.sqrt(1 + dense)) * Math.sqrt(zoom)));
  }

  paintEdges({ canvas, context, margin }, paint) {
    const { theme, ratio, painter } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const { width, height } = canvas;
    if (painter) {
      const k = 2 * scale * ratio;
      painter.draw({
        width, height,
        view: [k / width, k / height, (2 * (shiftX * ratio + margin[0])) / width - 1,
               1 - (2 * (shiftY * ratio + margin[1])) / height],
        background: theme.back.map((c) => c / 255),
        edgeColor: [...theme.edge.map((c) => c / 255), this.edgeAlpha()],
        paint, radius: radius * ratio, rim: theme.rim.map((c) => c / 255), opacity: this.grey ? 0.35 : 1,
      });
      context.drawImage(painter.canvas, 0, 0);
      return;
    }
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, width, height);
    context.lineWidth = ratio * Math.max(0.7, Math.min(1.4, 0.22 * radius));
    context.strokeStyle = theme.css(theme.edge, this.edgeAlpha());
    context.translate(...margin);
    this.strokeSpans(context, this.always);
  }

  inPanel(panel, work) {
    const { context, ratio } = this;
    context.save();
    context.beginPath();
    context.rect(Math.round(panel.x * ratio), 0, Math.round(panel.width * ratio), this.canvas.height);
    context.clip();
    context.translate(Math.round(panel.x * ratio), 0);
    work();
    context.restore();
  }

  strokeSpans(context, rows) {
    const { positions, spans, ratio } = this;
    const { scale, shiftX, shiftY } = this.view;
    const k = scale * ratio, x0 = shiftX * ratio, y0 = shiftY * ratio;
    // short paths: one path of thousands of lines is slow to rasterize in software
    for (let from = 0; from < rows.length; from += 250) {
      context.beginPath();
      for (let j = from; j < Math.min(rows.length, from + 250); j++) {
        const u = 2 * spans[rows[j]], v = 2 * spans[rows[j] + 1];
        context.moveTo(x0 + k * positions[u], y0 - k * positions[u + 1]);
        context.lineTo(x0 + k * positions[v], y0 - k * positions[v + 1]);
      }
      context.stroke();
    }
  }

  // nodes and labels; panels have the same size and camera, so a picture serves both unless the
  // nodes had other colors before
  paintNodes({ canvas, context, margin }, bins) {
    const { positions, n, theme, ratio, table } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const w = canvas.width, h = canvas.height;
    context.clearRect(0, 0, w, h);
    const k = scale * ratio, r = radius * ratio;
    const x0 = shiftX * ratio + margin[0], y0 = shiftY * ratio + margin[1];
    const inView = [];
    for (let i = 0; i < n; i++) {
      const x = x0 + k * positions[2 * i], y = y0 - k * positions[2 * i + 1];
      if (x > -r && x < w + r && y > -r && y < h + r) inView.push(i);
    }
    if (!this.painter) {
      // one path per color, not one style per node
      const buckets = new Map();
      for (const i of inView) {
        const bucket = buckets.get(bins[i]);
        if (bucket) bucket.push(i);
        else buckets.set(bins[i], [i]);
      }
      context.lineWidth = Math.max(0.6, 0.13 * radius) * ratio;
      context.strokeStyle = theme.css(theme.rim, 0.9);
      for (const [bin, members] of buckets) {
        const c = 3 * bin;
        context.fillStyle = bin < 256
          ? `rgb(${table[c]},${table[c + 1]},${table[c + 2]})` : theme.css(theme.plain);
        context.beginPath();
        for (const i of members) {
          const x = x0 + k * positions[2 * i], y = y0 - k * positions[2 * i + 1];
          context.moveTo(x + r, y);
          context.arc(x, y, r, 0, 6.2832);
        }
        context.fill();
        if (radius > 2.5) context.stroke();
      }
    }
    this.drawTexts(context, inView, bins, (i) => [x0 + k * positions[2 * i], y0 - k * positions[2 * i + 1]]);
    this.drawLabels(context, inView, w, h, margin);
  }

  // a short text inside each node, black or white, whichever the color of the node leaves readable
  drawTexts(context, inView, bins, at) {
    const texts = this.model.get("texts");
    const { theme, ratio, table } = this, { radius } = this.view;
    if (!texts.length || radius < 5) return;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const i of inView) {
      const text = texts[i];
      if (!text) continue;
      const c = 3 * bins[i], [x, y] = at(i);
      const [r, g, b] = bins[i] < 256 ? [table[c], table[c + 1], table[c + 2]] : theme.plain;
      context.font = `600 ${Math.min(1.15, 2.1 / text.length) * radius * ratio}px ${theme.font}`;
      context.fillStyle = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff";
      context.fillText(text, x, y + 0.06 * radius * ratio);
    }
    context.textAlign = "start";
  }

  drawLabels(context, inView, w, h, margin) {
    const labels = this.model.get("labels");
    this.anyLabel = false;
    if (!labels.length || inView.length > 400) return;
    const { positions, ratio, theme } = this;
    const { scale, shiftX, shiftY, radius } = this.view;
    const size = 11 * ratio;
    context.font = `${size}px ${theme.font}`;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3 * ratio;
    context.strokeStyle = theme.css(theme.back, 0.85);
    context.fillStyle = theme.strong;
    const taken = [];
    const free = (a) => taken.every((b) => a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]);
    const at = inView.map((i) => [
      (shiftX + scale * positions[2 * i]) * ratio + margin[0],
      (shiftY - scale * positions[2 * i + 1]) * ratio + margin[1],
    ]);
    const r = radius * ratio;
    for (const [x, y] of at) taken.push([x - 0.7 * r, y - 0.7 * r, x + 0.7 * r, y + 0.7 * r]);
    inView.forEach((i, j) => {
      if (!labels[i]) return;
      const width = context.measureText(labels[i]).width, [x, y] = at[j];
      const gap = r + 3 * ratio, half = 0.6 * size;
      // right, left, above, below: the first place where nothing else stands
      for (const [lx, ly] of [[x + gap, y], [x - gap - width, y], [x - width / 2, y - gap - half],
                              [x - width / 2, y + gap + half]]) {
        const spot = [lx, ly - half, lx + width, ly + half];
        if (lx < 2 || lx + width > w - 2 || ly < half || ly > h - half || !free(spot)) continue;
        taken.push(spot);
        context.strokeText(labels[i], lx, ly);
        context.fillText(labels[i], lx, ly);
        this.anyLabel = true;
        return;
      }
    });
  }

  drawEdits(context, { position: p }) {
    const { theme, ratio, moving, spans } = this;
    const { radius } = this.view;
    const thin = ratio * Math.max(0.7, Math.min(1.4, 0.22 * radius));
    const thick = ratio * Math.max(1.6, Math.min(3, 0.42 * radius));
    const original = [], added = [], removed = [], current = [];
    for (const i of moving) {
      const start = spans[i + 2], end = spans[i + 3];
      if (start <= p && p < end) (start === 0 ? original : added).push(i);
      else if (p >= end && start === 0) removed.push(i);
      if (p > 0 && (start === p || end === p)) current.push(i);
    }
    if (original.length) {
      context.lineWidth = thin;
      context.strokeStyle = theme.css(theme.edge, this.edgeAlpha());
      this.strokeSpans(context, original);
    }
    if (removed.length) {
      context.lineWidth = Math.max(thin, ratio);
      context.setLineDash([4 * ratio, 3 * ratio]);
      context.strokeStyle = theme.removed;
      context.globalAlpha = theme.dark ? 0.85 : 0.6;
      this.strokeSpans(context, removed);
      context.setLineDash([]);
      context.globalAlpha = 1;
    }
    // the edit where the slider stands: a halo, and for a removed edge stronger dashes
    for (const i of current) {
      const gone = spans[i + 3] === p;
      context.lineWidth = thick + 6 * ratio;
      context.lineCap = "round";
      context.globalAlpha = theme.dark ? 0.38 : 0.28;
      context.strokeStyle = gone ? theme.removed : theme.added;
      this.strokeSpans(context, [i]);
      context.globalAlpha = 1;
      context.lineCap = "butt";
      if (gone) {
        context.lineWidth = thick;
        context.setLineDash([5 * ratio, 3 * ratio]);
        this.strokeSpans(context, [i]);
        context.setLineDash([]);
      }
    }
    if (added.length) {
      context.lineWidth = thick;
      context.strokeStyle = theme.added;
      this.strokeSpans(context, added);
    }
  }

  drawCandidates(context) {
    const { ratio, n } = this;
    context.lineWidth = 2 * ratio;
    for (const one of this.candidates) {
      if (one.u >= n || one.v >= n) continue;
      const k = one.method % METHOD_COLORS.length;
      const [ax, ay, bx, by] = this.candidateLine(one);
      context.strokeStyle = METHOD_COLORS[k];
      context.setLineDash(METHOD_DASHES[k].map((d) => d * ratio));
      context.beginPath();
      context.moveTo(ax * ratio, ay * ratio);
      context.lineTo(bx * ratio, by * ratio);
      context.stroke();
    }
    context.setLineDash([]);
  }

  // methods that agree on a pair run side by side, so that both stay visible
  candidateLine({ u, v, lane, lanes }) {
    const [ax, ay] = this.at(u), [bx, by] = this.at(v);
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const off = (lane - (lanes - 1) / 2) * 3.5;
    const dx = (-(by - ay) / length) * off, dy = ((bx - ax) / length) * off;
    return [ax + dx, ay + dy, bx + dx, by + dy];
  }

  // a node in CSS pixels of its panel
  at(i) {
    const { scale, shiftX, shiftY } = this.view;
    return [shiftX + scale * this.positions[2 * i], shiftY - scale * this.positions[2 * i + 1]];
  }

  // what is hovered, picked and focused
  drawMarks(context, panel) {
    const { theme, ratio, n } = this;
    const { radius } = this.view;
    const selection = this.model.get("selection").filter((i) => i >= 0 && i < n);
    const picked = this.model.get("picked").filter((i) => i >= 0 && i < n);
    const ringed = this.model.get("ringed").filter((i) => i >= 0 && i < n);
    const ring = (i, extra, width, color, dash = []) => {
      const [x, y] = this.at(i);
      context.beginPath();
      context.setLineDash(dash.map((d) => d * ratio));
      context.lineWidth = width * ratio;
      context.strokeStyle = color;
      context.arc(x * ratio, y * ratio, (radius + extra) * ratio, 0, 6.2832);
      context.stroke();
      context.setLineDash([]);
    };
    if (selection.length === 2 && selection[0] !== selection[1]) {
      let [a, b] = selection.map((i) => this.at(i));
      const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
      const share = Math.min(0.5, (radius + 3.5) / (length || 1)); // from ring to ring
      const cut = [(b[0] - a[0]) * share, (b[1] - a[1]) * share];
      [a, b] = [[a[0] + cut[0], a[1] + cut[1]], [b[0] - cut[0], b[1] - cut[1]]];
      const edge = this.adjacent(selection[0], selection[1], panel.position);
      for (const [width, color, alpha] of [[edge ? 7 : 5, theme.ground, 0.7],
                                           [edge ? 2.5 : 1.5, theme.strong, 0.9]]) {
        context.globalAlpha = alpha;
        context.lineWidth = width * ratio;
        context.strokeStyle = color;
        if (!edge && color === theme.strong) context.setLineDash([5 * ratio, 4 * ratio]);
        context.beginPath();
        context.moveTo(a[0] * ratio, a[1] * ratio);
        context.lineTo(b[0] * ratio, b[1] * ratio);
        context.stroke();
      }
      context.globalAlpha = 1;
      context.setLineDash([]);
    }
    for (const i of ringed) ring(i, 2.5, 2.5, theme.removed);
    for (const i of selection) {
      ring(i, 3.5, 4.5, theme.ground);
      ring(i, 3.5, 2, theme.strong);
    }
    for (const i of picked) {
      ring(i, 4, 6, theme.ground);
      ring(i, 4, 3, theme.added);
    }
    if (this.keyboard && this.focus >= 0) ring(this.focus, 7.5, 1.5, theme.strong, [3, 2]);
  }
}
