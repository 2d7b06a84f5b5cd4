// Numbers, colors, geometry: what computes and knows no page.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as arrays from "../../workbench/widgets/canvas/arrays.js";
import * as colors from "../../workbench/widgets/canvas/colors.js";
import * as geometry from "../../workbench/widgets/canvas/geometry.js";
import { placeLabels } from "../../workbench/widgets/canvas/labels.js";
import { AT_FIRST, LEAST, MOST, shareAt, shareByKey } from "../../workbench/widgets/canvas/border_share.js";
import { change, number, rangeTexts } from "../../workbench/widgets/canvas/numbers.js";
import { height, sparklinePath } from "../../workbench/widgets/canvas/sparkline.js";

test("bytes become an array, wherever in a buffer they start", () => {
  const all = new Uint8Array([9, ...new Uint8Array(Float32Array.of(1.5, -2).buffer), 7]);
  for (const start of [0, 1]) {
    const shifted = new Uint8Array(all.subarray(1 - start));
    assert.deepEqual([...arrays.typed(new DataView(shifted.buffer, start, 9), Float32Array)], [1.5, -2]);
  }
  assert.equal(arrays.typed(null, Int32Array).length, 0);
});

test("floats survive base64, also those that JSON has not", () => {
  const values = Float64Array.of(0.1, Infinity, -Infinity, NaN);
  const text = Buffer.from(values.buffer).toString("base64");
  assert.deepEqual(arrays.decodedFloats(text), values);
  assert.deepEqual(arrays.extent(values), [0.1, 0.1]);
  assert.deepEqual(arrays.extent([NaN]), [Infinity, -Infinity]);
});

test("a pair is one in either order", () => {
  assert.ok(arrays.isPair([3, 1], 1, 3));
  assert.ok(!arrays.isPair([3, 1], 3, 3));
  assert.ok(!arrays.isPair([3], 3, 3));
});

test("numbers as texts", () => {
  const cases = [
    [0, {}, "0"], [0.5, {}, "0.5"], [-0.5, {}, "−0.5"], [12.3456, {}, "12.35"],
    [12345.6, {}, "12350"], [1234567, {}, "1.23e6"], [-0.00001234, {}, "−1.23e−5"],
    [7.987, { digits: 3 }, "7.99"], [Infinity, {}, "∞"], [-Infinity, {}, "−∞"], [NaN, {}, "–"],
    [undefined, {}, "–"],
    [10, { steady: true }, "10.00"], [0.5, { steady: true }, "0.5000"], [0, { steady: true }, "0.000"],
    [12345.67, { steady: true, digits: 6 }, "12\u2009345.7"], [-2e7, { steady: true }, "−2.000e7"],
    [3, { steady: true, whole: true }, "3"], [-1234567, { whole: true }, "−1\u2009234\u2009567"],
  ];
  for (const [x, options, text] of cases) assert.equal(number(x, options), text);
});

test("a range is told at its places, a single number once", () => {
  assert.deepEqual(rangeTexts([1, 3], 2), ["1", "3"]);
  assert.deepEqual(rangeTexts([1, 100], 3, (t) => 100 ** t), ["1", "10", "100"]);
  assert.deepEqual(rangeTexts([1, 3], 3, undefined, [true, true]), ["≤ 1", "2", "≥ 3"]);
  assert.deepEqual(rangeTexts([1, 3], 2, undefined, [false, true]), ["1", "≥ 3"]);
  assert.deepEqual(rangeTexts([2, 2], 5, undefined, [true, true]).filter(Boolean), ["2"]);
  for (const places of [2, 5]) {
    assert.deepEqual(rangeTexts([0.4, 0.4], places).filter(Boolean), ["0.4"]);
  }
});

test("a change is told with its percentage where that says something", () => {
  const cases = [
    [8.25, 10, {}, "−1.75 (−18 %)"], [2, 3, { whole: true }, "−1 (−33 %)"],
    [0.6, 0.5, {}, "+0.100 (+20 %)"], [1.05, 1, {}, "+0.0500 (+5.0 %)"], [10, 10, {}, "no change"],
    [Infinity, 10, {}, "from 10.00"], [NaN, 10, {}, ""], [3, 0, { whole: true }, "+3"],
    [1.0002, 1, {}, "+0.000200"], [1e9, 1e-3, {}, "+1.00e9"],
  ];
  for (const [now, first, options, text] of cases) assert.equal(change(now, first, options), text);
});

test("a sparkline has gaps where there is no number, and at most 400 points", () => {
  assert.equal(sparklinePath([0, 1, NaN, 1, 0], [0, 1]), "M0.00 16.00L25.00 0.00M75.00 0.00L100.00 16.00");
  assert.equal(sparklinePath([], [Infinity, -Infinity]), "");
  const long = sparklinePath(Array.from({ length: 12345 }, (_, i) => i), [0, 12344]);
  assert.ok(long.match(/[ML]/g).length <= 400);
  assert.equal(height(5, 5, 5), 8); // a constant runs in the middle
});

test("values become entries of the color table", () => {
  const bins = colors.binned(Float32Array.of(-1, 0, 0.5, 1, 2, NaN, Infinity), 8, [0, 1]);
  assert.deepEqual([...bins], [0, 0, 128, 255, 255, 256, 256, 256]);
  assert.deepEqual([...colors.binned([3, 3.0000001], 2, [3, 3])], [0, 0]);
  const table = Uint8Array.from({ length: 768 }, (_, i) => i % 256);
  const plain = [1, 2, 3], paint = colors.painted(Uint16Array.of(1, 256), table, plain);
  assert.deepEqual([...paint], [3, 4, 5, ...plain]);
});

test("colors of a page", () => {
  assert.deepEqual(colors.parsed("rgba(17, 34, 51, 0.5)"), [17, 34, 51]);
  assert.deepEqual(colors.mixed([0, 100, 200], [100, 100, 0], 0.25), [25, 100, 150]);
  assert.equal(colors.css([1, 2, 3]), "rgba(1, 2, 3, 1)");
  assert.ok(colors.isDark([17, 17, 17]) && !colors.isDark([255, 255, 255]));
  assert.equal(Math.round(colors.contrast([255, 255, 255], [0, 0, 0])), 21);
  for (const r of [0, 60, 120, 180, 255]) {
    for (const g of [0, 60, 90, 120, 150, 255]) {
      for (const b of [0, 120, 255]) {
        const ink = colors.inkOn([r, g, b]) === "#fff" ? [255, 255, 255] : [0, 0, 0];
        assert.ok(colors.contrast([r, g, b], ink) >= 4.5, `${[r, g, b]}`);
      }
    }
  }
  assert.deepEqual([colors.inkOn([0, 32, 76]), colors.inkOn([253, 234, 69])], ["#fff", "#000"]);
  const table = new Uint8Array(768).fill(255, 765);
  const gradient = colors.gradient(table, "top");
  assert.ok(gradient.startsWith("linear-gradient(to top, rgb(0,0,0),"));
  assert.ok(gradient.endsWith("rgb(255,255,255))"));
  assert.equal(colors.gradient(table, "top", [0.4, 0.4]), "rgb(0,0,0)"); // the color of all nodes
  assert.equal(colors.methodStroke(7).color, colors.methodStroke(0).color);
});

test("how far a point is from a segment, also beyond its ends and where it is a point", () => {
  assert.equal(geometry.squaredDistance(1, 3, 0, 0, 2, 0), 9);
  assert.equal(geometry.squaredDistance(5, 4, 0, 0, 2, 0), 25);
  assert.equal(geometry.squaredDistance(3, 4, 0, 0, 0, 0), 25);
});

test("the box around points", () => {
  assert.deepEqual(geometry.bounds([0, 5, -2, 3, 9, 9], 2), [-2, 0, 3, 5]);
  assert.deepEqual(geometry.bounds([], 0), [-1, 1, -1, 1]);
});

// the same points for every run
function scattered(n) {
  let state = 12345;
  const next = () => (state = (1103515245 * state + 12345) % 2147483648) / 2147483648;
  return Float32Array.from({ length: 2 * n }, next);
}

test("the grid finds the node that looking at all of them finds", () => {
  const n = 500, positions = scattered(n), box = geometry.bounds(positions, n);
  const grid = new geometry.PointGrid(positions, n, box), places = scattered(300);
  let hits = 0;
  for (let k = 0; k < 300; k++) {
    const [x, y] = [1.2 * places[2 * k] - 0.1, 1.2 * places[2 * k + 1] - 0.1], reach = 0.02;
    const near = geometry.nearestTo(positions, n, x, y);
    const distance = Math.hypot(positions[2 * near] - x, positions[2 * near + 1] - y);
    const expected = distance <= reach ? near : -1;
    assert.equal(grid.nearest(x, y, reach), expected);
    hits += expected >= 0;
  }
  assert.ok(hits > 20 && hits < 280);
});

test("a quarter of the nodes have a nearer one than the spacing", () => {
  assert.equal(geometry.spacing([0, 0, 1, 0, 3, 0, 7, 0], 4), 1);
  assert.equal(geometry.spacing([0, 0], 1), Infinity);
});

test("an arrow leads straight ahead rather than to the nearest", () => {
  const positions = [0, 0, 3, 0.2, 1, 1.7, -1, 0, 0, 2];
  assert.equal(geometry.ahead(positions, 5, 0, [1, 0]), 1);
  assert.equal(geometry.ahead(positions, 5, 0, [0, 1]), 4);
  assert.equal(geometry.ahead(positions, 5, 0, [0, -1]), -1);
});

test("a line beside another keeps its distance", () => {
  assert.deepEqual(geometry.beside([0, 0], [4, 0], 2), [0, 2, 4, 2]);
});

test("names keep clear of nodes, of each other and of the edge of the picture", () => {
  const all = [0, 0, 200, 100], room = { radius: 5, gap: 3, half: 6, all, seen: all };
  const at = [[20, 50], [60, 50], [190, 50], [20, 8]];
  const places = placeLabels(at, [30, 60, 40, 40], room);
  assert.deepEqual(places[0], [5, 36]); // not right, where a node stands, nor left: above
  assert.deepEqual(places[1], [68, 50]);
  assert.deepEqual(places[2], [142, 50]); // left of its node, within the picture
  assert.deepEqual(places[3], [28, 8]);
  // in a corner, where no side has room: below, moved into the picture
  assert.deepEqual(placeLabels([[100, 4]], [150], room), [[25, 18]]);
  assert.deepEqual(placeLabels([[4, 50], [10, 50]], [150, 0], room), [[2, 36], null]);
  // a cached picture is larger than what is seen of it
  const part = { ...room, seen: [50, 20, 150, 80] };
  assert.deepEqual(placeLabels([[140, 50]], [40], part), [[92, 50]]);
  assert.deepEqual(placeLabels([[160, 50]], [30], part), [[168, 50]]);
  assert.deepEqual(placeLabels([[20, 50]], [0], room), [null]);
  assert.deepEqual(placeLabels([[20, 50]], [500], room), [null]);
});

test("a border goes where the pointer is, and leaves both pictures some room", () => {
  assert.equal(shareAt(507, 100, 814, 14), 0.5); // 800 pixels for both
  assert.equal(shareAt(347, 100, 814, 14), 0.3);
  assert.equal(shareAt(0, 100, 814, 14), LEAST);
  assert.equal(shareAt(5000, 100, 814, 14), MOST);
});

test("keys move a border along its way and no other", () => {
  const by = (key, stacked, shiftKey = false) => shareByKey({ key, shiftKey }, 0.5, stacked);
  const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-12, `${found}`);
  near(by("ArrowLeft", false), 0.48);
  near(by("ArrowRight", false, true), 0.6);
  near(by("ArrowDown", true), 0.52);
  near(by("ArrowUp", true, true), 0.4);
  assert.equal(by("ArrowUp", false), undefined);
  assert.equal(by("ArrowLeft", true), undefined);
  assert.equal(by("Tab", false), undefined);
  assert.deepEqual([by("Home", true), by("End", false)], [LEAST, MOST]);
  assert.deepEqual([by("Enter", false), by("Enter", true)], AT_FIRST);
  assert.equal(shareByKey({ key: "ArrowLeft" }, LEAST, false), LEAST);
});
