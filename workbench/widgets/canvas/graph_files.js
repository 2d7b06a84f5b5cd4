// A file dropped on the graph canvas goes to the kernel.

// Jupyter's server closes the connection on a message of more than 10 MiB (tornado's default).
const MOST_BYTES = 10e6;

// why a drop is not taken; "" where it is
export function refusal({ count, name, size, folder }) {
  if (count !== 1) return `Drop one file; there were ${count}.`;
  if (folder) return `${name} is a folder; drop a file.`;
  if (size <= MOST_BYTES) return "";
  const [has, most] = [size, MOST_BYTES].map((bytes) => Math.ceil(bytes / 1e5) / 10);
  return `${name} has ${has} MB; a drop takes ${most} MB at most. Open it by its path instead.`;
}

export function takeFiles(model, page, life) {
  const { root, dropText } = page;

  // whether this is ours to take; then neither the page nor the browser may open the file, too
  const takes = (event) => {
    if (!model.get("file_prompt") || !event.dataTransfer?.types.includes("Files")) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };

  const over = (event) => {
    if (!takes(event)) return;
    event.dataTransfer.dropEffect = "copy";
    dropText.textContent = model.get("file_prompt");
    page.mark("dropping", true);
  };

  const dropped = async (event) => {
    page.mark("dropping", false);
    if (!takes(event)) return;
    const { items, files } = event.dataTransfer, [file] = files, { name, size } = file ?? {};
    const folder = items[0]?.webkitGetAsEntry?.()?.isDirectory;
    let refused = refusal({ count: files.length, name, size, folder }), bytes;
    try {
      if (!refused) bytes = await file.arrayBuffer();
    } catch (error) {
      refused = `The browser could not read ${name}: ${error.message}`;
    }
    if (refused) return model.send({ type: "file", refused });
    page.say(`Opening ${name}`);
    model.send({ type: "file", name }, undefined, [bytes]);
  };

  life.on(root, "dragenter", over);
  life.on(root, "dragover", over);
  life.on(root, "dragleave", (event) => {
    if (!root.contains(event.relatedTarget)) page.mark("dropping", false);
  });
  life.on(root, "drop", dropped);
}
