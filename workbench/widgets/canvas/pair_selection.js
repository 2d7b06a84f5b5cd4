// The selection that the pictures of pairs share, and what the kernel says about it.

import { isPair } from "./arrays.js";

export class PairSelection {
  #model;
  #life;
  #asking;

  constructor(model, life) {
    this.#model = model;
    this.#life = life;
  }

  // no node, one or a pair becomes the shared selection; about a pair the kernel is asked
  share(selection) {
    const model = this.#model, now = model.get("selection");
    if (now.length === selection.length && now.every((i, k) => i === selection[k])) return;
    model.set("selection", selection);
    model.set("hint", "");
    model.save_changes();
    this.#life.cancel(this.#asking);
    if (selection.length < 2) return;
    const [u, v] = selection;
    this.#asking = this.#life.later(() => model.send({ type: "hover", u, v }), 40);
  }

  name(node) {
    return this.#model.get("labels")[node] || `node ${node}`;
  }

  // what the kernel said about this pair, as lines of a tooltip: one or none
  hintLines(u, v) {
    const hint = this.#model.get("hint"), owner = this.#model.get("hint_pair");
    return hint && (!owner.length || isPair(owner, u, v)) ? [["wb-tip-hint", hint]] : [];
  }
}
