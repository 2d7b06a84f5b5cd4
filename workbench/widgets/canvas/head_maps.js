// Heads by layers: a map of buttons for each quantity, and bars of attention by distance.

import { element } from "./elements.js";

function render({ model, el }) {
  el.classList.add("wb-heads-host");
  const root = element("div", "wb-heads", el);
  const maps = element("div", "wb-heads-maps", root);
  const plot = element("figure", "wb-heads-plot", root);
  let buttons = [];

  const choose = (layer, head) => {
    model.set("selected", [layer, head]);
    model.save_changes();
  };

  function mark(focus) {
    const [layer, head] = model.get("selected");
    for (const one of buttons) {
      const chosen = one.layer === layer && one.head === head;
      one.button.classList.toggle("wb-chosen", chosen);
      one.button.setAttribute("aria-pressed", chosen);
      one.button.tabIndex = chosen ? 0 : -1;
      if (chosen && focus === one.map) one.button.focus({ preventScroll: true });
    }
  }

  function pressed(event, map) {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const [layer, head] = model.get("selected");
    const there = (one) => one.map === map && one.layer === layer + step[0] && one.head === head + step[1];
    if (!buttons.some(there)) return;
    choose(layer + step[0], head + step[1]);
    mark(map);
  }

  function build() {
    maps.replaceChildren();
    buttons = [];
    const layers = model.get("layers");
    model.get("maps").forEach(({ title, cells }, m) => {
      const figure = element("figure", "wb-heads-map", maps);
      element("figcaption", "", figure, title);
      const grid = element("div", "wb-heads-grid", figure);
      const heads = Math.max(0, ...cells.map((row) => row.length));
      grid.style.gridTemplateColumns = `${m ? "" : "auto "}repeat(${heads}, ${heads > 6 ? 31 : 44}px)`;
      grid.classList.toggle("wb-narrow", heads > 6);
      grid.addEventListener("keydown", (event) => pressed(event, m));
      cells.forEach((row, layer) => {
        if (!m) element("span", "wb-heads-layer", grid, layers[layer]);
        row.forEach((cell, head) => {
          if (!cell) return void element("span", "", grid);
          const [text, background, color] = cell;
          const button = element("button", "wb-heads-cell", grid, text);
          button.type = "button";
          button.style.cssText = `background:${background};color:${color}`;
          button.title = `${layers[layer]}, head ${head}: ${title} ${text}`;
          button.setAttribute("aria-label", button.title);
          button.addEventListener("click", () => choose(layer, head));
          buttons.push({ button, map: m, layer, head });
        });
      });
      if (!m) element("span", "wb-heads-layer", grid, "head");
      for (let head = 0; head < heads; head++) element("span", "wb-heads-head", grid, head);
    });
    mark();
  }

  function draw() {
    const bars = model.get("bars");
    plot.replaceChildren();
    const caption = element("figcaption", "", plot);
    element("span", "", caption, model.get("bars_title"));
    element("span", "wb-heads-key wb-heads-key-mass", caption, "attention");
    element("span", "wb-heads-key wb-heads-key-even", caption, "spread evenly");
    const area = element("div", "wb-heads-bars", plot);
    const most = Math.max(1e-12, ...bars.map((bar) => Math.max(bar.mass, bar.uniform)));
    element("span", "wb-heads-most", area, most.toFixed(2));
    const every = Math.ceil(bars.length / 14);
    bars.forEach(({ name, mass, uniform }, i) => {
      const column = element("div", "wb-heads-column", area);
      column.title = `${name}: ${mass.toFixed(3)}, ${(mass / uniform).toFixed(2)} times an even spread`;
      column.setAttribute("role", "img");
      column.setAttribute("aria-label", column.title);
      const space = element("div", "wb-heads-space", column);
      element("div", "wb-heads-mass", space).style.height = `${(100 * mass) / most}%`;
      element("div", "wb-heads-even", space).style.bottom = `calc(${(100 * uniform) / most}% - 1.5px)`;
      element("span", "wb-heads-name", column, i % every ? "" : name);
    });
  }

  build();
  draw();
  const changed = [
    ["change:maps", build], ["change:layers", build], ["change:selected", () => mark()],
    ["change:bars", draw], ["change:bars_title", draw],
  ];
  for (const [name, answer] of changed) model.on(name, answer);
  return () => {
    for (const [name, answer] of changed) model.off(name, answer);
  };
}

export default { render };
