// Points and lines of the plane. Positions are x, y of one node after another.

// squared, from (x, y) to the segment from (ax, ay) to (bx, by)
export function squaredDistance(x, y, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay;
  const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  const ex = x - ax - t * dx, ey = y - ay - t * dy;
  return ex * ex + ey * ey;
}

// [left, right, low, high] of the first n points
export function bounds(positions, n) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const x = positions[2 * i], y = positions[2 * i + 1];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return n && left <= right ? [left, right, low, high] : [-1, 1, -1, 1];
}

// what a node has for itself: a quarter of the nodes have a nearer one
export function spacing(positions, n) {
  const nearest = new Float64Array(n).fill(Infinity);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const dx = positions[2 * i] - positions[2 * j], dy = positions[2 * i + 1] - positions[2 * j + 1];
      const squared = dx * dx + dy * dy;
      if (squared < nearest[i]) nearest[i] = squared;
      if (squared < nearest[j]) nearest[j] = squared;
    }
  }
  return n > 1 ? Math.sqrt(nearest.sort()[n >> 2]) : Infinity;
}

// a line beside the one from a to b, `off` to its side
export function beside([ax, ay], [bx, by], off) {
  const length = Math.hypot(bx - ax, by - ay) || 1;
  const dx = (-(by - ay) / length) * off, dy = ((bx - ax) / length) * off;
  return [ax + dx, ay + dy, bx + dx, by + dy];
}

export function nearestTo(positions, n, x, y) {
  let best = -1, nearest = Infinity;
  for (let i = 0; i < n; i++) {
    const distance = Math.hypot(positions[2 * i] - x, positions[2 * i + 1] - y);
    if (distance < nearest) [nearest, best] = [distance, i];
  }
  return best;
}

// the node that an arrow key leads to: ahead, and rather straight ahead than near; -1 for none
export function ahead(positions, n, from, [dx, dy]) {
  const x = positions[2 * from], y = positions[2 * from + 1];
  let best = -1, lowest = Infinity;
  for (let i = 0; i < n; i++) {
    if (i === from) continue;
    const ax = positions[2 * i] - x, ay = positions[2 * i + 1] - y;
    const along = ax * dx + ay * dy, across = Math.abs(ax * dy) + Math.abs(ay * dx);
    if (along <= 0 || across > 1.8 * along) continue;
    const cost = along + 1.5 * across;
    if (cost < lowest) [lowest, best] = [cost, i];
  }
  return best;
}

// Points sorted into squares, so that the one under the pointer is found without asking all.
export class PointGrid {
  constructor(positions, n, [left, right, low, high]) {
    const side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(n / 2))));
    Object.assign(this, { positions, side, left, low });
    this.width = (right - left) / side || 1;
    this.height = (high - low) / side || 1;
    const cell = (i) =>
      this.#row(positions[2 * i + 1]) * side + this.#column(positions[2 * i]);
    this.starts = new Int32Array(side * side + 1);
    for (let i = 0; i < n; i++) this.starts[cell(i) + 1]++;
    for (let c = 0; c < side * side; c++) this.starts[c + 1] += this.starts[c];
    const cursor = this.starts.slice(0, -1);
    this.members = new Int32Array(n);
    for (let i = 0; i < n; i++) this.members[cursor[cell(i)]++] = i;
  }

  #row(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.low) / this.height)));
  }

  #column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.left) / this.width)));
  }

  // the nearest point within reach of (x, y), -1 for none
  nearest(x, y, reach) {
    const { positions, side, starts, members } = this;
    let best = -1, nearest = reach * reach;
    for (let j = this.#row(y - reach); j <= this.#row(y + reach); j++) {
      for (let i = this.#column(x - reach); i <= this.#column(x + reach); i++) {
        for (let k = starts[j * side + i]; k < starts[j * side + i + 1]; k++) {
          const m = members[k];
          const dx = positions[2 * m] - x, dy = positions[2 * m + 1] - y;
          if (dx * dx + dy * dy <= nearest) [nearest, best] = [dx * dx + dy * dy, m];
        }
      }
    }
    return best;
  }
}
