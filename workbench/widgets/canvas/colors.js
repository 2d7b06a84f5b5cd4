// Colors: lists of red, green, blue; and tables of 256 of them, one after another, as bytes.

// Okabe and Ito's colors, those of the edits (blue, vermillion) last
const METHOD_COLORS = ["#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#D55E00", "#0072B2"];
const METHOD_DASHES = [[7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4], [2, 6], [6, 2]];

// the color and the dashes of the edges that a method proposes
export function methodStroke(method) {
  const k = method % METHOD_COLORS.length;
  return { color: METHOD_COLORS[k], dash: METHOD_DASHES[k] };
}

export const NO_COLOR = 256; // the bin of a node without a finite value

export const parsed = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);

export const mixed = (a, b, t) => a.map((x, c) => Math.round(x + t * (b[c] - x)));

export const css = (color, alpha = 1) => `rgba(${color[0]}, ${color[1]}, ${color[2]}, ${alpha})`;

export const isDark = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b < 128;

// how bright a color is, of 1, and the contrast of two, as WCAG has them
export function brightness(color) {
  const linear = (c) => (c <= 10 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const [r, g, b] = color.map(linear);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a, b) {
  const [dark, light] = [brightness(a), brightness(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

// black or white, whichever is readable on a color: one of them always has a contrast of 4.5
export const inkOn = (color) => (brightness(color) > 0.179 ? "#000" : "#fff");

export const entry = (table, i) => [table[3 * i], table[3 * i + 1], table[3 * i + 2]];

// a color table as a CSS gradient; where a range is a single number, its one color
export function gradient(table, direction, [low, high] = [0, 1]) {
  if (!(high > low)) return `rgb(${entry(table, 0)})`;
  const stops = [];
  for (let k = 0; k <= 32; k++) {
    stops.push(`rgb(${entry(table, Math.min(255, Math.round(k * 7.96875)))})`);
  }
  return `linear-gradient(to ${direction}, ${stops.join(",")})`;
}

// the entry of the color table for each of n values spread over [low, high]
export function binned(values, n, [low, high]) {
  const scale = high > low ? 255 / (high - low) : 0;
  const bins = new Uint16Array(n);
  for (let i = 0; i < n; i++) {
    const x = values ? values[i] : NaN;
    bins[i] = Number.isFinite(x)
      ? Math.max(0, Math.min(255, Math.round((x - low) * scale))) : NO_COLOR;
  }
  return bins;
}

// the colors of bins, three bytes each; `plain` where there is none
export function painted(bins, table, plain) {
  const paint = new Uint8Array(3 * bins.length);
  for (let i = 0; i < bins.length; i++) {
    const bin = bins[i];
    for (let c = 0; c < 3; c++) paint[3 * i + c] = bin < NO_COLOR ? table[3 * bin + c] : plain[c];
  }
  return paint;
}
