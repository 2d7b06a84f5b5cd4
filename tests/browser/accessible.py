"""What a screen reader and a keyboard find in a lab."""

#: Of an element: what can be worked and has no name.
_UNNAMED = """(root) => [...root.querySelectorAll("select, input, button, textarea, [tabindex]")]
  .filter((one) => one.offsetParent !== null && one.type !== "file")
  .filter((one) => !(one.ariaLabel || one.title || one.getAttribute("aria-labelledby")
    || [...(one.labels ?? [])].some((label) => label.textContent.trim())
    || (one.tagName === "BUTTON" && one.textContent.trim())))
  .map((one) => one.outerHTML.slice(0, 160))"""

#: Of an element: pictures without a name, but for those that a name around them covers.
_NAMELESS_PICTURES = """(root) => [...root.querySelectorAll("canvas, svg, img, [role=img]")]
  .filter((one) => one.getClientRects().length && !one.closest("[aria-hidden=true]"))
  .filter((one) => !(one.ariaLabel || one.alt
    || one.parentElement.closest("button, [role=img]")?.ariaLabel))
  .map((one) => one.outerHTML.slice(0, 160))"""

#: Of an element: what can be worked, and the Tab key passes over.
_UNREACHED = """(root) => [...root.querySelectorAll("select, input, button, textarea")]
  .filter((one) => one.offsetParent !== null && one.type !== "file" && !one.disabled)
  .filter((one) => one.tabIndex < 0 && !one.closest(".wb-heads"))
  .map((one) => one.outerHTML.slice(0, 160))"""


def without_name(root) -> list[str]:
    """The controls and pictures of an element that have no name, as the start of their HTML."""
    return root.evaluate(_UNNAMED)


def out_of_reach(root) -> list[str]:
    """The controls that the Tab key does not reach; in a map of heads the arrow keys move on."""
    return root.evaluate(_UNREACHED)


def pictures_without_name(root) -> list[str]:
    """The pictures of an element that a screen reader has no name for."""
    return root.evaluate(_NAMELESS_PICTURES)
