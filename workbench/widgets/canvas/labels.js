// Where names stand beside their nodes.

// For each node, at [x, y] with a text of this width (0 for none), the left end and the middle of
// its name: right, left, above or below it, the first place within the picture where nothing else
// stands; null where there is none.
export function placeLabels(at, widths, { radius, gap, half, width, height }) {
  const taken = at.map(([x, y]) => square(x, y, 0.7 * radius));
  const free = (a) => taken.every((b) => a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]);
  const off = radius + gap;
  return at.map(([x, y], j) => {
    const long = widths[j];
    if (!long) return null;
    const places = [[x + off, y], [x - off - long, y],
                    [x - long / 2, y - off - half], [x - long / 2, y + off + half]];
    for (const [left, middle] of places) {
      if (left < 2 || left + long > width - 2 || middle < half || middle > height - half) continue;
      const spot = [left, middle - half, left + long, middle + half];
      if (!free(spot)) continue;
      taken.push(spot);
      return [left, middle];
    }
    return null;
  });
}

const square = (x, y, r) => [x - r, y - r, x + r, y + r];
