// A widget's model without a kernel.

// What a script asks of a model; `sent` are the messages to the kernel.
export class FakeModel {
  sent = [];
  saved = 0;
  #traits;
  #heard = new Map();

  constructor(traits) {
    this.#traits = traits;
  }

  get(name) {
    if (!(name in this.#traits)) throw new Error(`the model has no trait ${name}`);
    return this.#traits[name];
  }

  set(name, value) {
    this.#traits[name] = value;
    for (const handler of this.#heard.get(`change:${name}`) ?? []) handler();
  }

  on(name, handler) {
    this.#heard.set(name, [...(this.#heard.get(name) ?? []), handler]);
  }

  off(name, handler) {
    this.#heard.set(name, this.#heard.get(name).filter((one) => one !== handler));
  }

  save_changes() {
    this.saved++;
  }

  send(message) {
    this.sent.push(message);
  }
}

const bytes = (array) => new DataView(array.buffer);
const NEVER = 2 ** 31 - 1;

// Six nodes around a square; edit 1 adds 0-3, edit 2 removes 0-1, edit 3 adds 2-4.
export function graphModel(traits = {}) {
  const table = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));
  return new FakeModel({
    num_nodes: 6,
    positions: bytes(Float32Array.of(-1, 1, 0, 1, 1, 1, 1, -1, 0, -1, -1, -1)),
    spans: bytes(Int32Array.of(
      0, 1, 0, 2, 1, 2, 0, NEVER, 2, 3, 0, NEVER, 3, 4, 0, NEVER, 4, 5, 0, NEVER, 5, 0, 0, NEVER,
      0, 3, 1, NEVER, 2, 4, 3, NEVER)),
    node_values: bytes(Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1)),
    node_values_before: new DataView(new ArrayBuffer(0)),
    candidates: bytes(Int32Array.of(1, 4, 0, 4, 1, 1)),
    methods: ["gtr", "fosr"], labels: [], texts: [], palette: bytes(table), color_range: [0, 1],
    color_label: "value", classes: false, mode: "after", camera: [], editable: true, picked: [],
    selection: [], hint: "", hint_pair: [], tape: null, position: 0, ...traits,
  });
}
