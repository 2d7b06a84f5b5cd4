// When a picture is drawn.

// The first change in a frame is drawn at once (the pointer event that caused it already comes once
// per frame, so waiting would only cost a frame); later ones in that frame are drawn together.
export class Redrawing {
  #draw;
  #dirty = true;
  #frame = 0;

  constructor(draw, life) {
    this.#draw = draw;
    life.atEnd(() => cancelAnimationFrame(this.#frame));
  }

  mark() {
    this.#dirty = true;
  }

  now() {
    this.mark();
    this.flush();
  }

  flush() {
    if (!this.#dirty || this.#frame) return;
    this.#work();
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#dirty) this.#work();
    });
  }

  #work() {
    this.#dirty = false;
    this.#draw();
  }
}
