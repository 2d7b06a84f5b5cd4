// A number along the tape: its value, its change, and its curve with a dot at the position.

import { decodedFloats, extent } from "./arrays.js";
import { drawing, element, setText } from "./elements.js";
import { change, number } from "./numbers.js";
import { CURVE, height, sparklinePath } from "./sparkline.js";

const NARROWEST = 128, GAP = 8; // pixels of a card, and between two

// How many cards stand side by side: as few rows as there is room for, and those as even as can be; or
// fewer columns, where the last card would stand alone in its row.
export function cardColumns(cards, width) {
  const most = Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
  const even = Math.ceil(cards / Math.ceil(cards / most)) || 1;
  for (let columns = even; columns > 1; columns--) if (cards % columns !== 1) return columns;
  return even;
}

export class TapeCard {
  #spec;
  #values;
  #extent;
  #whole;

  // `noted` says that it has a line for a note, as the others of its row
  constructor(spec, parent, noted) {
    this.#spec = spec;
    const values = (this.#values = decodedFloats(spec.values));
    this.#extent = extent(values);
    this.#whole = values.every((x) => !Number.isFinite(x) || Number.isInteger(x));
    this.root = element("div", "wb-card", parent);
    this.root.title = spec.help;
    this.root.setAttribute("role", "group"); // whose name and numbers belong together
    this.root.setAttribute("aria-label", spec.name);
    element("div", "wb-card-name", this.root, spec.name);
    const now = element("div", "wb-card-now", this.root);
    this.value = element("span", "", now);
    now.append(" ");
    element("span", "wb-card-unit", now, spec.unit);
    this.change = element("div", "wb-card-change", this.root);
    this.note = noted ? element("div", "wb-card-note", this.root) : null;
    const curve = element("div", "wb-curve", this.root);
    const frame = { viewBox: `0 0 100 ${CURVE}`, preserveAspectRatio: "none" };
    curve.append(drawing(frame, "path", { d: sparklinePath(values, this.#extent) }));
    this.dot = element("div", "wb-dot", curve);
  }

  // `apart` says that the note holds at this position
  show(position, apart) {
    const { help, reason, exact, digits } = this.#spec, values = this.#values, whole = this.#whole;
    const [first, now] = [values[0] ?? NaN, values[position] ?? NaN];
    const text = number(now, { digits, whole, steady: true }), finite = Number.isFinite(now);
    setText(this.value, exact || !finite ? text : `≈ ${text}`);
    setText(this.change, change(now, first, { digits, whole }));
    if (this.note) setText(this.note, apart ? this.#spec.note : "");
    const title = Number.isNaN(now) && reason ? `${help}\n${reason}`.trim() : help;
    if (this.root.title !== title) this.root.title = title;
    const x = (100 * position) / Math.max(1, values.length - 1);
    const y = finite ? height(now, ...this.#extent) : -100; // out of the clipped curve
    this.dot.style.transform = `translate(${x}%, ${y}px)`;
  }
}
