import assert from "node:assert/strict";
import { test } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { ZSTD_DICTIONARIES } from "@sluice/harness";
import { DataSourceSchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { frameDictionaryId, readDictionary } from "./dictionary.ts";

const source = (bytes: Uint8Array) =>
  create(DataSourceSchema, { specifier: { case: "inlineBytes", value: Uint8Array.from(bytes) } });

test("a dictionary has the identifier that frames packed with it name", () => {
  const ids = ZSTD_DICTIONARIES.map((bytes) => {
    const read = readDictionary(source(bytes), "dictionary");
    return read.ok ? read.value.id : 0;
  });
  assert.deepEqual(ids, [4242, 77]);
  for (const text of ["", "short", "long ".repeat(100_000)]) {
    const named = ZSTD_DICTIONARIES.map((dictionary) =>
      frameDictionaryId(zstdCompressSync(text, { dictionary })),
    );
    assert.deepEqual(named, ids);
    assert.equal(frameDictionaryId(zstdCompressSync(text)), 0);
  }
});

test("what is no frame, or not yet its head, names no dictionary", () => {
  const frame = zstdCompressSync("text", { dictionary: ZSTD_DICTIONARIES[0] });
  assert.equal(frameDictionaryId(frame.subarray(0, 6)), 0);
  assert.equal(frameDictionaryId(Buffer.from("no frame at all")), 0);
  assert.equal(frameDictionaryId(new Uint8Array(0)), 0);
});

test("octets that are no trained dictionary are refused where they stand", () => {
  const unnamed = Buffer.from(ZSTD_DICTIONARIES[0]);
  unnamed.writeUInt32LE(0, 4);
  for (const bytes of [Buffer.from("just some text"), unnamed, Buffer.alloc(0)]) {
    const read = readDictionary(source(bytes), "dictionaries[1]");
    assert.ok(!read.ok);
    assert.deepEqual(
      read.problems.map(({ path }) => path),
      ["dictionaries[1]"],
    );
  }
});
