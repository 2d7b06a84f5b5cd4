// The elements of the graph canvas around its picture, and the texts in them.

import { gradient } from "./colors.js";
import { drawing, element, keyCanvas, liveRegion, setText, widgetRoot } from "./elements.js";
import { canvasLabel, legendRows, panelTitles } from "./graph_words.js";
import { rangeTexts } from "./numbers.js";
import { Tip } from "./tip.js";

export class GraphPage {
  #legendKey = "[]";

  constructor(el) {
    const root = (this.root = widgetRoot("wb-graph", el));
    this.canvas = keyCanvas(root, "graph");
    this.titles = [element("div", "wb-title", root), element("div", "wb-title", root)];
    element("div", "wb-divider", root);
    this.legend = element("div", "wb-legend", root);
    const bar = (this.colorbar = element("div", "wb-colorbar", root));
    this.label = element("div", "wb-colorbar-label", bar);
    this.ramp = element("div", "wb-colorbar-ramp", bar);
    const ends = element("div", "wb-colorbar-ends", bar);
    this.ends = [element("span", "", ends), element("span", "", ends)];
    this.status = element("div", "wb-status", root);
    this.fit = element("button", "wb-button wb-fit", root, "fit");
    this.fit.type = "button";
    this.fit.title = "show the whole graph (or double-click, or 0)";
    this.tip = new Tip(root);
    this.dropText = element("span", "", element("div", "wb-drop", root));
    this.live = liveRegion(root);
  }

  say(text) {
    this.live.textContent = text;
  }

  mark(name, whether) {
    this.root.classList.toggle(`wb-${name}`, whether);
  }

  // whether the color bar may have another height
  describe(model, data) {
    const label = model.get("color_label"), why = data.values === null && label !== "";
    const shown = data.scaled || (why && !model.get("classes"));
    let other = (this.colorbar.style.display === "") !== shown;
    this.root.style.height = `${model.get("height")}px`;
    this.colorbar.style.display = shown ? "" : "none";
    this.mark("plain", !data.scaled); // then the label says why there are no colors
    if (shown) other = setText(this.label, label) || other;
    const range = model.get("color_range"), ends = rangeTexts(range, 2, undefined, model.get("clipped"));
    if (data.scaled) {
      this.ends.forEach((end, k) => (end.textContent = ends[k]));
      this.ramp.style.background = gradient(data.table, "right", range);
    }
    this.status.textContent = model.get("status");
    this.canvas.setAttribute("aria-label", canvasLabel(data.n, data.scaled ? label : "", ends));
    const { kinds, candidates } = data;
    const [methods, editable] = [model.get("methods"), model.get("editable")];
    this.#showLegend(legendRows({ kinds, candidates, methods, editable }));
    return other;
  }

  #showLegend(rows) {
    const key = JSON.stringify(rows);
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    this.legend.replaceChildren();
    for (const { text, color, dash, width } of rows) {
      const row = element("div", "wb-legend-row", this.legend);
      const svg = drawing({ width: 26, height: 8 }, "line", { x1: 1, x2: 25, y1: 4, y2: 4 });
      svg.firstChild.style.cssText =
        `stroke:${color};stroke-width:${width};stroke-dasharray:${dash.join(" ")}`;
      row.append(svg);
      element("span", "", row, text);
    }
  }

  describePanels(model, data, position) {
    const mode = model.get("mode"), edited = data.moving.length > 0 || model.get("editable");
    panelTitles({ mode, position, edited }).forEach((text, k) => setText(this.titles[k], text));
    this.mark("both", mode === "both");
  }

  showTheme(theme) {
    this.root.style.setProperty("--wb-added", theme.added);
    this.root.style.setProperty("--wb-removed", theme.removed);
  }
}
