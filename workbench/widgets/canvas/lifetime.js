// What a view listens to and waits for, and that ends with it.

export class Lifetime {
  #cleanups = [];
  #timers = new Set();
  gone = false;

  on(target, name, handler, options) {
    target.addEventListener(name, handler, options);
    this.atEnd(() => target.removeEventListener(name, handler, options));
  }

  // handlers by name of the trait; "change" comes once for a message that changes several
  onModel(model, handlers) {
    for (const [name, handler] of Object.entries(handlers)) {
      const event = name === "change" ? name : `change:${name}`;
      model.on(event, handler);
      this.atEnd(() => model.off(event, handler));
    }
  }

  later(work, wait) {
    const id = setTimeout(() => {
      this.#timers.delete(id);
      work();
    }, wait);
    this.#timers.add(id);
    return id;
  }

  cancel(id) {
    clearTimeout(id);
    this.#timers.delete(id);
  }

  atEnd(cleanup) {
    this.#cleanups.push(cleanup);
  }

  end() {
    this.gone = true;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    for (const id of this.#timers) clearTimeout(id);
  }
}
