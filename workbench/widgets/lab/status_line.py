"""The line of a lab that tells: read aloud where it changes, and the lab's keys are its own."""

import anywidget
import traitlets


class StatusLine(anywidget.AnyWidget):
    """A line of HTML that screen readers read when it changes.

    JupyterLab takes arrow keys and Enter for its notebook before a menu or a button of a lab hears
    of them. Where this line stands in a lab (``.workbench-lab``), they are the lab's; what is
    pressed with Ctrl, Alt or Cmd, and Shift-Enter, stays the notebook's.
    """

    _esm = """
function render({ model, el }) {
  let gone = false;
  el.setAttribute("role", "status");
  const show = () => { el.innerHTML = model.get("value"); };
  const keep = (event) => {
    const notebook = event.ctrlKey || event.metaKey || event.altKey;
    if (!notebook && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
  };
  const own = () => {
    if (gone) return;
    const lab = el.isConnected && el.closest(".workbench-lab");
    if (lab) lab.addEventListener("keydown", keep);
    else requestAnimationFrame(own);
  };
  show();
  own();
  model.on("change:value", show);
  return () => {
    gone = true;
    model.off("change:value", show);
  };
}

export default { render };
"""

    value = traitlets.Unicode("").tag(sync=True)
