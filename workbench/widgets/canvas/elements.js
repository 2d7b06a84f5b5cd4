// Elements of the page.

const SVG = "http://www.w3.org/2000/svg";

export function element(tag, className, parent, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// an SVG that says nothing of its own to a screen reader, with one shape in it
export function drawing(attributes, shape, shapeAttributes) {
  const svg = document.createElementNS(SVG, "svg"), inner = document.createElementNS(SVG, shape);
  const pairs = Object.entries({ "aria-hidden": "true", ...attributes });
  for (const [name, value] of pairs) svg.setAttribute(name, value);
  for (const [name, value] of Object.entries(shapeAttributes)) inner.setAttribute(name, value);
  svg.append(inner);
  return svg;
}

// a button whose label says what it does, whatever stands on it
export function button(className, parent, label, action) {
  const made = element("button", className, parent);
  made.type = "button";
  made.title = label;
  made.setAttribute("aria-label", label);
  if (action) made.addEventListener("click", action);
  return made;
}

// what takes the keys and is a picture of its own kind to a screen reader
export function keyCanvas(parent, kind) {
  const canvas = element("canvas", "wb-layer", parent);
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-roledescription", kind);
  return canvas;
}

// where a screen reader hears what the keys did
export function liveRegion(parent) {
  const live = element("div", "wb-hidden", parent);
  live.setAttribute("aria-live", "polite");
  return live;
}

// the root of a widget; the notebook must not take its keys ("0", Delete, the arrows)
export function widgetRoot(className, el) {
  el.classList.add("wb-host");
  const root = element("div", `wb ${className}`, el);
  root.dataset.lmSuppressShortcuts = "true";
  return root;
}

// No text is laid out anew where it stays as it was. Whether it is another.
export function setText(node, text) {
  const other = node.textContent !== text;
  if (other) node.textContent = text;
  return other;
}
