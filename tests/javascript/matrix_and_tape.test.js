// The parts of the matrix canvas, of the rounds of a refinement, and what all views share.

import assert from "node:assert/strict";
import { test } from "node:test";

import { TapePosition } from "../../workbench/widgets/canvas/held_models.js";
import { Lifetime } from "../../workbench/widgets/canvas/lifetime.js";
import * as cells from "../../workbench/widgets/canvas/matrix_cells.js";
import { MatrixData } from "../../workbench/widgets/canvas/matrix_data.js";
import { matrixLayout } from "../../workbench/widgets/canvas/matrix_layout.js";
import * as words from "../../workbench/widgets/canvas/matrix_words.js";
import { PairSelection } from "../../workbench/widgets/canvas/pair_selection.js";
import { columnsShown, countWords, RoundsData } from "../../workbench/widgets/canvas/rounds_data.js";
import { cardColumns } from "../../workbench/widgets/canvas/tape_card.js";
import { FakeModel } from "./fake_model.js";

const bytes = (array) => new DataView(array.buffer);

function matrixModel(traits = {}) {
  return new FakeModel({
    size: 2, values: bytes(Uint8Array.of(9, 0, 127, 254, 255)), values_before: null, mode: "after",
    order: bytes(Int32Array.of(7, 3)), palette: bytes(new Uint8Array(768)), value_range: [0, 254],
    log_scale: false, colormap: "cividis", selection: [], ...traits });
}

test("a level stands for a number between the ends", () => {
  assert.equal(cells.levelValue(127, [2, 4], false), 3);
  assert.equal(cells.levelValue(127, [1, 100], true), 10);
  assert.ok(Number.isNaN(cells.levelValue(cells.MISSING, [0, 1], false)));
  const table = Uint8Array.from({ length: 768 }, (_, i) => [1, 2, 3][i % 3]);
  const levels = cells.levelColors(table);
  assert.deepEqual([levels[0], levels[255]], [0xff030201, 0]);
});

test("the largest cell under a pixel wins, on a diverging scale the one farthest from the middle", () => {
  const n = 9, side = 4, values = new Uint8Array(n * n).fill(100);
  values[3 * n + 5] = 120;
  values[8 * n + 8] = 3;
  values[0] = cells.MISSING;
  const colors = Uint32Array.from({ length: 256 }, (_, q) => q);
  for (const [diverging, hot, cold] of [[false, 120, 100], [true, 100, 3]]) {
    const pixels = new Uint32Array(side * side), ranks = cells.ranking(diverging);
    cells.pooled(values, n, side, ranks, colors, pixels);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [row, column] = cells.cellShown(values, n, side, [x, y], ranks);
        assert.equal(pixels[y * side + x], values[row * n + column]);
      }
    }
    assert.equal(pixels[side + 2], hot);
    assert.equal(pixels[15], cold);
    assert.notEqual(pixels[0], cells.MISSING);
  }
});

test("every cell is under some pixel, and every pixel over some cell", () => {
  for (const [n, side] of [[9, 4], [4, 9], [1000, 333], [5, 5]]) {
    const seen = new Set();
    for (let p = 0; p < side; p++) {
      const [first, end] = cells.cellsUnder(p, n, side);
      assert.ok(first < end && end <= n);
      for (let k = first; k < end; k++) seen.add(k);
    }
    assert.equal(seen.size, n);
  }
});

test("the first byte only counts messages, and rows are nodes in an order", () => {
  const data = new MatrixData(matrixModel());
  assert.deepEqual([...data.shown[0].values], [0, 127, 254, 255]);
  assert.ok(data.missing);
  assert.deepEqual([data.node(1), data.row(7), data.row(5)], [3, 0, -1]);
  assert.equal(new MatrixData(matrixModel({ size: 3 })).shown[0].values, null);
  const both = new MatrixData(matrixModel({ mode: "both" }));
  assert.deepEqual(both.shown.map(({ caption }) => caption), ["before", "after"]);
  const selected = new MatrixData(matrixModel({ selection: [3, 5] }));
  assert.deepEqual(selected.selectedRows(), [1]);
});

test("the color bar stands where it leaves the larger picture", () => {
  const layout = (width, height, more) =>
    matrixLayout({ width, height, head: 29, ratio: 1, panels: 1, cells: 0, classes: false, ...more });
  assert.ok(!layout(700, 400).below);
  assert.ok(layout(400, 700).below);
  assert.equal(layout(700, 400, { cells: 30 }).side % 30, 0); // whole pixels per cell
  assert.equal(layout(700, 400, { head: 43 }).top, layout(700, 400).top + 14); // a longer title
  const two = layout(700, 400, { panels: 2, ratio: 2 });
  assert.equal(two.pixels, 2 * two.side + two.gap);
  assert.ok(two.width <= 680);
});

test("no card stands alone in its row where another number of columns helps", () => {
  const all = Array.from({ length: 12 }, (_, k) => k + 1), alone = (n, columns) => columns > 1 && n % columns === 1;
  for (const cards of all) {
    for (let width = 100; width <= 2000; width += 10) {
      const columns = cardColumns(cards, width), most = Math.max(1, Math.floor((width + 8) / 136));
      assert.ok(columns <= most);
      const helps = all.some((c) => c > 1 && c <= columns && !alone(cards, c));
      assert.ok(!helps || !alone(cards, columns), `${cards} cards on ${width} pixels: ${columns}`);
    }
  }
  assert.equal(cardColumns(8, 1000), 4); // seven would fit, and the eighth would stand alone
  assert.equal(cardColumns(8, 1200), 8);
  assert.equal(cardColumns(0, 500), 1);
});

test("the words of a cell", () => {
  const one = { unit: "ohm", classes: false, missing: "not connected", value: (q) => q / 10,
                clipped: [false, false] };
  assert.equal(words.cellText(57, one), "≈ 5.7 ohm");
  assert.equal(words.cellText(254, one), "≈ 25.4 ohm");
  const beyond = { ...one, clipped: [true, true] };
  assert.deepEqual([0, 1, 253, 254].map((q) => words.cellText(q, beyond)),
                   ["≤ 0 ohm", "≈ 0.1 ohm", "≈ 25.3 ohm", "≥ 25.4 ohm"]);
  assert.equal(words.cellText(255, one), "not connected");
  assert.equal(words.cellText(7, { ...one, unit: "class", classes: true }), "class 7");
  const lines = words.cellLines({ names: ["a", "b"], rows: "to", columns: "from", hints: [],
                                  shown: [["before", "≈ 1"], ["", "≈ 2"]] });
  assert.deepEqual(lines.map(([, text]) => text), ["a – b", "to a, from b", "before ≈ 1", "≈ 2"]);
  assert.match(words.canvasLabel("resistance (ohm)", 6, ["0", "3"]),
               /^resistance \(ohm\), 6 rows and columns, from 0 to 3\. Arrow/);
  assert.match(words.canvasLabel("", 6, []), /^Matrix, 6 rows and columns\. /);
  assert.match(words.note({ n: 1000, side: 300 }), /1000 × 1000, each pixel shows the largest of up to 4 × 4/);
});

test("what a view listens to and waits for ends with it", () => {
  const life = new Lifetime(), model = new FakeModel({ x: 0 }), heard = [];
  life.onModel(model, { x: () => heard.push(model.get("x")) });
  const target = new EventTarget();
  life.on(target, "ping", () => heard.push("ping"));
  life.later(() => heard.push("late"), 0);
  model.set("x", 1);
  target.dispatchEvent(new Event("ping"));
  life.end();
  model.set("x", 2);
  target.dispatchEvent(new Event("ping"));
  return new Promise((resolve) => setTimeout(resolve, 5)).then(() => {
    assert.deepEqual(heard, [1, "ping"]);
    assert.ok(life.gone);
  });
});

test("a canvas stands where its bar stands, else where it is told", async () => {
  const bar = new FakeModel({ position: 4 }), model = new FakeModel({ tape: null, position: 1 });
  model.widget_manager = { get_model: async () => bar };
  const life = new Lifetime();
  let moves = 0;
  const tape = new TapePosition(model, () => moves++, life);
  await tape.follow();
  assert.deepEqual([tape.position, moves], [1, 1]);
  model.set("tape", "IPY_MODEL_7");
  await tape.follow();
  bar.set("position", 5);
  assert.deepEqual([tape.position, moves], [5, 3]);
  life.end();
  bar.set("position", 6);
  assert.equal(moves, 3);
});

test("the kernel is asked about a pair, and its answer belongs to that pair", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const model = new FakeModel({ selection: [], hint: "old", hint_pair: [], labels: ["zero"] });
  const selection = new PairSelection(model, new Lifetime());
  selection.share([0, 1]);
  selection.share([0, 2]);
  selection.share([0, 2]);
  context.mock.timers.tick(100);
  assert.deepEqual(model.sent, [{ type: "hover", u: 0, v: 2 }]);
  assert.equal(model.saved, 2);
  model.set("hint", "far");
  model.set("hint_pair", [2, 0]);
  assert.deepEqual(selection.hintLines(0, 2), [["wb-tip-hint", "far"]]);
  assert.deepEqual(selection.hintLines(0, 1), []);
  assert.deepEqual([selection.name(0), selection.name(1)], ["zero", "node 1"]);
});

test("the colors of a round, and which of many are shown", () => {
  const model = new FakeModel({
    length: 1, position: 5, num_colors: 3, palette: null,
    nodes_a: bytes(Float32Array.of(0, 0, 1, 2)), nodes_b: bytes(Float32Array.of(0, 0, 1, 1)),
    pairs_a: bytes(Uint8Array.of(0, 1, 1, 0, 0, 1, 2, 0)), pairs_b: null,
    counts: bytes(Int32Array.of(2, 0, 0, 2, 0, 0, 0, 1, 1, 0, 2, 0)) });
  const data = new RoundsData(model);
  assert.equal(data.position, 1);
  assert.deepEqual(data.colorsOf(1), [{ color: 1, a: 1, b: 2 }, { color: 2, a: 1, b: 0 }]);
  assert.deepEqual(data.pairsOf(0, 0, 1), [0, 1, 0]); // once for both directions
  assert.deepEqual(data.pairsOf(0, 1, 2), [1, 0, 0]);
  assert.equal(countWords(data.colorsOf(1)), "2 colors, 2 not equally frequent");
  assert.equal(countWords(data.colorsOf(0)), "1 color, equally frequent in a and b");
  const many = Array.from({ length: 50 }, (_, color) => ({ color, a: 1, b: color === 49 ? 2 : 1 }));
  const shown = columnsShown(many);
  assert.equal(shown.length, 40);
  assert.ok(shown.some(({ color }) => color === 49));
});
