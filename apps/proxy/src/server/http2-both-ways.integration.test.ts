import assert from "node:assert/strict";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { type RunningProxy, startSluiceProxy, waitFor } from "@sluice/harness";

const BOOTSTRAP = (port: number): string => `
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      filter_chains:
        - filters:
            - name: hcm
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: main
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{ match: { prefix: / }, route: { cluster: grpc, timeout: 0s } }]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:
    - name: grpc
      type: STATIC
      connect_timeout: 1s
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          explicit_http_config: { http2_protocol_options: {} }
      load_assignment:
        cluster_name: grpc
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }] }]
`;

/** A gRPC message: not compressed, its length, its octets. */
function message(text: string): Buffer {
  const octets = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(octets.length, 1);
  return Buffer.concat([head, octets]);
}

/** The messages in `octets`, all whole. */
function messages(octets: Buffer): string[] {
  const all: string[] = [];
  for (let at = 0; at + 5 <= octets.length; ) {
    const end = at + 5 + octets.readUInt32BE(at + 1);
    all.push(octets.toString("utf8", at + 5, end));
    at = end;
  }
  return all;
}

class Call {
  readonly stream: ClientHttp2Stream;
  received = Buffer.alloc(0);
  status: number | undefined = undefined;
  grpcStatus: string | undefined = undefined;
  closed = false;
  resetCode = 0;

  constructor(session: ClientHttp2Session, path: string) {
    const type = { "content-type": "application/grpc", te: "trailers" };
    this.stream = session.request({ ":method": "POST", ":path": path, ...type });
    this.stream.on("response", (headers) => {
      this.status = headers[":status"];
    });
    this.stream.on("trailers", (trailers) => {
      this.grpcStatus = String(trailers["grpc-status"]);
    });
    this.stream.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.stream.on("error", () => {});
    this.stream.on("close", () => {
      this.closed = true;
      this.resetCode = this.stream.rstCode;
    });
  }

  async over(): Promise<this> {
    await waitFor("the call's end", () => this.closed);
    return this;
  }
}

describe("HTTP/2 from client to upstream", () => {
  let server: Http2Server;
  let proxy: RunningProxy;
  let session: ClientHttp2Session;
  const sessions = new Set<ServerHttp2Session>();
  const cancelled: string[] = [];

  function serve(stream: ServerHttp2Stream, path: string): void {
    stream.on("error", () => {});
    stream.on("aborted", () => cancelled.push(path));
    if (path === "/reset") {
      stream.close(8);
      return;
    }
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    if (path === "/never") return;
    stream.on("data", (chunk: Buffer) => stream.write(chunk));
    stream.on("end", () => stream.end());
  }

  before(async () => {
    server = createServer();
    server.on("session", (one) => {
      sessions.add(one);
      one.on("close", () => sessions.delete(one));
      one.on("error", () => {});
    });
    server.on("stream", (stream: ServerHttp2Stream, headers) => serve(stream, headers[":path"] ?? ""));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = await startSluiceProxy({ yaml: BOOTSTRAP((server.address() as AddressInfo).port) });
    session = connect(`http://127.0.0.1:${await proxy.listenerPort("main")}`);
  });
  after(async () => {
    session.destroy();
    await proxy.close();
    for (const one of sessions) one.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it("passes each message of a stream as it comes, both ways, and the status in trailers", async () => {
    const call = new Call(session, "/echo");
    for (let i = 1; i <= 5; i++) {
      call.stream.write(message(`message ${i}`));
      await waitFor(`echo ${i}`, () => messages(call.received).length === i);
    }
    call.stream.end();
    await call.over();
    assert.equal(call.status, 200);
    assert.equal(call.grpcStatus, "0");
    assert.equal(messages(call.received).at(-1), "message 5");
  });

  it("carries many calls on one upstream connection, and bodies larger than any window", async () => {
    const calls = Array.from({ length: 30 }, () => new Call(session, "/echo"));
    calls.forEach((call, i) => void call.stream.end(message(String(i).repeat(100))));
    const large = new Call(session, "/echo");
    large.stream.end(message("x".repeat(4_000_000)));
    for (const call of [...calls, large]) assert.equal((await call.over()).grpcStatus, "0");
    assert.equal(messages(large.received)[0]?.length, 4_000_000);
    assert.equal(sessions.size, 1);
  });

  it("answers a call that the upstream resets, and cancels at the upstream what the client cancels", async () => {
    const reset = await new Call(session, "/reset").over();
    // As Envoy: a gRPC call that got no response is told so in headers.
    assert.equal(reset.status, 200);
    const never = new Call(session, "/never");
    await waitFor("the head", () => never.status === 200);
    never.stream.close(8);
    await waitFor("the cancellation", () => cancelled.includes("/never"));
    const after = new Call(session, "/echo");
    after.stream.end(message("still here"));
    assert.equal((await after.over()).grpcStatus, "0");
  });

  it("goes to a new connection when the upstream says that it goes away, and loses nothing", async () => {
    for (const one of sessions) one.goaway(0);
    for (let i = 0; i < 5; i++) {
      const call = new Call(session, "/echo");
      call.stream.end(message(`after ${i}`));
      assert.equal((await call.over()).grpcStatus, "0");
    }
  });
});
