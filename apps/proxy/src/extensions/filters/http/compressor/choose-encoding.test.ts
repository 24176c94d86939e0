import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseEncoding } from "./choose-encoding.ts";

const GZIP = { encoding: "gzip", chooseFirst: false };
const BR = { encoding: "br", chooseFirst: false };

test("the highest weight is chosen, of equal ones the client's first", () => {
  assert.deepEqual(chooseEncoding("br;q=0.5, gzip;q=0.8", [BR, GZIP]), { encoding: "gzip", reason: "named" });
  assert.deepEqual(chooseEncoding("br, gzip", [GZIP, BR]), { encoding: "br", reason: "named" });
});

test("a compressor may win over those that the client likes as much", () => {
  assert.equal(chooseEncoding("gzip, br", [GZIP, { ...BR, chooseFirst: true }]).encoding, "br");
  assert.equal(chooseEncoding("gzip, br;q=0.9", [GZIP, { ...BR, chooseFirst: true }]).encoding, "gzip");
});

test("a star stands for the chain's first that is not ruled out", () => {
  assert.deepEqual(chooseEncoding("*", [BR, GZIP]), { encoding: "br", reason: "wildcard" });
  assert.equal(chooseEncoding("br;q=0, *", [BR, GZIP]).encoding, "gzip");
});

test("no encoding is chosen where none is accepted, or none is liked better", () => {
  for (const header of ["", ",", "gzip;q=0", "x", "gzip;q=x", "gzip;q=-1"]) {
    assert.deepEqual(chooseEncoding(header, [GZIP]), { encoding: "identity", reason: "notValid" }, header);
  }
  assert.deepEqual(chooseEncoding("identity, gzip", [GZIP]), { encoding: "identity", reason: "identity" });
  assert.equal(chooseEncoding("gzip", []).reason, "notValid");
});
