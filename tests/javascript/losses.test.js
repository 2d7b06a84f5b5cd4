// Losses by epoch: means, what is said of an epoch, round numbers, paths with gaps.

import assert from "node:assert/strict";
import { test } from "node:test";

import { linePath, LossData, ticks } from "../../workbench/widgets/canvas/loss_data.js";

const bytes = (array) => new DataView(array.buffer);
const losses = (groups, epochs, values) => new LossData({
  groups, epochs: bytes(Int32Array.from(epochs)), losses: bytes(Float32Array.from(values)) });

test("the mean of a group ends where its first run does", () => {
  const data = losses(["before", "before", "after"], [1, 2, 4], [2, 1, NaN, 4, 2, 1, 3, 2, 1]);
  assert.deepEqual(data.groups.map(({ name, mean }) => [name, mean]),
    [["before", [3, 1.5, NaN]], ["after", [3, 2, 1]]]);
  assert.equal(data.high, 4);
  assert.deepEqual(data.words(1).map(([, text]) => text),
    ["epoch 2 of 4", "before 1.5, 2 seeds from 1 to 2", "after 2"]);
  assert.deepEqual(data.words(2).map(([, text]) => text), ["epoch 4 of 4", "before 1", "after 1"]);
  assert.equal(data.label("training loss"),
    "training loss, epochs 1 to 4; before from 3 to 1.5; after from 3 to 1");
});

test("an epoch is chosen by where it stands", () => {
  const data = losses(["a"], [1, 2, 5, 11], [1, 1, 1, 1]);
  assert.deepEqual([0, 0.05, 0.06, 0.3, 0.69, 0.71, 1].map((share) => data.nearest(share)),
    [0, 0, 1, 2, 2, 3, 3]);
  assert.equal(losses(["a"], [1], [2]).nearest(0.7), 0);
});

test("nothing, and losses that are no numbers, are drawn as nothing", () => {
  const none = losses([], [], []);
  assert.equal(none.last, -1);
  assert.equal(none.label("loss"), "loss, no epoch has ended");
  const lost = losses(["a"], [1, 2], [NaN, Infinity]);
  assert.equal(lost.high, 1);
  assert.deepEqual(lost.words(0), [["wb-tip-head", "epoch 1 of 2"]]);
});

test("ticks are round numbers that do not pass the top", () => {
  assert.deepEqual(ticks(2.2, 4), [0, 1, 2]);
  assert.deepEqual(ticks(1, 4), [0, 0.5, 1]);
  for (const high of [1e-7, 0.03, 0.3, 7, 1234, 5e9]) {
    const found = ticks(high, 4);
    assert.ok(found.length >= 2 && found.length <= 6, `${high}: ${found}`);
    assert.ok(found.at(-1) <= high * (1 + 1e-9));
  }
});

test("a path leaves gaps, and one point alone is a dot", () => {
  assert.equal(linePath([[0, 1], [1, NaN], [2, 3], [3, 4]]), "M0.0 1.0h0.01M2.0 3.0L3.0 4.0");
  assert.equal(linePath([[0, 1]]), "M0.0 1.0h0.01");
  assert.equal(linePath([]), "");
});
