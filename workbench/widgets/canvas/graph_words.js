// What the graph canvas says: legend, titles, tooltip, and what a screen reader hears.

import { methodStroke } from "./colors.js";
import { number } from "./numbers.js";

const KEYS =
  "Arrow keys move between nodes, Enter picks a node and a second Enter adds or removes the edge, " +
  "Delete removes it, Escape clears, plus, minus and 0 zoom.";

// `value` says what the colors are, "" where they are none; with the texts at the ends of their range
export function canvasLabel(n, value, [low, high]) {
  const of = high ? `from ${low} to ${high}` : `all ${low}`;
  return `Graph of ${n} nodes${value ? `, colored by ${value}, ${of}` : ""}. ${KEYS}`;
}

// the titles of the panels; "" for none
export function panelTitles({ mode, position, edited }) {
  const after = edited ? `after ${position} ${position === 1 ? "edit" : "edits"}` : "";
  if (mode === "both") return ["before", after];
  return [mode === "before" ? "before" : after, ""];
}

// the rows of the legend: {text, color, dash, width} of a line
export function legendRows({ kinds, candidates, methods, editable }) {
  const rows = [];
  if (kinds.added) rows.push({ text: "added", color: "var(--wb-added)", dash: [], width: 2.5 });
  if (kinds.removed) {
    rows.push({ text: "removed", color: "var(--wb-removed)", dash: [4, 3], width: 1.5 });
  }
  const shown = new Set(candidates.map((one) => one.method));
  methods.forEach((method, m) => {
    if (!shown.has(m)) return;
    // where nothing can be edited a candidate is no edge to come, but a pair to look at
    rows.push({ text: editable ? `${method} next` : method, ...methodStroke(m), width: 2 });
  });
  return rows;
}

// The tooltip of a pair, as lines of a class and a text. `removable` says that it is the edge under
// the hand, `way` is what to do with the hand.
export function pairLines({ names, candidate, adjacent, removable, editable, way, hints }) {
  const kind = candidate ? `${editable ? "best next edge of " : ""}${candidate}`
    : adjacent ? "edge" : "no edge";
  const lines = [["wb-tip-head", names.join(" – ")], ["", kind], ...hints];
  if (editable && !adjacent) lines.push(["wb-tip-do", `${way} to add it`]);
  if (editable && adjacent && removable) lines.push(["wb-tip-do", `${way} to remove it`]);
  return lines;
}

// the tooltip of a node; `value` is undefined where nodes have none
export function nodeLines({ name, label, value, editable, picked, way }) {
  const lines = [["wb-tip-head", name]];
  if (value !== undefined) lines.push(["", `${label} ${number(value)}`.trim()]);
  if (editable) {
    lines.push(["wb-tip-do", picked ? `${way} again to let go` : `${way} to start an edge here`]);
  }
  return lines;
}

// what the keys came to; `other` is the picked node, {name, adjacent}
export function spokenNode({ name, label, value, picked, other }) {
  let text = name;
  if (value !== undefined) text += `, ${label} ${number(value)}`;
  if (picked) return `${text}, picked`;
  if (other) text += `, with ${other.name}: ${other.adjacent ? "an edge" : "no edge"}`;
  return text;
}
