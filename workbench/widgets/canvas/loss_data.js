// Losses of several runs by epoch: groups of lines with their means, and what is said of an epoch.

import { extent, typed } from "./arrays.js";
import { number } from "./numbers.js";

export class LossData {
  // groups: the name of each line's group; losses: line after line, NaN where a run has no such epoch
  constructor({ groups, epochs, losses }) {
    this.epochs = typed(epochs, Int32Array);
    const values = typed(losses, Float32Array), points = this.epochs.length;
    const lines = groups.map((_, k) => values.subarray(k * points, (k + 1) * points));
    this.groups = [...new Set(groups)].map((name) => {
      const own = lines.filter((_, k) => groups[k] === name);
      return { name, lines: own, mean: Array.from(this.epochs, (_, k) => meanOf(own, k)) };
    });
    const [, high] = extent(values);
    this.high = high > 0 ? high : 1;
  }

  get last() {
    return this.epochs.length - 1;
  }

  // where an epoch stands from left to right, of 1
  share(k) {
    const { epochs, last } = this;
    return last > 0 ? (epochs[k] - epochs[0]) / (epochs[last] - epochs[0]) : 0;
  }

  // the number of the epoch that stands nearest to a share
  nearest(share) {
    let best = 0;
    for (let k = 1; k <= this.last; k++) {
      if (Math.abs(this.share(k) - share) < Math.abs(this.share(best) - share)) best = k;
    }
    return best;
  }

  // for the tooltip: the epoch, then for each group its mean and how far its runs lie apart
  words(k) {
    const lines = [["wb-tip-head", `epoch ${this.epochs[k]} of ${this.epochs[this.last]}`]];
    for (const { name, lines: own, mean } of this.groups) {
      const values = own.map((line) => line[k]).filter(Number.isFinite);
      if (!values.length) continue;
      const [low, high] = extent(values);
      const spread = values.length > 1 ? `, ${values.length} seeds from ${number(low)} to ${number(high)}` : "";
      const middle = Number.isFinite(mean[k]) ? mean[k] : values.reduce((a, b) => a + b) / values.length;
      lines.push(["", `${name} ${number(middle)}${spread}`]);
    }
    return lines;
  }

  // for a screen reader: where each group begins and ends
  label(quantity) {
    const said = this.groups.map(({ name, mean }) => {
      const there = mean.filter(Number.isFinite);
      return there.length ? `${name} from ${number(there[0])} to ${number(there.at(-1))}` : name;
    });
    const epochs = this.last < 0 ? "no epoch has ended" : `epochs ${this.epochs[0]} to ${this.epochs[this.last]}`;
    return [`${quantity}, ${epochs}`, ...said].join("; ");
  }
}

// only where all runs of the group have that epoch, so that no jump is a run that ended
function meanOf(lines, k) {
  let sum = 0;
  for (const line of lines) sum += line[k];
  return sum / lines.length;
}

// round numbers from 0 up to high, about as many as asked for
export function ticks(high, count) {
  const rough = high / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= rough);
  return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, k) => k * step);
}

// The path of a line over places [x, y]; a point whose place is not finite is a gap, one alone a dot.
export function linePath(places) {
  let path = "", drawing = false;
  places.forEach(([x, y], k) => {
    const there = Number.isFinite(y);
    if (there) {
      const at = `${x.toFixed(1)} ${y.toFixed(1)}`, alone = !drawing && !Number.isFinite(places[k + 1]?.[1]);
      path += drawing ? `L${at}` : alone ? `M${at}h0.01` : `M${at}`;
    }
    drawing = there;
  });
  return path;
}
