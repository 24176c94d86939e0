import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { frameMessage } from "../../../../grpc/frame-message.ts";
import { filterProxies } from "../../../../http-filter/testing/start-filter-proxy.ts";
import { FrameReader } from "./frame-reader.ts";
import { Base64Decoder } from "./text-decoder.ts";

const FILTER = {
  name: "web",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb" },
};
const base64 = (text: string): string => frameMessage(Buffer.from(text)).toString("base64");

describe("envoy.filters.http.grpc_web", () => {
  const startProxy = filterProxies();

  it("translates text both ways, and leaves other requests alone", async () => {
    const proxy = await startProxy({
      filters: [FILTER],
      answer: (_message, response) => {
        response.writeHead(200, { "content-type": "application/grpc", "grpc-status": "0" });
        response.end(frameMessage(Buffer.from("pong")));
      },
    });
    const answer = await proxy.send({
      path: "/shop.Cart/Add",
      body: base64("ping"),
      headers: { "content-type": "application/grpc-web-text", accept: "application/grpc-web-text" },
    });
    assert.equal(answer.headers["content-type"], "application/grpc-web-text+proto");
    assert.equal(answer.body, base64("pong"));
    const [seen] = proxy.seen;
    assert.equal(seen?.headers["content-type"], "application/grpc");
    assert.equal(seen?.body, frameMessage(Buffer.from("ping")).toString());
    assert.equal(proxy.stat("cluster.up.grpc-web.shop.Cart.Add.success"), 1);
    await proxy.send({ body: "plain", headers: { "content-type": "text/plain" } });
    assert.equal(proxy.seen[1]?.headers["content-type"], "text/plain");
  });

  it("tells in headers what an upstream answers that speaks no gRPC", async () => {
    const proxy = await startProxy({
      filters: [FILTER],
      answer: (_message, response) => {
        response.writeHead(404, { "content-type": "text/html" });
        response.write("<p>100%");
        setImmediate(() => response.end("</p>"));
      },
    });
    const answer = await proxy.send({
      path: "/shop.Cart/Add",
      body: "",
      headers: { "content-type": "application/grpc-web+proto" },
    });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers["grpc-status"], "12");
    assert.equal(answer.headers["grpc-message"], "<p>100%25</p>");
    assert.equal(answer.body, "");
  });

  it("reads base64 and messages in pieces of any size", () => {
    const text = base64("a") + base64("bcd");
    for (let size = 1; size <= text.length; size++) {
      const decoder = new Base64Decoder();
      const reader = new FrameReader();
      const frames: string[] = [];
      for (let at = 0; at < text.length; at += size) {
        const decoded = decoder.decode(Buffer.from(text.slice(at, at + size)), at + size >= text.length);
        assert.ok(typeof decoded !== "string");
        frames.push(...reader.read(decoded).map((frame) => frame.subarray(5).toString()));
      }
      assert.deepEqual(frames, ["a", "bcd"]);
    }
    assert.equal(new Base64Decoder().decode(Buffer.from("abc"), true), "bad size");
    assert.equal(new Base64Decoder().decode(Buffer.from("a=bc"), false), "bad data");
  });
});
