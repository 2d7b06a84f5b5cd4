// The picture left by the kernel.

// The lab prints a static picture just above the live widget, so that the notebook shows something
// on GitHub, in nbviewer and before it is run. Beside the live canvas it would be the same graph
// twice, so it is hidden while the canvas lives. Returns what brings it back.
export function hidePictureAbove(root) {
  const above = root.closest(".jp-OutputArea-child")?.previousElementSibling;
  if (!above?.classList.contains("jp-OutputArea-child")) return () => {};
  const output = above.querySelector(".jp-OutputArea-output");
  if (!output?.classList.contains("jp-RenderedImage")) return () => {};
  const display = above.style.display;
  above.style.display = "none";
  return () => (above.style.display = display);
}
