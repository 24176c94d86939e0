import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  compileHeaderPrefix,
  EnvoyHeader,
  EnvoyHeaderNames,
  envoyHeaderName,
  useEnvoyHeaderPrefix,
} from "./envoy-headers.ts";

test("all of Envoy's own headers are named by the prefix, and again by another one", (t) => {
  t.after(() => useEnvoyHeaderPrefix(""));
  useEnvoyHeaderPrefix("X-Acme");
  assert.equal(EnvoyHeader.retryOn, "x-acme-retry-on");
  assert.equal(EnvoyHeaderNames.prefix, "x-acme-");
  assert.equal(envoyHeaderName("x-envoy-max-retries"), "x-acme-max-retries");
  assert.ok(Object.values(EnvoyHeader).every((name) => name.startsWith("x-acme-")));
  useEnvoyHeaderPrefix("");
  assert.equal(EnvoyHeader.retryOn, "x-envoy-retry-on");
  assert.equal(EnvoyHeaderNames.prefix, "x-envoy-");
});

test("what cannot begin a header's name is refused", () => {
  assert.ok(!compileHeaderPrefix("x acme").ok);
  assert.ok(!compileHeaderPrefix("x:acme").ok);
  assert.ok(compileHeaderPrefix("x-acme").ok);
});

/** Where a fixed name is right: it only makes a usual name quicker to compare, or is the configuration's own word. */
const FIXED = [
  "http/envoy-headers.ts",
  "http/well-known-names.ts",
  "http/h2/hpack/hpack-encoder.ts",
  "extensions/filters/http/router/strict-headers.ts",
];

test("no other file of the proxy writes such a name out", () => {
  const root = join(import.meta.dirname, "..");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/\.(test|fuzz|bench)\.ts$/.test(file) && !FIXED.includes(file),
  );
  assert.ok(files.length > 500);
  const writers = files.filter((file) => /["`]x-envoy-[a-z-]+"/.test(readFileSync(join(root, file), "utf8")));
  assert.deepEqual(writers, []);
});
