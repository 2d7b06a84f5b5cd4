// The lines of a graph on a 2-D canvas. `scene` is what GraphPainter.draw gets.

import { css, methodStroke } from "./colors.js";

const thinLine = ({ view, ratio }) => ratio * Math.max(0.7, Math.min(1.4, 0.22 * view.radius));
const thickLine = ({ view, ratio }) => ratio * Math.max(1.6, Math.min(3, 0.42 * view.radius));

const plainEdges = (context, scene) => {
  context.lineWidth = thinLine(scene);
  context.strokeStyle = css(scene.theme.edge, scene.edgeAlpha);
};

function strokeSpans(context, { data, view, ratio }, rows) {
  const { positions, spans } = data;
  const k = view.scale * ratio, x0 = view.shiftX * ratio, y0 = view.shiftY * ratio;
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

// the edges that no edit touches
export function drawEdges(context, scene) {
  plainEdges(context, scene);
  strokeSpans(context, scene, scene.data.always);
}

// the edges that come and go, as they are at position p of the tape
export function drawEdits(context, scene, p) {
  const { theme, ratio, data } = scene, { moving, spans } = data;
  const thin = thinLine(scene), thick = thickLine(scene);
  const original = [], added = [], removed = [], current = [];
  for (const i of moving) {
    const start = spans[i + 2], end = spans[i + 3];
    if (start <= p && p < end) (start === 0 ? original : added).push(i);
    else if (p >= end && start === 0) removed.push(i);
    if (p > 0 && (start === p || end === p)) current.push(i);
  }
  if (original.length) {
    plainEdges(context, scene);
    strokeSpans(context, scene, original);
  }
  if (removed.length) {
    context.lineWidth = Math.max(thin, ratio);
    context.setLineDash([4 * ratio, 3 * ratio]);
    context.strokeStyle = theme.removed;
    context.globalAlpha = theme.dark ? 0.85 : 0.6;
    strokeSpans(context, scene, removed);
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
    strokeSpans(context, scene, [i]);
    context.globalAlpha = 1;
    context.lineCap = "butt";
    if (gone) {
      context.lineWidth = thick;
      context.setLineDash([5 * ratio, 3 * ratio]);
      strokeSpans(context, scene, [i]);
      context.setLineDash([]);
    }
  }
  if (added.length) {
    context.lineWidth = thick;
    context.strokeStyle = theme.added;
    strokeSpans(context, scene, added);
  }
}

export function drawCandidates(context, { data, view, ratio }) {
  context.lineWidth = 2 * ratio;
  for (const one of data.candidates) {
    if (!data.has(one.v)) continue;
    const { color, dash } = methodStroke(one.method);
    context.strokeStyle = color;
    context.setLineDash(dash.map((d) => d * ratio));
    strokeLine(context, view.candidateLine(one), ratio);
  }
  context.setLineDash([]);
}

function strokeLine(context, [ax, ay, bx, by], ratio) {
  context.beginPath();
  context.moveTo(ax * ratio, ay * ratio);
  context.lineTo(bx * ratio, by * ratio);
  context.stroke();
}

// what is hovered, ringed, picked and focused, with the tape at a position
export function drawMarks(context, scene, position) {
  const { theme, ratio, data, view, marks } = scene;
  const there = (nodes) => nodes.filter((i) => data.has(i));
  const selection = there(marks.selection);
  const ring = (i, extra, width, color, dash = []) => {
    const [x, y] = view.at(i);
    context.beginPath();
    context.setLineDash(dash.map((d) => d * ratio));
    context.lineWidth = width * ratio;
    context.strokeStyle = color;
    context.arc(x * ratio, y * ratio, (view.radius + extra) * ratio, 0, 6.2832);
    context.stroke();
    context.setLineDash([]);
  };
  if (selection.length === 2 && selection[0] !== selection[1]) {
    const edge = data.adjacent(...selection, position);
    const line = ringToRing(...selection.map((i) => view.at(i)), view.radius + 3.5);
    for (const [width, color, alpha] of [[edge ? 7 : 5, theme.ground, 0.7],
                                         [edge ? 2.5 : 1.5, theme.strong, 0.9]]) {
      context.globalAlpha = alpha;
      context.lineWidth = width * ratio;
      context.strokeStyle = color;
      if (!edge && color === theme.strong) context.setLineDash([5 * ratio, 4 * ratio]);
      strokeLine(context, line, ratio);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
  }
  for (const i of there(marks.ringed)) ring(i, 2.5, 2.5, theme.removed);
  for (const i of selection) {
    ring(i, 3.5, 4.5, theme.ground);
    ring(i, 3.5, 2, theme.strong);
  }
  for (const i of there(marks.picked)) {
    ring(i, 4, 6, theme.ground);
    ring(i, 4, 3, theme.added);
  }
  if (data.has(marks.focus)) ring(marks.focus, 7.5, 1.5, theme.strong, [3, 2]);
}

function ringToRing(a, b, radius) {
  const share = Math.min(0.5, radius / (Math.hypot(b[0] - a[0], b[1] - a[1]) || 1));
  const [dx, dy] = [(b[0] - a[0]) * share, (b[1] - a[1]) * share];
  return [a[0] + dx, a[1] + dy, b[0] - dx, b[1] - dy];
}
