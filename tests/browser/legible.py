"""What an eye finds in a lab: text too faint, cut or covered; and a ring where the keyboard is."""

#: Of an element: text with less contrast than WCAG's 4.5 against what lies behind it. What is
#: disabled does not count (WCAG leaves it out), nor what a canvas paints.
_FAINT = """(root) => {
  const parse = (text) => {
    const numbers = (text.match(/-?[\\d.]+(?:e-?\\d+)?/g) ?? []).map(Number);
    const scale = text.startsWith("color(") ? 255 : 1;
    const [r = 0, g = 0, b = 0, alpha = 1] = numbers;
    return { rgb: [r, g, b].map((c) => c * scale), alpha };
  };
  const over = (top, alpha, back) => top.map((c, i) => alpha * c + (1 - alpha) * back[i]);
  const bright = (rgb) => {
    const [r, g, b] = rgb.map((c) =>
      c <= 10.3 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [bright(a), bright(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const backOf = (one) => {
    if (!one) return [255, 255, 255];
    const { rgb, alpha } = parse(getComputedStyle(one).backgroundColor);
    return alpha === 1 ? rgb : over(rgb, alpha, backOf(one.parentElement));
  };
  const opacityOf = (one) =>
    one ? Number(getComputedStyle(one).opacity) * opacityOf(one.parentElement) : 1;
  const found = [];
  for (const one of root.querySelectorAll("*")) {
    const field = ["INPUT", "SELECT", "TEXTAREA"].includes(one.tagName) && one.type !== "range"
      && one.type !== "checkbox" && one.type !== "file";
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!field && !own || one.tagName === "OPTION" || one.tagName === "TITLE") continue;
    if (one.closest(":disabled, .wb-hidden, style") || !one.getClientRects().length) continue;
    const style = getComputedStyle(one);
    if (style.visibility === "hidden") continue;
    const ink = parse(one.closest("svg") && one.tagName === "text" ? style.fill : style.color);
    const back = backOf(one), seen = over(ink.rgb, ink.alpha * opacityOf(one), back);
    const ratio = contrast(seen, back);
    if (ratio < 4.5) {
      const text = (field ? one.value : one.textContent).trim().slice(0, 40);
      const name = `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}`;
      const colors = `${seen.map(Math.round)} on ${back.map(Math.round)}`;
      found.push(`${ratio.toFixed(2)} ${name}: ${text} (${colors})`);
    }
  }
  return found;
}"""

#: Of an element: text that its box cuts, or on which another element or text lies.
_LOST = """(root) => {
  const found = [], texts = [];
  const told = (why, one) => found.push(
    `${why}: ${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}: `
      + one.textContent.trim().slice(0, 60));
  for (const one of root.querySelectorAll("*")) {
    const own = [...one.childNodes].filter((node) => node.nodeType === 3 && node.data.trim());
    if (!own.length || ["OPTION", "STYLE", "TITLE"].includes(one.tagName)) continue;
    // of a button for files ipywidgets tells how many are chosen: always 0, and meant to be cut
    if (one.closest(".wb-hidden, .wb-tip, .widget-upload")) continue;
    if (!one.getClientRects().length) continue;
    if (getComputedStyle(one).visibility === "hidden") continue;
    for (const node of own) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) {
        if (box.width < 1) continue;
        // what scrolls is not lost
        let part = one, lost = false;
        for (; part && part !== root.parentElement; part = part.parentElement) {
          const { overflowX, overflowY } = getComputedStyle(part);
          const edge = part.getBoundingClientRect();
          if (["auto", "scroll"].includes(overflowX)) break;
          const hides = (overflow) => ["hidden", "clip"].includes(overflow);
          const across = box.left < edge.left - 1.5 || box.right > edge.right + 1.5;
          const down = box.top < edge.top - 3 || box.bottom > edge.bottom + 3;
          if ((hides(overflowX) && across) || (hides(overflowY) && down)) lost = true;
        }
        if (lost) told("cut", one);
        for (const [other, there] of texts) {
          const across = Math.min(box.right, there.right) - Math.max(box.left, there.left);
          const down = Math.min(box.bottom, there.bottom) - Math.max(box.top, there.top);
          if (other !== one && across > 1 && down > 4) {
            told(`touches ${other.textContent.trim().slice(0, 30)}`, one);
          }
        }
        texts.push([one, box]);
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const there = document.elementsFromPoint(x, y).find(
          (over) => getComputedStyle(over).pointerEvents !== "none" || over === one);
        const inside = x > 0 && y > 0 && x < innerWidth && y < innerHeight;
        if (inside && there && root.contains(there) && !one.contains(there) && !there.contains(one)
            && getComputedStyle(one).pointerEvents !== "none") {
          told(`under ${there.tagName.toLowerCase()}.${there.getAttribute("class") ?? ""}`, one);
        }
      }
    }
  }
  return [...new Set(found)];
}"""

#: What has the focus: what it is, and whether a ring shows; null outside an element.
_FOCUSED = """(root) => {
  const one = document.activeElement;
  if (!one || !root.contains(one)) return null;
  one.dataset.walked = "";
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
  const alpha = Number(outlineColor.match(/rgba\\(.*, ([\\d.]+)\\)/)?.[1] ?? 1);
  const kind = `${one.tagName.toLowerCase()}.${one.getAttribute("class") ?? ""}`;
  const name = one.getAttribute("aria-label") || one.title || one.labels?.[0]?.textContent;
  return {
    told: `${kind}: ${(name || one.textContent.trim()).slice(0, 60)}`,
    ring: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && alpha > 0.9,
  };
}"""

#: Of an element: what can be worked now and was not walked over.
_PASSED_OVER = """(root) => {
  const found = [...root.querySelectorAll("select, input, button, textarea, [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => !one.disabled && one.type !== "file")
    .filter((one) => one.tabIndex >= 0 && !("walked" in one.dataset))
    .map((one) => one.outerHTML.slice(0, 160));
  for (const one of root.querySelectorAll("[data-walked]")) delete one.dataset.walked;
  return found;
}"""


def faint_texts(root) -> list[str]:
    """The texts of an element whose contrast is below 4.5, each with its ratio and colors."""
    return root.evaluate(_FAINT)


def lost_texts(root) -> list[str]:
    """The texts of an element that are cut, or lie under another element."""
    return root.evaluate(_LOST)


def walk_by_tab(page, root, *, most: int = 200) -> tuple[list[dict], list[str]]:
    """What the Tab key reaches in an element, in its order, and what it passes over.

    Each that is reached is ``told`` (what it is) and has a ``ring`` or not.
    """
    root.evaluate(
        """(root) => {
          const start = document.createElement("span");
          start.tabIndex = 0;
          root.before(start);
          start.focus();
          start.addEventListener("blur", () => start.remove(), { once: true });
        }"""
    )
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = root.evaluate(_FOCUSED)
        if here is None:
            return found, root.evaluate(_PASSED_OVER)
        found.append(here)
    raise AssertionError(f"Tab goes round: {[one['told'] for one in found[-5:]]}")
