// Which keys a lab keeps from the notebook around it.

// JupyterLab takes arrow keys and Enter for its notebook before a menu or a button of a lab hears of
// them. What is pressed with Ctrl, Alt or Cmd, and Shift-Enter, stays the notebook's.
export function isOfTheLab(event) {
  const notebook = event.ctrlKey || event.metaKey || event.altKey;
  return !notebook && !(event.shiftKey && event.key === "Enter");
}
