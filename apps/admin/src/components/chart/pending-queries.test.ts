import assert from "node:assert/strict";
import { test } from "node:test";
import { shownQuery, withQuery } from "./pending-queries.ts";

test("what was typed stays while the address follows, letter by letter", () => {
  let pending = withQuery(undefined, "", "q=a");
  pending = withQuery(pending, "", "q=ab");
  assert.equal(shownQuery(pending, ""), "q=ab");
  pending = withQuery(pending, "q=a", "q=abc");
  for (const address of ["", "q=a", "q=ab", "q=abc"]) assert.equal(shownQuery(pending, address), "q=abc");
});

test("who goes elsewhere sees what is there", () => {
  const pending = withQuery(undefined, "", "q=a");
  assert.equal(shownQuery(pending, "q=a"), "q=a");
  assert.equal(shownQuery(pending, "view=changes"), "view=changes");
  assert.deepEqual(withQuery(pending, "q=a", "q=ab"), { base: "q=a", written: ["q=ab"] });
  assert.deepEqual(withQuery(pending, "view=changes", "view=changes&q=x"), {
    base: "view=changes",
    written: ["view=changes&q=x"],
  });
});
