import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keyOf, type NodeEvent, runsOf } from "./event-runs.ts";

const connected = (id: string): NodeEvent => ({
  verb: "connected",
  event: {
    id,
    cluster: "",
    product: "envoy",
    productVersion: "1.40.0",
    labels: {},
    peer: "127.0.0.1:1",
    extensions: [],
    replica: "r",
    connection: "r/1",
  },
});
const gone = (id: string): NodeEvent => ({ verb: "disconnected", event: { id, connection: "r/1" } });
const typed = (verb: "sent" | "ack" | "effective", id: string, kind: "clusters" | "routes"): NodeEvent => ({
  verb,
  event: { id, kind, version: 1 },
});
const nodeOf = (event: NodeEvent): string => (event.verb === "seen" ? event.event : event.event.id);

test("nodes that come at once are written in as few statements as one of them", () => {
  const events = Array.from({ length: 100 }, (_, index) => `n${index}`).flatMap((id) => [
    connected(id),
    typed("sent", id, "clusters"),
    typed("sent", id, "routes"),
    typed("ack", id, "routes"),
    typed("ack", id, "clusters"),
  ]);
  assert.deepEqual(
    runsOf(events).map((run) => [run[0]?.verb, run.length]),
    [
      ["connected", 100],
      ["sent", 200],
      ["ack", 200],
    ],
  );
});

test("events of one node stay in order, and none is twice in a statement", () => {
  const events = fc.array(
    fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(7)).map(([id, what]): NodeEvent => {
      if (what === 0) return connected(id);
      if (what === 1) return gone(id);
      if (what === 2) return { verb: "seen", event: id };
      const verb = what < 5 ? "sent" : what < 7 ? "ack" : "effective";
      return typed(verb, id, what % 2 === 0 ? "clusters" : "routes");
    }),
  );
  fc.assert(
    fc.property(events, (given) => {
      const runs = runsOf(given);
      for (const run of runs) {
        assert.equal(new Set(run.map(({ verb }) => verb)).size, 1);
        assert.equal(new Set(run.map(keyOf)).size, run.length);
      }
      for (const id of ["a", "b", "c"]) {
        const own = (all: readonly NodeEvent[]) => all.filter((event) => nodeOf(event) === id);
        assert.deepEqual(own(runs.flat()), own(given));
      }
    }),
  );
});
