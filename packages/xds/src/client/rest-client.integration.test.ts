import assert from "node:assert/strict";
import { createServer } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { waitFor } from "@sluice/harness";
import { NodeSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import { TYPE_URLS } from "../type-urls.ts";
import { createRestClient } from "./rest-client.ts";

test("resources are polled, 304 and failures change nothing, and refusals are told", async () => {
  let answer: { status: number; body: string } = { status: 503, body: "" };
  const asked: { path: string; body: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      asked.push({ path: `${request.method} ${request.url}`, body: JSON.parse(body) });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  const client = createRestClient({
    target: () => ({ authority: "xds", secure: false, connect: () => connect(port, "127.0.0.1") }),
    node: create(NodeSchema, { id: "node" }),
    refreshDelayMs: 5,
    requestTimeoutMs: 5000,
    random: () => 0,
  });
  const seen: string[] = [];
  // The same answer comes again with each poll, and then removes nothing.
  const heard = (what: RegExp) => waitFor(String(what), () => seen.some((line) => what.test(line)));
  client.subscribe(
    TYPE_URLS.cluster,
    "*",
    ({ version, updated, removed }) => {
      if (version === "bad") return "not this one";
      seen.push(`${version}: ${updated.map(({ name }) => name)} -${removed}`);
      return undefined;
    },
    { onFailure: (message) => seen.push(message), onRejected: (message) => seen.push(message) },
  );
  const say = (version: string, ...names: string[]) => {
    const resources = names.map((name) => ({ "@type": TYPE_URLS.cluster, name }));
    answer = { status: 200, body: JSON.stringify({ version_info: version, resources }) };
  };
  try {
    await heard(/answered 503/);
    say("1", "one", "two");
    await heard(/^1: one,two -$/);
    assert.equal(client.connected, true);
    say("bad", "three");
    await heard(/^not this one$/);
    answer = { status: 304, body: "" };
    const before = asked.length;
    await waitFor("more requests", () => asked.length > before + 2);
    assert.match(seen.at(-1) ?? "", /^not this one$/);
    say("2", "two");
    await heard(/^2: two -one$/);
    answer = { status: 200, body: "{" };
    await heard(/./);
    const next = asked.length;
    await waitFor("one more request", () => asked.length > next);
    const request = asked.at(-1);
    assert.equal(request?.path, "POST /v3/discovery:clusters");
    assert.equal(request?.body.versionInfo, "2");
    assert.deepEqual(request?.body.node, { id: "node" });
  } finally {
    await client.close();
    server.closeAllConnections();
    server.close();
  }
});
