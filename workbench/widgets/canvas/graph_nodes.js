// The nodes of a graph on a 2-D canvas, and what is written in and beside them. `scene` is what
// GraphPainter.draw gets; `margin` are the pixels around what is seen.

import { css, entry, inkOn, NO_COLOR } from "./colors.js";
import { placeLabels } from "./labels.js";

const MOST_NAMES = 400; // more nodes in sight get no names

// discs (unless WebGL drew them), texts in them, names beside; returns whether any name stands there
export function drawNodes({ canvas, context, margin }, scene, bins, discs) {
  const { data, view, ratio } = scene, { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  if (!discs && !scene.texts.length && !scene.labels.length) return false;
  const r = view.radius * ratio, seen = [], at = [];
  for (let i = 0; i < data.n; i++) {
    const [vx, vy] = view.at(i), x = vx * ratio + margin[0], y = vy * ratio + margin[1];
    if (x <= -r || x >= width + r || y <= -r || y >= height + r) continue;
    seen.push(i);
    at.push([x, y]);
  }
  if (discs) drawDiscs(context, scene, bins, seen, at);
  drawTexts(context, scene, bins, seen, at);
  const all = [0, 0, width, height];
  return drawNames(context, scene, seen, at, {
    all, seen: [margin[0], margin[1], width - margin[0], height - margin[1]] });
}

function drawDiscs(context, { data, view, ratio, theme }, bins, seen, at) {
  const r = view.radius * ratio;
  // one path per color, not one style per node
  const buckets = new Map();
  seen.forEach((i, j) => {
    const bucket = buckets.get(bins[i]);
    if (bucket) bucket.push(at[j]);
    else buckets.set(bins[i], [at[j]]);
  });
  context.lineWidth = Math.max(0.6, 0.13 * view.radius) * ratio;
  context.strokeStyle = css(theme.rim, 0.9);
  for (const [bin, places] of buckets) {
    context.fillStyle = css(bin < NO_COLOR ? entry(data.table, bin) : theme.plain);
    context.beginPath();
    for (const [x, y] of places) {
      context.moveTo(x + r, y);
      context.arc(x, y, r, 0, 6.2832);
    }
    context.fill();
    if (view.radius > 2.5) context.stroke();
  }
}

// a short text inside each node
function drawTexts(context, { data, view, ratio, theme, texts }, bins, seen, at) {
  const { radius } = view;
  if (!texts.length || radius < 5) return;
  context.textAlign = "center";
  context.textBaseline = "middle";
  seen.forEach((i, j) => {
    const text = texts[i], [x, y] = at[j];
    if (!text) return;
    context.font = `600 ${Math.min(1.15, 2.1 / text.length) * radius * ratio}px ${theme.font}`;
    context.fillStyle = inkOn(bins[i] < NO_COLOR ? entry(data.table, bins[i]) : theme.plain);
    context.fillText(text, x, y + 0.06 * radius * ratio);
  });
  context.textAlign = "start";
}

function drawNames(context, { view, ratio, theme, labels }, seen, at, room) {
  if (!labels.length || seen.length > MOST_NAMES) return false;
  const size = 11 * ratio;
  context.font = `${size}px ${theme.font}`;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3 * ratio;
  context.strokeStyle = css(theme.back, 0.85);
  context.fillStyle = theme.strong;
  const widths = seen.map((i) => (labels[i] ? context.measureText(labels[i]).width : 0));
  const places = placeLabels(at, widths, {
    radius: view.radius * ratio, gap: 3 * ratio, half: 0.6 * size, ...room });
  seen.forEach((i, j) => {
    if (!places[j]) return;
    context.strokeText(labels[i], ...places[j]);
    context.fillText(labels[i], ...places[j]);
  });
  return places.some(Boolean);
}
