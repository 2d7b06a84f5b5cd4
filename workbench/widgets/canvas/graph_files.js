// Of the graph canvas: a file dropped on it goes to the kernel.

// Jupyter's server closes the connection on a message of more than 10 MiB (tornado's default).
const MOST_BYTES = 10e6;

class GraphFiles extends GraphGestures {
  listenToFiles() {
    const { root } = this;
    for (const name of ["dragenter", "dragover"]) this.on(root, name, (event) => this.fileOver(event));
    this.on(root, "dragleave", (event) => {
      if (!root.contains(event.relatedTarget)) root.classList.remove("wb-dropping");
    });
    this.on(root, "drop", (event) => this.fileDropped(event));
  }

  // whether this is ours to take; then neither the page nor the browser may open the file, too
  takes(event) {
    if (!this.model.get("file_prompt") || !event.dataTransfer?.types.includes("Files")) return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  fileOver(event) {
    if (!this.takes(event)) return;
    event.dataTransfer.dropEffect = "copy";
    this.dropText.textContent = this.model.get("file_prompt");
    this.root.classList.add("wb-dropping");
  }

  async fileDropped(event) {
    this.root.classList.remove("wb-dropping");
    if (!this.takes(event)) return;
    const { items, files } = event.dataTransfer, [file] = files;
    const refuse = (refused) => this.model.send({ type: "file", refused });
    if (files.length !== 1) return refuse(`Drop one file; there were ${files.length}.`);
    const { name, size } = file;
    if (items[0]?.webkitGetAsEntry?.()?.isDirectory) return refuse(`${name} is a folder; drop a file.`);
    if (size > MOST_BYTES) {
      const [has, most] = [size, MOST_BYTES].map((bytes) => Math.ceil(bytes / 1e5) / 10);
      return refuse(`${name} has ${has} MB; a drop takes ${most} MB at most. Open it by its path instead.`);
    }
    let bytes;
    try {
      bytes = await file.arrayBuffer();
    } catch (error) {
      return refuse(`The browser could not read ${name}: ${error.message}`);
    }
    this.say(`Opening ${name}`);
    this.model.send({ type: "file", name }, undefined, [bytes]);
  }
}
