// What the matrix canvas says: title, note, tooltip, and what a screen reader hears.

import { LAST, MISSING } from "./matrix_cells.js";
import { number } from "./numbers.js";

// `ends` are the texts at the ends of the color bar, "" where there is none
export const canvasLabel = (title, n, [low, high]) =>
  `${title || "Matrix"}, ${n} rows and columns${high ? `, from ${low} to ${high}` : ""}. ` +
  "Arrow keys move the cell, Enter picks it, Escape clears.";

// how many cells there are and how they are shown; n cells on so many pixels of the screen
export function note({ n, side, logarithmic, diverging }) {
  if (!n || !side) return "";
  const parts = [`${n} × ${n}`];
  if (logarithmic) parts.push("logarithmic colors");
  if (n > side) {
    const cells = Math.ceil(n / side);
    const which = diverging ? "value farthest from the middle" : "largest";
    parts.push(`each pixel shows the ${which} of up to ${cells} × ${cells} cells`);
  }
  return parts.join(", ");
}

// what the cell with level q says; `value` turns a level into its number, `clipped` as of rangeTexts
export function cellText(q, { unit, classes, missing, value, clipped: [below, above] }) {
  if (q === MISSING) return missing;
  if (classes) return `${unit} ${q}`.trim();
  const sign = below && q === 0 ? "≤" : above && q === LAST ? "≥" : "≈";
  return `${sign} ${number(value(q), { digits: 3 })}${unit ? ` ${unit}` : ""}`;
}

// the tooltip of a cell, as lines of a class and a text; `shown` are captions and texts
export function cellLines({ names: [u, v], rows, columns, shown, hints }) {
  const lines = [["wb-tip-head", `${u} – ${v}`]];
  if (rows !== columns) lines.push(["wb-tip-do", `${rows} ${u}, ${columns} ${v}`]);
  for (const [caption, text] of shown) lines.push(["", caption ? `${caption} ${text}` : text]);
  return [...lines, ...hints];
}
