// Arrays as the kernel sends them.

// the bytes of a trait as an array of a type; what does not fill an entry at the end is left out
export function typed(view, Type) {
  if (!view || !view.byteLength) return new Type(0);
  const start = view.byteOffset ?? 0;
  const source = view.buffer ?? view;
  const length = Math.floor(view.byteLength / Type.BYTES_PER_ELEMENT);
  return start % Type.BYTES_PER_ELEMENT === 0
    ? new Type(source, start, length)
    : new Type(source.slice(start, start + length * Type.BYTES_PER_ELEMENT));
}

// base64 of float64, little-endian: JSON has no inf and no nan
export function decodedFloats(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Float64Array(bytes.buffer, 0, bytes.length >> 3);
}

// [low, high] of the finite values, [Infinity, -Infinity] where there are none
export function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}

export const clamp = (x, low, high) => Math.max(low, Math.min(high, x));

// whether a, a list of nodes, is the pair of u and v in either order
export const isPair = (a, u, v) =>
  a.length === 2 && ((a[0] === u && a[1] === v) || (a[0] === v && a[1] === u));
