// The cells of a matrix as levels 0..254, and many of them under one pixel.

export const LAST = 254; // the level at the upper end of the scale
export const MISSING = 255; // the level of a cell without a number

// the number that a level stands for
export function levelValue(q, [low, high], logarithmic) {
  if (q === undefined || q === MISSING) return NaN;
  const t = q / LAST;
  return logarithmic && low > 0 ? low * (high / low) ** t : low + t * (high - low);
}

// the color of each level as one number, red in its lowest byte; a missing cell stays transparent
export function levelColors(table) {
  const colors = new Uint32Array(256);
  for (let q = 0; q < MISSING; q++) {
    const i = 3 * Math.round((q * 255) / 254);
    colors[q] = (255 << 24) | (table[i + 2] << 16) | (table[i + 1] << 8) | table[i];
  }
  return colors;
}

// The order in which cells of one pixel win: the largest, or on a diverging scale the one farthest
// from the middle; a cell without a number only where there is nothing else.
export function ranking(diverging) {
  const rank = new Uint16Array(256), level = new Uint8Array(257).fill(MISSING);
  for (let q = 0; q < MISSING; q++) {
    rank[q] = diverging ? (q >= 127 ? 2 * (q - 127) + 2 : 2 * (127 - q) + 1) : q + 1;
    level[rank[q]] = q;
  }
  return { rank, level };
}

// first and last + 1 of the n cells under pixel p of the side
export function cellsUnder(p, n, side) {
  const first = n <= side ? Math.floor(((p + 0.5) * n) / side) : Math.floor((p * n) / side);
  return [first, n <= side ? first + 1 : Math.max(first + 1, Math.floor(((p + 1) * n) / side))];
}

// the cell whose color pixel (x, y) of the side shows, as [row, column]
export function cellShown(values, n, side, [x, y], { rank }) {
  const rows = cellsUnder(y, n, side), columns = cellsUnder(x, n, side);
  let best = -1, cell = null;
  for (let row = rows[0]; row < rows[1]; row++) {
    for (let column = columns[0]; column < columns[1]; column++) {
      const r = rank[values[row * n + column]];
      if (r > best) [best, cell] = [r, [row, column]];
    }
  }
  return cell;
}

// n x n cells as side x side pixels, side < n: one pass over the cells, rows first
export function pooled(values, n, side, { rank, level }, colors, pixels) {
  const best = new Uint16Array(n), paint = Uint32Array.from(level, (q) => colors[q]);
  for (let i = 0, p = 0; i < side; i++) {
    const [top, bottom] = cellsUnder(i, n, side);
    best.fill(0);
    for (let row = top; row < bottom; row++) {
      const from = row * n;
      for (let j = 0; j < n; j++) {
        const r = rank[values[from + j]];
        if (r > best[j]) best[j] = r;
      }
    }
    for (let j = 0, column = 0; j < side; j++, p++) {
      const end = Math.floor(((j + 1) * n) / side);
      let r = 0;
      for (; column < end; column++) if (best[column] > r) r = best[column];
      pixels[p] = paint[r];
    }
  }
}
