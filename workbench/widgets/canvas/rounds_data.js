// Rounds of a color refinement as arrays: the color of each node and pair, and how often each is.

import { typed } from "./arrays.js";

const MOST_COLUMNS = 40; // columns of the histogram
const MOST_PAIRS = 120; // pairs drawn for one color

export const SIDES = ["a", "b"];

export class RoundsData {
  #model;

  constructor(model) {
    this.#model = model;
    this.read();
  }

  read() {
    const model = this.#model, rounds = (this.length = model.get("length")) + 1;
    const rows = (name, Type) => {
      const all = typed(model.get(name), Type), width = Math.floor(all.length / rounds);
      return (r) => all.subarray(r * width, (r + 1) * width);
    };
    this.nodes = SIDES.map((side) => rows(`nodes_${side}`, Float32Array)); // [side](round)
    this.pairs = SIDES.map((side) => rows(`pairs_${side}`, Uint8Array));
    this.counts = rows("counts", Int32Array);
    this.table = typed(model.get("palette"), Uint8Array);
  }

  get position() {
    return Math.min(this.#model.get("position"), this.length);
  }

  // the colors that occur in a round: {color, a, b} with how often each graph has it
  colorsOf(round) {
    const counts = this.counts(round), k = this.#model.get("num_colors"), colors = [];
    for (let color = 0; color < k; color++) {
      const a = counts[color], b = counts[k + color];
      if (a || b) colors.push({ color, a, b });
    }
    return colors;
  }

  // at most so many pairs of a color in a graph, as rows of candidates: u, v, 0
  pairsOf(side, round, color) {
    const pairs = this.pairs[side](round), n = Math.round(Math.sqrt(pairs.length)), rows = [];
    for (let u = 0; u < n && rows.length < 3 * MOST_PAIRS; u++) {
      for (let v = 0; v < n; v++) {
        const twice = u > v && pairs[v * n + u] === color; // drawn once for both directions
        if (u !== v && pairs[u * n + v] === color && !twice) rows.push(u, v, 0);
      }
    }
    return rows;
  }
}

// the columns that there is room for: what differs first, as much of a as of b
export function columnsShown(colors, most = MOST_COLUMNS) {
  if (colors.length <= most) return colors;
  const often = (x, y) => y.a + y.b - x.a - x.b;
  const some = (which) => colors.filter(which).sort(often);
  const more = some((one) => one.a > one.b), less = some((one) => one.a < one.b);
  const same = some((one) => one.a === one.b);
  const turns = Array.from({ length: Math.max(more.length, less.length) }, (_, i) => [more[i], less[i]]);
  const chosen = [...turns.flat().filter(Boolean), ...same].slice(0, most);
  return chosen.sort((x, y) => x.color - y.color);
}

// how many colors there are, and whether that tells the graphs apart
export function countWords(colors) {
  const differ = colors.filter(({ a, b }) => a !== b).length;
  const many = colors.length === 1 ? "1 color" : `${colors.length} colors`;
  return `${many}, ${differ ? `${differ} not equally frequent` : "equally frequent in a and b"}`;
}
