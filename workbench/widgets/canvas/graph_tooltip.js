// Of the graph canvas: the tooltip.

function number(x, digits = 4) {
  if (x === Infinity) return "∞";
  if (x === -Infinity) return "−∞";
  if (!Number.isFinite(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e6 || Math.abs(x) < 1e-4)) {
    return x.toExponential(Math.min(2, digits - 1)).replace("-", "−").replace("e+", "e");
  }
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

class GraphTooltip extends GraphDrawing {
  showTip() {
    const { model, tip } = this;
    const byKey = !this.hover && this.keyboard && this.focus >= 0;
    if ((!this.hover && !byKey) || this.drag?.moving || !this.view) {
      tip.classList.remove("wb-shown");
      return;
    }
    const [picked] = model.get("picked");
    const live = byKey ? model.get("mode") !== "before" : this.hover.panel.live;
    const position = byKey ? this.position : this.hover.panel.position;
    const editable = live && model.get("editable");
    const u = byKey ? this.focus : this.hover.u;
    const pair = this.hover?.v !== undefined ? [this.hover.u, this.hover.v]
      : picked !== undefined && picked !== u ? [picked, u] : null;
    const lines = [];
    if (pair) {
      const adjacent = this.adjacent(...pair, position);
      lines.push(["wb-tip-head", `${this.name(pair[0])} – ${this.name(pair[1])}`]);
      const kind = this.hover?.candidate
        ? `${editable ? "best next edge of " : ""}${model.get("methods")[this.hover.candidate.method] ?? "a method"}`
        : adjacent ? "edge" : "no edge";
      lines.push(["", kind]);
      lines.push(...this.hintLines(...pair));
      if (editable) {
        const removes = adjacent && (byKey || this.hover.v !== undefined);
        const adds = !adjacent;
        if (removes || adds) {
          lines.push(["wb-tip-do", `${byKey ? "Enter" : "click"} to ${removes ? "remove" : "add"} it`]);
        }
      }
    } else {
      lines.push(["wb-tip-head", this.name(u)]);
      const values = live ? this.values : this.valuesBefore;
      if (values) lines.push(["", `${model.get("color_label")} ${number(values[u])}`.trim()]);
      if (editable) {
        const key = byKey ? "Enter" : "click";
        lines.push(["wb-tip-do", picked === u ? `${key} again to let go` : `${key} to start an edge here`]);
      }
    }
    const panel = byKey ? this.view.panels[this.view.panels.length - 1] : this.hover.panel;
    const [nodeX, nodeY] = this.at(u);
    this.placeTip(lines, byKey || !this.pointer ? [panel.x + nodeX, nodeY] : this.pointer, this.size);
  }
}
