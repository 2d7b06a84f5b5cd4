// The border between two pictures: a separator that is dragged, or moved by the arrow keys.

import { AT_FIRST, LEAST, MOST, shareAt, shareByKey } from "./border_share.js";
import { element, widgetRoot } from "./elements.js";
import { Lifetime } from "./lifetime.js";

class BorderView {
  constructor(model, el) {
    this.model = model;
    const life = (this.life = new Lifetime());
    this.root = widgetRoot("wb-border", el);
    const bar = (this.bar = element("div", "wb-border-bar", this.root));
    bar.tabIndex = 0;
    bar.setAttribute("role", "separator");
    bar.setAttribute("aria-valuemin", 100 * LEAST);
    bar.setAttribute("aria-valuemax", 100 * MOST);
    bar.title = "drag, or use the arrow keys; double-click or Enter for the first sizes";
    const show = () => this.show();
    life.onModel(model, { shares: show, stacked: show, height: show, label: show });
    // the grid around it is there only once it is on the page
    const placed = new ResizeObserver(show);
    placed.observe(this.root);
    life.atEnd(() => placed.disconnect());
    life.on(bar, "pointerdown", (event) => this.grab(event));
    life.on(bar, "pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) life.on(bar, name, () => this.letGo());
    life.on(bar, "dblclick", () => this.keep(AT_FIRST[this.at]));
    life.on(bar, "keydown", (event) => this.key(event));
    this.show();
  }

  // which of the shares counts
  get at() {
    return Number(this.model.get("stacked"));
  }

  get share() {
    return this.model.get("shares")[this.at];
  }

  set(share) {
    this.model.set("shares", this.model.get("shares").map((old, k) => (k === this.at ? share : old)));
  }

  keep(share) {
    this.set(share);
    this.model.save_changes();
  }

  grab(event) {
    if (event.button !== 0) return;
    this.bar.setPointerCapture(event.pointerId);
    this.held = true;
  }

  drag(event) {
    const grid = this.held && this.grid;
    if (!grid) return;
    const { left, top, width, height } = grid.getBoundingClientRect();
    const own = this.root.getBoundingClientRect();
    this.set(this.at ? shareAt(event.clientY, top, height, own.height)
      : shareAt(event.clientX, left, width, own.width));
  }

  letGo() {
    if (this.held) this.model.save_changes();
    this.held = false;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const share = shareByKey(event, this.share, Boolean(this.at));
    if (share === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.keep(share);
  }

  show() {
    const { model, bar } = this, grid = (this.grid = this.root.closest(".wb-pair"));
    bar.setAttribute("aria-label", model.get("label"));
    bar.setAttribute("aria-orientation", this.at ? "horizontal" : "vertical");
    bar.setAttribute("aria-valuenow", Math.round(100 * this.share));
    if (!grid) return;
    grid.classList.toggle("wb-stacked", Boolean(this.at));
    grid.style.setProperty("--wb-share", this.share);
    grid.style.setProperty("--wb-height", `${model.get("height")}px`);
  }
}

function render({ model, el }) {
  const view = new BorderView(model, el);
  return () => {
    view.life.end();
    view.root.remove();
  };
}

export default { render };
