import assert from "node:assert/strict";
import { test } from "node:test";
import { HighMemoryStreams } from "./high-memory-streams.ts";

const KIB = 1024;

/** Streams that hold so much, by name, on one connection; `ended`: in which order they went. */
function start(held: Readonly<Record<string, number>>) {
  const ended: string[] = [];
  const counts: number[] = [];
  const streams = new HighMemoryStreams(KIB, (count) => counts.push(count));
  const source = {
    visitStreams: (visit: (heldBytes: number, stream: { endOverloaded(): void }) => void): void => {
      for (const [name, bytes] of Object.entries(held)) {
        if (!ended.includes(name)) visit(bytes, { endOverloaded: () => ended.push(name) });
      }
    },
  };
  streams.add(source);
  return { streams, source, ended, counts };
}

test("each eighth of pressure ends the streams of another power of two, the largest first", () => {
  const { streams, ended, counts } = start({
    less: KIB - 1,
    least: KIB,
    some: 2 * KIB - 1,
    half: 64 * KIB,
    most: 128 * KIB,
    huge: 5000 * KIB,
  });
  streams.apply(0.01);
  assert.deepEqual(ended.sort(), ["huge", "most"]);
  streams.apply(0.124);
  assert.equal(ended.length, 2);
  streams.apply(0.125);
  assert.deepEqual(ended.slice(2), ["half"]);
  streams.apply(0.87);
  assert.equal(ended.length, 3);
  streams.apply(1);
  assert.deepEqual(ended.slice(3), ["least", "some"]);
  assert.deepEqual(counts, [2, 1, 2]);
});

test("no more than fifty streams end at once, and none while nothing changes or the pressure is gone", () => {
  const held = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`s${i}`, (i < 10 ? 900 : 2) * KIB]));
  const { streams, source, ended } = start(held);
  streams.apply(1);
  assert.equal(ended.length, 50);
  assert.deepEqual(ended.slice(0, 10).sort(), Array.from({ length: 10 }, (_, i) => `s${i}`).sort());
  streams.apply(1);
  streams.apply(0);
  assert.equal(ended.length, 50);
  streams.apply(0.9);
  assert.equal(ended.length, 70);
  streams.delete(source);
  streams.apply(1);
  assert.equal(ended.length, 70);
});
