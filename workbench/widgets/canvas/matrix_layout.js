// Where the parts of the matrix canvas are: the pictures, and the color bar where it leaves them the
// larger room. CSS pixels, but for `side` and `gap`, which are those of the screen.

const BETWEEN = 14, LEFT = 10, BOTTOM = 12, BAR = 92, FOOT = 46, CAPTION = 16;

// `head` is the height of the texts above
export function matrixLayout({ width, height, head, ratio, panels, cells, classes }) {
  const [bar, foot] = classes ? [0, 0] : [BAR, FOOT]; // of a color bar beside, and below
  const top = head + 11 + (panels > 1 ? CAPTION : 0);
  const free = height - top - BOTTOM, across = width - 2 * LEFT - (panels - 1) * BETWEEN;
  const beside = Math.min(free, (across + LEFT - bar) / panels);
  const over = Math.min(free - foot, across / panels);
  const below = over > beside;
  let side = Math.max(16, Math.floor(Math.max(beside, over) * ratio));
  // whole pixels per cell, where that costs little
  if (cells && side >= 4 * cells) side -= side % cells;
  const gap = Math.round(BETWEEN * ratio), pixels = panels * side + (panels - 1) * gap;
  const w = pixels / ratio, h = side / ratio;
  const layout = { side, gap, pixels, below, left: LEFT, top, width: w, height: h, few: false, ends: false };
  layout.captions = Array.from({ length: panels }, (_, k) => LEFT + (k * (side + gap)) / ratio);
  if (below) {
    const y = top + h + 12, long = Math.max(40, w - bar - 12);
    layout.colorbar = [LEFT, y, long, 30];
    layout.swatch = [LEFT + long + 24, y, bar - 12, 14];
    Object.assign(layout, { few: long < 380, ends: long < 160 }); // else the numbers touch
  } else {
    const x = LEFT + w + 12, long = Math.max(40, h - 48); // two lines of text below
    layout.colorbar = [x, top, bar - 12, long];
    layout.swatch = [x, top + long + 20, bar - 12, 14];
  }
  return layout;
}
