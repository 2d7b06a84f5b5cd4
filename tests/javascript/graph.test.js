// The parts of the graph canvas, but for its painter and its page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { GraphCamera } from "../../workbench/widgets/canvas/graph_camera.js";
import { GraphData } from "../../workbench/widgets/canvas/graph_data.js";
import { refusal } from "../../workbench/widgets/canvas/graph_files.js";
import * as words from "../../workbench/widgets/canvas/graph_words.js";
import { graphModel } from "./fake_model.js";

function scene(traits, size = [660, 468]) {
  const model = graphModel(traits), data = new GraphData(model);
  let moves = 0;
  const camera = new GraphCamera(model, data, () => moves++);
  camera.size = size;
  camera.foot = 46; // a color bar with a line of text
  return { model, data, camera, moves: () => moves };
}

test("edges are there from their first to their last position of the tape", () => {
  const { data } = scene();
  assert.deepEqual([...data.always].map((i) => i / 4), [1, 2, 3, 4, 5]);
  assert.deepEqual([...data.moving].map((i) => i / 4), [0, 6, 7]);
  assert.deepEqual([0, 1, 2, 3].map((p) => data.adjacent(1, 0, p)), [true, true, false, false]);
  assert.deepEqual([0, 1, 2, 3].map((p) => data.adjacent(2, 4, p)), [false, false, false, true]);
  assert.deepEqual(data.kinds, { added: true, removed: true });
  assert.deepEqual([...data.ends().slice(0, 4)], [0, 1, 1, 1]);
});

test("what has no length or no node is not drawn", () => {
  const spans = new DataView(Int32Array.of(0, 0, 0, 9, 0, 7, 0, 9, -1, 2, 0, 9).buffer);
  const { data } = scene({ spans, candidates: new DataView(Int32Array.of(2, 2, 0).buffer) });
  assert.equal(data.edges, 0);
  assert.deepEqual(data.candidates, []);
});

test("methods that agree on a pair get a lane each", () => {
  const { data } = scene();
  assert.deepEqual(data.candidates.map(({ u, v, lane, lanes }) => [u, v, lane, lanes]),
                   [[1, 4, 0, 2], [1, 4, 1, 2]]);
});

test("too few values, and values without a color table, are none", () => {
  const few = new DataView(Float32Array.of(1, 2).buffer), none = new DataView(new ArrayBuffer(0));
  assert.equal(scene({ node_values: few }).data.values, null);
  assert.equal(scene({ palette: none }).data.values, null);
  const { data } = scene({ node_values_before: few });
  assert.equal(data.valuesBefore, data.values);
  assert.equal(scene({ classes: true }).data.scaled, false);
});

test("a large graph waits for the hand to rest, a larger one is WebGL's", () => {
  const many = (n) => scene({ num_nodes: n, positions: new DataView(new ArrayBuffer(8 * n)) }).data;
  assert.deepEqual([1500, 1501, 4000, 4001].map((n) => many(n).large), [false, true, true, true]);
  assert.deepEqual([1500, 1501, 4000, 4001].map((n) => many(n).forWebGL), [false, false, false, true]);
});

test("the whole graph fits, and stays in the middle", () => {
  const { camera } = scene();
  for (const [foot, room] of [[0, 34], [46, 58], [60, 72]]) {
    camera.foot = foot;
    const view = camera.view(0), [left, top] = view.at(0), [right, bottom] = view.at(3);
    assert.equal(left + right, 660);
    assert.ok(left >= 30 && top >= 34 && bottom <= 468 - room + 1e-9);
  }
});

test("the point under the pointer stays where it is", () => {
  const { camera, model, moves } = scene();
  const before = camera.view(0), [x, y] = before.at(2);
  camera.zoom(2.5, x, y);
  const after = camera.view(0), at = after.at(2);
  assert.ok(Math.abs(at[0] - x) < 1e-9 && Math.abs(at[1] - y) < 1e-9);
  assert.ok(Math.abs(after.scale / before.scale - 2.5) < 1e-12);
  assert.equal(moves(), 1);
  camera.zoom(1e9, x, y);
  assert.equal(model.get("camera")[2], 400);
  camera.fit();
  assert.deepEqual([camera.moved, camera.place], [false, [0, 0, 1]]);
});

test("a node out of sight is brought into it, one in sight moves nothing", () => {
  const { camera, moves } = scene({ camera: [40, 40, 3] });
  camera.bringIntoView(3, camera.view(0));
  assert.equal(moves(), 1);
  const [x, y] = camera.view(0).at(3);
  assert.ok(x >= 20 - 1e-9 && x <= 640 + 1e-9 && y >= 20 - 1e-9 && y <= 448 + 1e-9);
  camera.fit();
  camera.bringIntoView(3, camera.view(0));
  assert.equal(moves(), 2); // that of fit
});

// n nodes on a square, each with an edge to the next three
function square(n, zoom = 1) {
  const side = Math.sqrt(n), at = Array.from({ length: n }, (_, i) => [i % side, (i / side) | 0]);
  const spans = at.flatMap((_, i) => [1, 2, 3].flatMap((k) => [i, (i + k) % n, 0, 2 ** 31 - 1]));
  const middle = (side - 1) / 2, bytes = (array) => new DataView(array.buffer);
  const { camera, data } = scene({
    num_nodes: n, positions: bytes(Float32Array.from(at.flat())), spans: bytes(Int32Array.from(spans)),
    node_values: bytes(new Float32Array(n)), camera: zoom === 1 ? [] : [middle, middle, zoom] });
  const view = camera.view(0), [left, top] = view.at(n - side), [right, bottom] = view.at(side - 1);
  return { radius: view.radius, alpha: camera.edgeAlpha(view), large: data.large,
           share: (n * Math.PI * view.radius ** 2) / Math.abs((right - left) * (bottom - top)) };
}

test("many nodes leave the edges in sight, and a closer look makes both stronger", () => {
  const [few, some, many, most] = [25, 196, 1024, 4900].map((n) => square(n));
  assert.equal(few.radius, 8);
  assert.ok(some.radius < few.radius && many.radius < few.radius / 2 && most.radius < many.radius);
  for (const { share } of [some, many, most]) assert.ok(share < 0.2);
  assert.ok(many.share < 0.8 * some.share); // smaller than their share of the room
  assert.ok(many.alpha < few.alpha);
  const near = square(1024, 4);
  assert.ok(near.radius > 1.5 * many.radius && near.alpha > 1.5 * many.alpha);
  // a chain has no area, and yet nodes that are seen
  const chain = scene({ positions: new DataView(Float32Array.of(0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0).buffer) });
  assert.equal(chain.camera.view(0).radius, 8);
});

test("before and after share a camera and stand side by side", () => {
  const { camera } = scene({ mode: "both" });
  const { panels } = camera.view(2);
  assert.deepEqual(panels.map(({ x, width, position, live }) => [x, width, position, live]),
                   [[0, 330, 0, false], [330, 330, 2, true]]);
  assert.equal(scene({ mode: "before" }).camera.view(2).panels[0].position, 0);
});

test("what is under the pointer: a node, a candidate, an edge, nothing", () => {
  const { camera, data } = scene(), view = camera.view(0);
  const between = (i, j) => view.at(i).map((x, axis) => (x + view.at(j)[axis]) / 2);
  assert.equal(view.hit(...view.at(4), data).u, 4);
  assert.deepEqual(view.hit(...between(1, 4), data).candidate.key, "1,4");
  const edge = view.hit(...between(2, 3), data);
  assert.deepEqual([edge.u, edge.v, edge.edge], [2, 3, true]);
  assert.equal(view.hit(5, 5, data), null);
  // on the picture before the edits there is no candidate, and the added edge is not there yet
  const both = scene({ mode: "both", candidates: new DataView(new ArrayBuffer(0)) });
  const old = both.camera.view(1), middle = old.at(0).map((x, axis) => (x + old.at(3)[axis]) / 2);
  assert.equal(old.hit(...middle, both.data), null);
  assert.equal(old.hit(middle[0] + 330, middle[1], both.data).v, 3);
});

test("the legend names what is in the picture", () => {
  const one = { method: 1 }, methods = ["gtr", "fosr"];
  const rows = (options) => words.legendRows({ kinds: {}, candidates: [one], methods, ...options });
  assert.deepEqual(rows({ editable: true }).map((row) => row.text), ["fosr next"]);
  assert.deepEqual(rows({ editable: false }).map((row) => row.text), ["fosr"]);
  const both = { added: true, removed: true };
  assert.deepEqual(rows({ kinds: both, candidates: [] }).map((row) => row.text), ["added", "removed"]);
});

test("the picture has a name that says what it shows", () => {
  assert.match(words.canvasLabel(6, "degree", ["1", "3"]), /^Graph of 6 nodes, colored by degree, from 1 to 3\. Arrow/);
  assert.match(words.canvasLabel(6, "degree", ["2", ""]), /^Graph of 6 nodes, colored by degree, all 2\. /);
  assert.match(words.canvasLabel(6, "", ["0", "1"]), /^Graph of 6 nodes\. Arrow keys/);
});

test("titles say where on the tape a panel stands", () => {
  const titles = (mode, position, edited = true) => words.panelTitles({ mode, position, edited });
  assert.deepEqual(titles("after", 1), ["after 1 edit", ""]);
  assert.deepEqual(titles("both", 3), ["before", "after 3 edits"]);
  assert.deepEqual(titles("before", 3), ["before", ""]);
  assert.deepEqual(titles("after", 0, false), ["", ""]);
});

test("tooltips say what a click or a key does", () => {
  const texts = (lines) => lines.map(([, text]) => text);
  const pair = { names: ["a", "b"], adjacent: true, removable: true, editable: true, way: "click",
                 hints: [["wb-tip-hint", "resistance 2"]] };
  assert.deepEqual(texts(words.pairLines(pair)), ["a – b", "edge", "resistance 2", "click to remove it"]);
  assert.deepEqual(texts(words.pairLines({ ...pair, removable: false })), ["a – b", "edge", "resistance 2"]);
  assert.deepEqual(texts(words.pairLines({ ...pair, adjacent: false, candidate: "gtr" })),
                   ["a – b", "best next edge of gtr", "resistance 2", "click to add it"]);
  assert.deepEqual(texts(words.pairLines({ ...pair, editable: false, adjacent: false })),
                   ["a – b", "no edge", "resistance 2"]);
  const node = { name: "a", label: "degree", value: 3, editable: true, picked: false, way: "Enter" };
  assert.deepEqual(texts(words.nodeLines(node)), ["a", "degree 3", "Enter to start an edge here"]);
  assert.deepEqual(texts(words.nodeLines({ ...node, value: undefined, picked: true })),
                   ["a", "Enter again to let go"]);
});

test("a screen reader hears the node, its value and the picked one", () => {
  const spoken = (more) => words.spokenNode({ name: "node 5", label: "value", value: 1, ...more });
  assert.equal(spoken({ picked: true }), "node 5, value 1, picked");
  assert.equal(spoken({ other: { name: "node 0", adjacent: true } }),
               "node 5, value 1, with node 0: an edge");
  assert.equal(spoken({ value: undefined }), "node 5");
});

test("a drop of anything but one small file is refused with the reason", () => {
  const drop = { count: 1, name: "a.csv", size: 10e6, folder: false };
  assert.equal(refusal(drop), "");
  assert.match(refusal({ ...drop, size: 10e6 + 1 }), /a\.csv has 10\.1 MB; a drop takes 10 MB at most/);
  assert.match(refusal({ ...drop, count: 2 }), /there were 2/);
  assert.match(refusal({ ...drop, folder: true }), /a\.csv is a folder/);
});
