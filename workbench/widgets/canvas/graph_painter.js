// Paints the graph. One canvas is on the page. What an edit or a pointer does not change comes from
// two cached pictures, so that moving the slider redraws a few dozen lines between two copies:
//   edges that no edit touches | edges that come and go, candidates | nodes | hovered, picked
// A large graph is cached with a margin around what is seen: while the hand pans or zooms, the
// pictures are moved and stretched, and drawn anew when the hand rests. WebGL draws them where the
// graph is large (edges and nodes in one picture); it stays off the page, because a WebGL canvas on
// the page is read back in every frame where there is no graphics card.

import { CachedPicture } from "./cached_picture.js";
import { painted } from "./colors.js";
import { drawNodes } from "./graph_nodes.js";
import { drawCandidates, drawEdges, drawEdits, drawMarks } from "./graph_strokes.js";
import { WebGLPainter } from "./webgl_painter.js";

const MARGIN = 0.3; // of a large graph's cached picture, share of the panel on each side
const OLD = 0.35; // opacity of what is stale

const unit = (color) => color.map((c) => c / 255);

export class GraphPainter {
  #canvas;
  #context;
  #data;
  #changed;
  #edges = new CachedPicture();
  #nodes = new CachedPicture();
  #before = new CachedPicture();
  #webgl = null;
  #noWebGL = false;
  #named = false;

  // `changed` is called when pictures are lost
  constructor(canvas, data, changed) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#data = data;
    this.#changed = changed;
  }

  // whether edges and nodes are one picture
  get byWebGL() {
    return this.#webgl !== null;
  }

  outdate(which = "both") {
    if (which !== "nodes" || this.byWebGL) this.#edges.outdate();
    if (which !== "edges") this.#nodes.outdate();
    if (which !== "edges" || this.byWebGL) this.#before.outdate();
  }

  // "auto", "2d" or "webgl"
  choose(renderer) {
    const webgl = renderer === "webgl" || (renderer === "auto" && this.#data.forWebGL);
    if (webgl === this.byWebGL || (webgl && this.#noWebGL)) return;
    this.#webgl?.destroy();
    this.#webgl = null;
    if (!webgl) return;
    const made = new WebGLPainter(document.createElement("canvas"), (restored) => {
      if (restored) this.#changed();
    });
    if (made.gl) this.#webgl = made;
    else this.#noWebGL = true;
  }

  uploadStructure() {
    const webgl = this.#webgl, { n, positions, always } = this.#data;
    if (!webgl) return;
    webgl.upload("edgeBuffer", this.#data.ends());
    webgl.upload("nodeBuffer", positions.subarray(0, 2 * n));
    webgl.edgeCount = always.length;
    webgl.nodeCount = n;
  }

  uploadValues(theme) {
    const { bins, binsBefore, table } = this.#data;
    this.#webgl?.upload("paintBuffer", painted(bins, table, theme.plain));
    if (binsBefore !== bins) {
      this.#webgl?.upload("paintBeforeBuffer", painted(binsBefore, table, theme.plain));
    }
  }

  // scene: {data, view, ratio, theme, edgeAlpha, labels, texts, stale, traveling, and of marks
  // selection, picked, ringed, focus}
  draw(scene) {
    const { view, theme, stale } = scene, context = this.#context, { bins, binsBefore } = this.#data;
    // The panels share their pictures, but not the one with the nodes where these had other colors
    // before: that of the edges with WebGL, else that of the nodes.
    const recolored = (panel) => !panel.live && binsBefore !== bins;
    const edges = view.panels.map((panel) => {
      const own = this.byWebGL && recolored(panel), paint = own ? "paintBeforeBuffer" : "paintBuffer";
      return this.#place(own ? this.#before : this.#edges, scene,
                         (picture) => this.#paintEdges(picture, scene, paint));
    });
    const nodes = view.panels.map((panel) => {
      const own = !this.byWebGL && recolored(panel);
      return this.#place(own ? this.#before : this.#nodes, scene, (picture) => {
        this.#named = drawNodes(picture, scene, own ? binsBefore : bins, !this.byWebGL);
      });
    });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    view.panels.forEach((panel, which) => {
      this.#inPanel(panel, scene.ratio, () => {
        context.drawImage(...edges[which]);
        drawEdits(context, scene, panel.position);
        if (panel.live) drawCandidates(context, scene);
        if (!this.byWebGL || this.#named) {
          context.globalAlpha = stale ? OLD : 1;
          context.drawImage(...nodes[which]);
          context.globalAlpha = 1;
        }
        drawMarks(context, scene, panel.position);
      });
    });
  }

  #place(picture, { view, ratio, data, traveling }, paint) {
    const now = { scale: view.scale * ratio, x: view.shiftX * ratio, y: view.shiftY * ratio };
    const size = [Math.round(view.panels[0].width * ratio), this.#canvas.height];
    const [left, right, low, high] = data.box, pad = (view.radius + 2) * ratio;
    const seen = ({ scale, x, y }) => [
      Math.max(0, x + scale * left - pad), Math.max(0, y - scale * high - pad),
      Math.min(size[0], x + scale * right + pad), Math.min(size[1], y - scale * low + pad)];
    const share = data.large ? MARGIN : 0;
    return [picture.canvas, ...picture.place(now, size, { traveling, seen, share, paint })];
  }

  #paintEdges({ canvas, context, margin }, scene, paint) {
    const { theme, ratio, view, edgeAlpha, stale } = scene, { width, height } = canvas;
    if (this.#webgl) {
      const k = 2 * view.scale * ratio;
      this.#webgl.draw({
        width, height,
        view: [k / width, k / height, (2 * (view.shiftX * ratio + margin[0])) / width - 1,
               1 - (2 * (view.shiftY * ratio + margin[1])) / height],
        background: unit(theme.back), edgeColor: [...unit(theme.edge), edgeAlpha],
        paint, radius: view.radius * ratio, rim: unit(theme.rim), opacity: stale ? OLD : 1,
      });
      context.drawImage(this.#webgl.canvas, 0, 0);
      return;
    }
    context.fillStyle = theme.ground;
    context.fillRect(0, 0, width, height);
    context.translate(...margin);
    drawEdges(context, scene);
  }

  #inPanel(panel, ratio, work) {
    const context = this.#context, x = Math.round(panel.x * ratio);
    context.save();
    context.beginPath();
    context.rect(x, 0, Math.round(panel.width * ratio), this.#canvas.height);
    context.clip();
    context.translate(x, 0);
    work();
    context.restore();
  }

  destroy() {
    this.#webgl?.destroy();
    for (const picture of [this.#edges, this.#nodes, this.#before]) picture.free();
  }
}
