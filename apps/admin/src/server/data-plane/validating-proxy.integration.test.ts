import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { toBinary } from "@bufbuild/protobuf";
import { KIND_TYPES, type ResourceKind } from "@sluice/config";
import { messageDescriptor, parseYaml } from "@sluice/xds";
import { pino } from "pino";
import { createValidatingProxy } from "./validating-proxy.ts";

const proxyMain = fileURLToPath(new URL("../../../../proxy/src/main.ts", import.meta.url));
const log = pino({ level: "silent" });

function resource(kind: ResourceKind, name: string, yaml: string) {
  const schema = messageDescriptor(KIND_TYPES[kind]);
  const { message, problems } = parseYaml(yaml, schema);
  assert.ok(message, JSON.stringify(problems));
  return { kind, name, value: toBinary(schema, message) };
}
const INLINE = `
name: edge
address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
filter_chains:
  - filters:
      - name: http
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: x
          route_config:
            virtual_hosts:
              - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { cluster: web } }] }
          http_filters:
            - name: router
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;

test("the proxy's own code takes what it can run and refuses the rest at its field; the same child answers again", async () => {
  const judge = createValidatingProxy({ proxyMain, log, deadlineMs: 60_000 });
  try {
    const listener = resource("listeners", "edge", INLINE);
    const good = await judge.check({ resources: [listener], clusters: ["web"] });
    assert.deepEqual(good, { available: true, problems: [] });
    const bad = await judge.check({
      clusters: ["other"],
      resources: [
        listener,
        resource("clusters", "a", "name: a\nconnect_timeout: 1s\nfilters: [{ name: f }]\n"),
        resource("endpoints", "e", "cluster_name: e\n"),
        resource(
          "routes",
          "r",
          "name: r\nvirtual_hosts: [{ name: a, domains: ['*'] }, { name: b, domains: ['*'] }]\n",
        ),
      ],
    });
    assert.ok(bad.available);
    const words = bad.problems.map(
      ({ resource: { kind, name }, problem }) => `${kind}/${name} ${problem.path}: ${problem.message}`,
    );
    assert.equal(words.length, 3, words.join("\n"));
    assert.match(words[0] ?? "", /^listeners\/edge filter_chains\[0\].*web/);
    assert.match(words[1] ?? "", /^clusters\/a filters.*not implemented/);
    assert.match(words[2] ?? "", /^routes\/r /);
  } finally {
    await judge.close();
  }
});

test("a judge that dies, hangs or is not there is told with its reason, and started anew", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-judge-"));
  const fake = join(dir, "main.mjs");
  const judge = createValidatingProxy({ proxyMain: fake, log, deadlineMs: 20_000 });
  const question = { resources: [], clusters: [] };
  try {
    const missing = await judge.check(question);
    assert.ok(
      !missing.available && /the proxy ended \(exit code 1\)/.test(missing.reason),
      JSON.stringify(missing),
    );
    writeFileSync(fake, `process.stderr.write("out of luck\\n"); process.exit(3);`);
    assert.deepEqual(await judge.check(question), {
      available: false,
      reason: "the proxy ended (exit code 3): out of luck",
    });
    writeFileSync(
      fake,
      `process.stdin.once("data", (line) => console.log(JSON.stringify({ id: JSON.parse(line).id, problems: [] })));`,
    );
    assert.deepEqual(await judge.check(question), { available: true, problems: [] });
  } finally {
    await judge.close();
  }
  writeFileSync(fake, "setInterval(() => {}, 1000);");
  const slow = createValidatingProxy({ proxyMain: fake, log, deadlineMs: 300 });
  try {
    assert.deepEqual(await slow.check(question), { available: false, reason: "no answer within 0.3 s" });
  } finally {
    await slow.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
