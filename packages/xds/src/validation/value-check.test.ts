import assert from "node:assert/strict";
import { test } from "node:test";
import type { FieldRules } from "./field-rules.ts";
import { valueCheck } from "./value-check.ts";

/** Rule kinds with values that hold and values that do not. */
const TABLE: readonly [FieldRules, good: readonly unknown[], bad: readonly unknown[]][] = [
  [{ uint32: { gte: 2, lt: 5 } }, [2, 4], [1, 5]],
  [{ uint32: { gt: 5, lt: 2 } }, [1, 6], [2, 3, 5]],
  [{ int64: { in: ["1", "3"] } }, [1n, 3n], [2n]],
  [{ uint64: { notIn: ["7"] } }, [6n], [7n]],
  [{ double: { const: 0.5 } }, [0.5], [0.25]],
  [{ uint32: { gte: 5, ignoreEmpty: true } }, [0, 5], [4]],
  [{ string: { minLen: "2", maxLen: "3" } }, ["ab", "😀😀"], ["a", "abcd"]],
  [{ string: { minBytes: "3", maxBytes: "4" } }, ["abc", "ää"], ["ä", "äää"]],
  [{ string: { len: "1" } }, ["😀"], ["", "ab"]],
  [{ string: { lenBytes: "2" } }, ["ä"], ["a"]],
  [{ string: { pattern: "^a+$" } }, ["aa"], ["ab", ""]],
  [{ string: { pattern: "^a+$", ignoreEmpty: true } }, [""], ["b"]],
  [
    { string: { prefix: "/", suffix: "z", contains: "q", notContains: "!" } },
    ["/qz"],
    ["/z", "qz", "/q", "/q!z"],
  ],
  [{ string: { in: ["a", "b"] } }, ["a"], ["c"]],
  [{ string: { notIn: ["a"] } }, ["b"], ["a"]],
  [{ string: { const: "x" } }, ["x"], ["y"]],
  [{ string: { ip: true } }, ["1.2.3.4", "::1"], ["1.2.3", "a"]],
  [{ string: { ipv4: true } }, ["1.2.3.4"], ["::1"]],
  [{ string: { ipv6: true } }, ["::1"], ["1.2.3.4"]],
  [{ string: { hostname: true } }, ["a.example", "x-1"], ["-a", "a..b", "a_b", `${"a".repeat(64)}.com`]],
  [{ string: { address: true } }, ["a.example", "::1"], ["a b"]],
  [{ string: { uri: true } }, ["http://a/b"], ["/b"]],
  [{ string: { uriRef: true } }, ["/b"], ["http://["]],
  [{ string: { email: true } }, ["a@b.example"], ["a", "@b"]],
  [{ string: { uuid: true } }, ["00000000-0000-4000-8000-000000000000"], ["0"]],
  [{ string: { wellKnownRegex: "HTTP_HEADER_NAME" } }, ["x-a", ":path"], ["", "a b"]],
  [{ string: { wellKnownRegex: "HTTP_HEADER_VALUE" } }, ["a b\tc"], ["a\nb", "\x00", "\x7f"]],
  [{ string: { wellKnownRegex: "HTTP_HEADER_VALUE", strict: false } }, ["\x01"], ["a\rb"]],
  [{ bytes: { minLen: "1", maxLen: "2" } }, [Uint8Array.of(1)], [Uint8Array.of(), Uint8Array.of(1, 2, 3)]],
  [
    { bytes: { prefix: "AQ==", suffix: "Aw==", contains: "Ag==" } },
    [Uint8Array.of(1, 2, 3)],
    [Uint8Array.of(1, 3)],
  ],
  [{ bytes: { in: ["AQ=="] } }, [Uint8Array.of(1)], [Uint8Array.of(2)]],
  [{ bytes: { ip: true } }, [new Uint8Array(4), new Uint8Array(16)], [new Uint8Array(5)]],
  [{ bool: { const: true } }, [true], [false]],
  [
    { duration: { gt: "0s", lte: "1.500s" } },
    [{ seconds: 1n, nanos: 500_000_000 }],
    [
      { seconds: 0n, nanos: 0 },
      { seconds: 1n, nanos: 500_000_001 },
    ],
  ],
  [
    { timestamp: { gte: "2020-01-01T00:00:00Z" } },
    [{ seconds: 1_577_836_800n, nanos: 0 }],
    [{ seconds: 1_577_836_799n, nanos: 0 }],
  ],
];

for (const [rules, good, bad] of TABLE) {
  test(`judges by ${JSON.stringify(rules)}`, () => {
    const check = valueCheck({ enum: undefined }, rules);
    for (const value of good) assert.deepEqual(check(value), []);
    for (const value of bad) assert.notDeepEqual(check(value), [], String(value));
  });
}
