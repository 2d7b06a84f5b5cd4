// Which keys a lab keeps for itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { isOfTheLab } from "../../workbench/widgets/canvas/lab_keys.js";

test("a lab keeps the plain keys and leaves the notebook its own", () => {
  for (const key of ["ArrowDown", "Enter", "Escape", "a", "Delete"]) {
    assert.ok(isOfTheLab({ key }));
    assert.ok(isOfTheLab({ key, shiftKey: key !== "Enter" }));
    for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.ok(!isOfTheLab({ key, [held]: true }));
  }
  assert.ok(!isOfTheLab({ key: "Enter", shiftKey: true }));
});
