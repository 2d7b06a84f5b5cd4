// What the canvases share: arrays from the kernel, elements, the tape they follow, tooltips.

function buffer(view, Type) {
  if (!view || !view.byteLength) return new Type(0);
  const start = view.byteOffset ?? 0;
  const source = view.buffer ?? view;
  const length = Math.floor(view.byteLength / Type.BYTES_PER_ELEMENT);
  return start % Type.BYTES_PER_ELEMENT === 0
    ? new Type(source, start, length)
    : new Type(source.slice(start, start + length * Type.BYTES_PER_ELEMENT));
}

const samePair = (a, u, v) =>
  a.length === 2 && ((a[0] === u && a[1] === v) || (a[0] === v && a[1] === u));

function element(tag, className, parent, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// A canvas with a tape bar stands where the bar stands. It listens to the bar's model in the page;
// a jslink would send every position to the kernel a second time, for each canvas.
async function followTape(model, moved) {
  const reference = model.get("tape");
  if (!reference) return null;
  const tape = await model.widget_manager.get_model(reference.replace("IPY_MODEL_", ""));
  tape.on("change:position", moved);
  return { position: () => tape.get("position"), stop: () => tape.off("change:position", moved) };
}

function placeTip(tip, x, y, [width, height]) {
  tip.classList.add("wb-shown");
  const w = tip.offsetWidth, h = tip.offsetHeight, gap = 14;
  const left = x + gap + w <= width - 4 ? x + gap : Math.max(4, x - gap - w);
  const top = y + gap + h <= height - 4 ? y + gap : Math.max(4, y - gap - h);
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
