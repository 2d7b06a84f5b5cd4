// Of the graph canvas: panels, camera, sizes on the page.

class GraphCamera extends GraphData {
  resized() {
    this.outdate();
    const rect = this.canvas.getBoundingClientRect();
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width || !height) return;
    if (this.showPicture === undefined && this.root.isConnected) this.hide();
    const ratio = window.devicePixelRatio || 1;
    let [w, h] = [Math.round(rect.width * ratio), Math.round(rect.height * ratio)];
    // the observer knows how the browser rounded, but not of an emulated pixel ratio
    if (this.pixels && Math.abs(this.pixels[0] - w) < 2 && Math.abs(this.pixels[1] - h) < 2) {
      [w, h] = this.pixels;
    }
    this.ratio = ratio;
    this.size = [width, height];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
  }

  // panels in CSS pixels; position says at which point of the tape each one stands
  panels() {
    const [width, height] = this.size;
    const position = this.position;
    const mode = this.model.get("mode");
    if (mode !== "both") {
      return [{ x: 0, width, height, position: mode === "before" ? 0 : position, live: mode === "after" }];
    }
    const half = Math.floor(width / 2);
    return [
      { x: 0, width: half, height, position: 0, live: false },
      { x: width - half, width: half, height, position, live: true },
    ];
  }

  // [scale, shift x, shift y]: screen x = shift x + scale * x, screen y = shift y - scale * y
  transform(panel) {
    const [left, right, low, high] = this.box;
    const marginX = 30, top = 34, bottom = this.values && !this.model.get("classes") ? 58 : 34;
    const roomX = Math.max(20, panel.width - 2 * marginX);
    const roomY = Math.max(20, panel.height - top - bottom);
    const spanX = right - left, spanY = high - low;
    const fit = spanX || spanY
      ? Math.min(spanX ? roomX / spanX : Infinity, spanY ? roomY / spanY : Infinity) : 1;
    const camera = this.model.get("camera");
    const [cx, cy, zoom] = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1];
    const scale = fit * zoom;
    return [scale, panel.width / 2 - scale * cx, top + roomY / 2 + scale * cy];
  }

  setCamera(camera) {
    this.model.set("camera", camera);
    this.cancel(this.saving);
    this.saving = this.later(() => this.model.save_changes(), 120);
  }

  zoom(factor, x, y) {
    const panel = this.panelAt(x);
    const [scale, shiftX, shiftY] = this.transform(panel);
    const camera = this.model.get("camera");
    const [left, right, low, high] = this.box;
    const now = camera.length === 3 ? camera : [(left + right) / 2, (low + high) / 2, 1];
    const zoom = Math.max(0.2, Math.min(400, now[2] * factor));
    const real = zoom / now[2];
    // the point under the pointer stays where it is
    const px = (x - panel.x - shiftX) / scale, py = (shiftY - y) / scale;
    this.setCamera([px + (now[0] - px) / real, py + (now[1] - py) / real, zoom]);
  }

  panelAt(x) {
    const panels = this.panels();
    return panels.find((panel) => x < panel.x + panel.width) ?? panels[panels.length - 1];
  }

  radius(scale) {
    const [width, height] = this.size;
    const area = (width * height) / (this.model.get("mode") === "both" ? 2 : 1);
    const camera = this.model.get("camera");
    const zoom = camera.length === 3 ? camera[2] : 1;
    const most = this.model.get("texts").length ? 12 : 8; // a text needs room
    let base = Math.max(1.4, Math.min(most, 0.24 * Math.sqrt(area / Math.max(1, this.n))));
    if (!this.large) base = Math.min(base, Math.max(3, (0.45 * this.spacing() * scale) / zoom));
    return Math.min(14, base * Math.sqrt(Math.max(0.5, zoom)));
  }
}
