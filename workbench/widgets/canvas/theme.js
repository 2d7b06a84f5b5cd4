// The colors of the page around a widget.

import { css, isDark, mixed, parsed } from "./colors.js";

// `key` differs where anything does
export function pageColors(root) {
  const style = getComputedStyle(root);
  const back = parsed(style.backgroundColor), fore = parsed(style.color);
  return {
    back, fore, dark: isDark(back), font: style.fontFamily,
    key: style.backgroundColor + style.color + style.fontFamily,
    ground: css(back), strong: css(fore), mix: (t) => mixed(back, fore, t),
  };
}

export function followTheme(life, changed) {
  // JupyterLab loads the new theme's variables some time around the attribute change
  const theme = new MutationObserver(() => {
    for (const wait of [0, 120, 500]) life.later(changed, wait);
  });
  theme.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "class"],
  });
  life.atEnd(() => theme.disconnect());
}
