import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readEnvironment } from "./environment.ts";

const url = { DATABASE_URL: "postgres://localhost/x" };

test("defaults are those of the README", () => {
  const { outbound, ...defaults } = readEnvironment(url);
  assert.equal(outbound.permits("hooks.example", "127.0.0.1"), false);
  assert.equal(outbound.permits("hooks.example", "1.1.1.1"), true);
  assert.deepEqual(defaults, {
    databaseUrl: url.DATABASE_URL,
    xdsHost: "127.0.0.1",
    xdsPort: 18000,
    xdsHosts: [],
    plaintext: "loopback",
    nodeCertificateMs: 24 * 3_600_000,
    secretKey: undefined,
    secretKeyFile: undefined,
    dataDir: fileURLToPath(new URL("../../../.sluice", import.meta.url)),
    healthHost: "127.0.0.1",
    healthPort: 18001,
    logLevel: "info",
    traceSamplingPercent: 1,
    dashboardUrl: undefined,
    nodeLostMs: 60_000,
  });
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const documented = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
  const source = readFileSync(new URL("./environment.ts", import.meta.url), "utf8");
  const read = new Set(
    [...source.matchAll(/\b(?:SLUICE_[A-Z_]+|DATABASE_URL|LOG_LEVEL)\b/g)].map(([name]) => name),
  );
  assert.deepEqual(documented.toSorted(), [...read].toSorted());
});

test("what is wrong is named with what it takes", () => {
  assert.throws(() => readEnvironment({}), /DATABASE_URL is not set/);
  assert.throws(
    () => readEnvironment({ ...url, SLUICE_XDS_PORT: "http" }),
    /SLUICE_XDS_PORT "http": a number/,
  );
  assert.throws(() => readEnvironment({ ...url, SLUICE_XDS_PORT: "70000" }), /from 0 to 65535/);
  assert.throws(() => readEnvironment({ ...url, LOG_LEVEL: "loud" }), /LOG_LEVEL "loud": one of fatal/);
  assert.throws(
    () => readEnvironment({ ...url, SLUICE_XDS_PLAINTEXT: "yes" }),
    /SLUICE_XDS_PLAINTEXT "yes": one of loopback, never, anywhere/,
  );
  assert.throws(
    () => readEnvironment({ ...url, SLUICE_XDS_HOSTS: "a.example, b:18000" }),
    /SLUICE_XDS_HOSTS "b:18000": names and addresses without ports/,
  );
  assert.throws(
    () => readEnvironment({ ...url, SLUICE_NODE_CERTIFICATE_HOURS: "0" }),
    /SLUICE_NODE_CERTIFICATE_HOURS "0": a number from 0.02/,
  );
});

test("a health port of 0 turns the endpoint off", () => {
  assert.equal(readEnvironment({ ...url, SLUICE_CONTROL_HEALTH_PORT: "0" }).healthPort, undefined);
});
