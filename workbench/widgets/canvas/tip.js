// The tooltip of a picture.

import { element } from "./elements.js";

const GAP = 14; // pixels from the pointer

export class Tip {
  #root;
  #key = "";

  constructor(parent) {
    this.#root = element("div", "wb-tip", parent);
  }

  hide() {
    this.#root.classList.remove("wb-shown");
  }

  // lines, each a class and a text, near a place within width and height
  show(lines, [x, y], [width, height]) {
    const tip = this.#root;
    const key = lines.map((line) => line.join("|")).join("\n");
    if (key !== this.#key) {
      this.#key = key;
      tip.replaceChildren(...lines.map(([className, text]) => element("div", className, null, text)));
    }
    tip.classList.add("wb-shown");
    const left = besides(x, tip.offsetWidth, width), top = besides(y, tip.offsetHeight, height);
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }
}

// after the place where there is room, else before it
const besides = (at, size, room) =>
  at + GAP + size <= room - 4 ? at + GAP : Math.max(4, at - GAP - size);
