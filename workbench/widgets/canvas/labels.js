// Where names stand beside their nodes.

// For each node, at [x, y] with a text of this width (0 for none), the left end and the middle of
// its name: right, left, above or below it, moved aside at an edge; the first place where nothing else
// stands and the name is whole. null where there is none. A node in sight has its name in sight, `seen`
// = [left, top, right, bottom] of the picture; one beyond, in the margin, within `all` of it.
export function placeLabels(at, widths, { radius, gap, half, seen, all }) {
  const taken = at.map(([x, y]) => square(x, y, 0.7 * radius));
  const free = (a) => taken.every((b) => a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]);
  const off = radius + gap;
  return at.map(([x, y], j) => {
    const long = widths[j];
    if (!long) return null;
    const [l, t, r, b] = within(x, y, seen) ? seen : all;
    const center = Math.max(l + 2, Math.min(r - 2 - long, x - long / 2));
    const places = [[x + off, y], [x - off - long, y], [center, y - off - half], [center, y + off + half]];
    for (const [left, middle] of places) {
      if (left < l + 2 || left + long > r - 2 || middle < t + half || middle > b - half) continue;
      const spot = [left, middle - half, left + long, middle + half];
      if (!free(spot)) continue;
      taken.push(spot);
      return [left, middle];
    }
    return null;
  });
}

const within = (x, y, [l, t, r, b]) => x >= l && x <= r && y >= t && y <= b;

const square = (x, y, r) => [x - r, y - r, x + r, y + r];
