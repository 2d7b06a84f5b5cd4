// The icons of the buttons.

import { drawing } from "./elements.js";

const ICONS = {
  first: "M2 2h2v12H2zM14 2v12L5 8z",
  back: "M12 2v12L3 8z",
  forward: "M4 2l9 6-9 6z",
  last: "M12 2h2v12h-2zM2 2l9 6-9 6z",
  play: "M3 1.5l11 6.5-11 6.5z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  undo: "M6.5 2L2 6l4.5 4V7.3H10a2.6 2.6 0 0 1 0 5.2H5V14h5a4.2 4.2 0 0 0 0-8.3H6.5z",
  redo: "M9.5 2L14 6l-4.5 4V7.3H6a2.6 2.6 0 0 0 0 5.2h5V14H6a4.2 4.2 0 0 1 0-8.3h3.5z",
  reset: "M3 2h1.6v3.2A6 6 0 1 1 2 9h1.7a4.4 4.4 0 1 0 1.9-2.6H9V8H3z",
};

export const icon = (name) => drawing({ viewBox: "0 0 16 16" }, "path", { d: ICONS[name] });
