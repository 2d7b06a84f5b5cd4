// The curve of a number along the tape, as the path of an SVG.

export const CURVE = 16; // pixels from the top to the bottom

// pixels from the top at which x stands between low and high
export const height = (x, low, high) =>
  high > low ? CURVE * (1 - (x - low) / (high - low)) : CURVE / 2;

// The path over a width of 100, with gaps where there is no finite number; at most 400 points, each
// the first of its step.
export function sparklinePath(values, [low, high]) {
  const last = Math.max(1, values.length - 1), step = Math.max(1, Math.ceil(values.length / 400));
  let path = "", drawing = false;
  for (let i = 0; i < values.length; i += step) {
    const finite = Number.isFinite(values[i]);
    if (finite) {
      const x = ((100 * i) / last).toFixed(2), y = height(values[i], low, high).toFixed(2);
      path += `${drawing ? "L" : "M"}${x} ${y}`;
    }
    drawing = finite;
  }
  return path;
}
