// Models that another model holds as a trait.

// null where it holds none
export async function heldModel(model, name) {
  const reference = model.get(name);
  return reference ? model.widget_manager.get_model(reference.replace("IPY_MODEL_", "")) : null;
}

// Where a canvas stands on the tape: where its tape bar stands, or its own position. It listens to
// the bar's model in the page; a jslink would send every position to the kernel a second time, for
// each canvas.
export class TapePosition {
  #model;
  #moved;
  #life;
  #bar = null;

  constructor(model, moved, life) {
    this.#model = model;
    this.#moved = moved;
    this.#life = life;
    life.atEnd(() => this.#leave());
  }

  get position() {
    return (this.#bar ?? this.#model).get("position");
  }

  // the trait `tape` holds another bar, or none
  async follow() {
    this.#leave();
    const bar = await heldModel(this.#model, "tape");
    this.#leave(); // of two that were on their way, the later one stays
    if (this.#life.gone) return;
    if (bar) {
      this.#bar = bar;
      bar.on("change:position", this.#moved);
    }
    this.#moved();
  }

  #leave() {
    this.#bar?.off("change:position", this.#moved);
    this.#bar = null;
  }
}
