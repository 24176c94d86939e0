import assert from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { guardedFetch, outboundRequest, parseOutboundPolicy, resolveTarget } from "./index.ts";

const publicOnly = parseOutboundPolicy("");
const loopback = parseOutboundPolicy("127.0.0.1");

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const leadsTo =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

test("loopback, private, link-local, metadata and reserved addresses are refused, by whatever name", async () => {
  const forbidden = [
    ...["127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    ...["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1"],
    ...["255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "fe80::1"],
    ...["fd00:ec2::254", "fc00::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001::1", "3fff::1"],
  ];
  for (const address of forbidden) {
    await assert.rejects(
      resolveTarget(publicOnly, "name.example", leadsTo(address)),
      { code: "refused" },
      address,
    );
  }
  for (const address of ["8.8.8.8", "172.32.0.1", "1.1.1.1", "2606:4700::1111", "2a00:1450::5"]) {
    const target = await resolveTarget(publicOnly, "name.example", leadsTo(address));
    assert.deepEqual(
      target.addresses.map((one) => one.address),
      [address],
    );
  }
  await assert.rejects(resolveTarget(publicOnly, "mixed.example", leadsTo("8.8.8.8", "10.0.0.1")), {
    code: "refused",
    message: /mixed\.example leads to 10\.0\.0\.1/,
  });
});

test("every spelling of loopback in an address is refused", async () => {
  const spellings = ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "127.0.0.1."];
  for (const host of spellings) {
    await assert.rejects(
      outboundRequest(publicOnly, { url: `http://${host}:9/` }),
      { code: "refused" },
      host,
    );
  }
  for (const url of ["file:///etc/passwd", "gopher://x/", "nonsense", "http://user:secret@example.org/"]) {
    await assert.rejects(
      outboundRequest(publicOnly, { url }),
      { code: "bad_address", retryable: false },
      url,
    );
  }
});

test("the allow-list takes names, names below one, addresses and ranges, and nothing odd", () => {
  const policy = parseOutboundPolicy("hooks.corp.example, *.lan.example 10.1.0.0/16,fd00::1");
  assert.equal(policy.permits("HOOKS.corp.example.", "10.9.9.9"), true);
  assert.equal(policy.permits("evil-hooks.corp.example", "10.9.9.9"), false);
  assert.equal(policy.permits("a.b.lan.example", "127.0.0.1"), true);
  assert.equal(policy.permits("lan.example", "127.0.0.1"), false);
  assert.equal(policy.permits("any.example", "10.1.2.3"), true);
  assert.equal(policy.permits("any.example", "fd00::1"), true);
  assert.equal(policy.permits("any.example", "fd00::2"), false);
  for (const odd of ["10.0.0.0/33", "http://x", "a b/c", "*", "10.0.0.1:80"])
    assert.throws(() => parseOutboundPolicy(odd), /is no host name, address or range/, odd);
});

test("the judged address is the one connected to: a name that changes its mind gains nothing", async (t) => {
  const port = await serve(t, (request, response) => response.end(request.headers.host));
  let asked = 0;
  const rebinding = async () => {
    asked++;
    return [{ address: asked === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }];
  };
  const answer = await outboundRequest(loopback, { url: `http://rebind.example:${port}/` }, rebinding);
  assert.equal(answer.body.toString(), `rebind.example:${port}`);
  assert.equal(asked, 1);
});

test("a redirect is answered and not followed", async (t) => {
  let requests = 0;
  const port = await serve(t, (_request, response) => {
    requests++;
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
  });
  const answer = await outboundRequest(loopback, { url: `http://127.0.0.1:${port}/` });
  assert.equal(answer.status, 302);
  const fetched = await guardedFetch(loopback)(`http://127.0.0.1:${port}/`);
  assert.equal(fetched.status, 302);
  assert.equal(requests, 2);
});

test("time and length of an answer are bounded", async (t) => {
  const port = await serve(t, (request, response) => {
    if (request.url === "/long") response.end("x".repeat(5_000));
    else if (request.url === "/trickle") response.write("x");
  });
  const base = `http://127.0.0.1:${port}`;
  for (const path of ["/never", "/trickle"]) {
    await assert.rejects(outboundRequest(loopback, { url: `${base}${path}`, timeoutMs: 50 }), {
      code: "timeout",
      retryable: true,
    });
  }
  const never = () => new Promise<never>(() => {});
  await assert.rejects(outboundRequest(loopback, { url: "http://slow.example/", timeoutMs: 50 }, never), {
    code: "timeout",
  });
  await assert.rejects(outboundRequest(loopback, { url: `${base}/long`, responseBytesMax: 1_000 }), {
    code: "too_long",
  });
  const cut = { url: `${base}/long`, responseBytesMax: 1_000, overlong: "cut" } as const;
  assert.equal((await outboundRequest(loopback, cut)).body.length, 1_000);
});

test("the guarded fetch sends method, headers and body, and answers as fetch does", async (t) => {
  const port = await serve(t, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify([request.method, request.headers["x-test"], body]));
    });
  });
  const fetchGuarded = guardedFetch(loopback);
  const init = { method: "POST", headers: { "x-test": "1" }, body: new URLSearchParams({ a: "b" }) };
  const answer = await fetchGuarded(new URL(`http://127.0.0.1:${port}/token`), init);
  assert.deepEqual(await answer.json(), ["POST", "1", "a=b"]);
  await assert.rejects(guardedFetch(publicOnly)(`http://127.0.0.1:${port}/`), { code: "refused" });
});
