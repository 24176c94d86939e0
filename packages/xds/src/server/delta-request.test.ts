import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import {
  type DeltaDiscoveryRequest,
  DeltaDiscoveryRequestSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { ClientHoldings } from "./client-holdings.ts";
import { type DeltaRequest, readDeltaRequest } from "./delta-request.ts";
import { Subscription } from "./subscription.ts";

const names = fc.array(
  fc.string({ unit: fc.constantFrom("a", "b", "ü", "猫", "x".repeat(70)), maxLength: 4 }),
  {
    maxLength: 6,
  },
);
const messages = fc
  .record({ subscribe: names, unsubscribe: names, has: names, id: fc.string(), error: fc.boolean() })
  .map(({ subscribe, unsubscribe, has, id, error }) =>
    create(DeltaDiscoveryRequestSchema, {
      node: { id },
      typeUrl: "t",
      responseNonce: "3",
      resourceNamesSubscribe: subscribe,
      resourceNamesUnsubscribe: unsubscribe,
      initialResourceVersions: Object.fromEntries(has.map((name, index) => [`k${name}`, String(index)])),
      resourceLocatorsSubscribe: subscribe.map((name) => ({ name })),
      ...(error ? { errorDetail: { code: 3, message: "no" } } : {}),
    }),
  );

function asMessage({ initialVersions, ...rest }: DeltaRequest): DeltaDiscoveryRequest {
  return create(DeltaDiscoveryRequestSchema, {
    ...rest,
    initialResourceVersions: Object.fromEntries(initialVersions),
  });
}

test("a request reads as protobuf reads it, in any order of its fields", () => {
  fc.assert(
    fc.property(messages, messages, (one, other) => {
      // Two encodings one after the other are one message whose lists go on and whose single fields are the later ones.
      const bytes = Buffer.concat([one, other].map((each) => toBinary(DeltaDiscoveryRequestSchema, each)));
      assert.deepEqual(asMessage(readDeltaRequest(bytes)), fromBinary(DeltaDiscoveryRequestSchema, bytes));
    }),
  );
});

test("what is no request is refused, and never read past its end", () => {
  const whole = toBinary(
    DeltaDiscoveryRequestSchema,
    create(DeltaDiscoveryRequestSchema, {
      resourceNamesSubscribe: ["a".repeat(200)],
      initialResourceVersions: { name: "version" },
    }),
  );
  for (let end = 1; end < whole.length; end++) {
    const cut = whole.subarray(0, end);
    let isMessage = true;
    try {
      fromBinary(DeltaDiscoveryRequestSchema, cut);
    } catch {
      isMessage = false;
    }
    if (!isMessage) assert.throws(() => readDeltaRequest(cut), `${end} bytes`);
  }
  const notUtf8 = [0x1a, 2, 0xc3, 0x28];
  const entryTooLong = [0x2a, 3, 0x0a, 9, 0x61];
  for (const bytes of [notUtf8, entryTooLong, [0x1a], [0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]])
    assert.throws(() => readDeltaRequest(Uint8Array.from(bytes)));
});

test("a client that comes back is sent what it lacks and told what is gone, whatever it names", () => {
  const key = fc.constantFrom("a", "b", "c", "d", "e");
  const version = fc.constantFrom("1", "2");
  fc.assert(
    fc.property(
      fc.dictionary(key, version),
      fc.array(fc.tuple(key, version)),
      fc.array(fc.oneof(key, fc.constant("*"))),
      (there: Readonly<Record<string, string>>, claims, subscribed) => {
        const section = sectionOf(there);
        const subscription = new Subscription(subscribed);
        const holdings = new ClientHoldings();
        holdings.resume(claims, section, subscription);
        const has = new Map<string, string>(claims.filter(([name]) => subscription.has(name)));
        const { updated, removed } = holdings.difference(section, subscription, false);
        const lacks = Object.keys(there).filter(
          (name) => subscription.has(name) && has.get(name) !== there[name],
        );
        const gone = new Set([...has.keys(), ...subscription.names].filter((name) => !(name in there)));
        assert.deepEqual(updated.map(({ name }) => name).toSorted(), lacks.toSorted());
        assert.deepEqual([...removed].toSorted(), [...gone].toSorted());
      },
    ),
  );
});

function sectionOf(versions: Readonly<Record<string, string>>): SnapshotType {
  const resources = Object.entries(versions).map(([name, version]): [string, SnapshotResource] => [
    name,
    { name, version, value: new Uint8Array() },
  ]);
  return { version: "1", resources: new Map(resources) };
}
