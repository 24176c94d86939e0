import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, connect, createSecureContext, TLSSocket } from "node:tls";
import { TestCertificates } from "@sluice/harness";
import { indent, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { tlsCertificate, tlsListener } from "../downstream-tls.ts";
import { scriptedTcp } from "../tcp-session.ts";

const certificates = TestCertificates.ofProcess();
const server = certificates.create("server", { names: "DNS:server.test" });

const HANDSHAKE = 22;
const ALERT = 21;
const CHANGE = 20;

/** Passes a TCP connection on and notes how each side ended it: `alert` for TLS's own end (the ends of TCP behind it are not compared), or `reset`. */
async function relay(to: number): Promise<{ readonly port: number; readonly ends: string[]; close(): void }> {
  const ends: string[] = [];
  const sockets = new Set<Socket>();
  const pipe = (from: Socket, into: Socket, name: string): void => {
    const records = new Records((type) => {
      if (type === ALERT) ends.push(`${name} alert`);
    });
    from.on("data", (chunk: Buffer) => {
      records.add(chunk);
      into.write(chunk);
    });
    from.on("end", () => {
      into.end();
    });
    from.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNRESET") ends.push(`${name} reset`);
      into.resetAndDestroy();
    });
  };
  const listening: Server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const proxy = connectTcp({ port: to, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    sockets.add(client).add(proxy);
    pipe(client, proxy, "client");
    pipe(proxy, client, "proxy");
  });
  const port = await new Promise<number>((resolve) => {
    listening.listen(0, "127.0.0.1", () => {
      const address = listening.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  const close = (): void => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port, ends, close };
}

/** The types of TLS records in a stream. */
class Records {
  private held = Buffer.alloc(0);
  private readonly onType: (type: number) => void;

  constructor(onType: (type: number) => void) {
    this.onType = onType;
  }

  add(chunk: Buffer): void {
    this.held = Buffer.concat([this.held, chunk]);
    while (this.held.length >= 5) {
      const end = 5 + this.held.readUInt16BE(3);
      if (this.held.length < end) return;
      const [type = 0] = this.held;
      if (type !== HANDSHAKE && type !== CHANGE) this.onType(type);
      this.held = this.held.subarray(end);
    }
  }
}

interface Wish {
  readonly send?: string;
  /** Ends its half behind what it sends. */
  readonly end?: boolean;
  /** What it does once it has received something. */
  readonly afterwards?: "reset" | "end" | "destroy";
  readonly waitMs?: number;
}

/** A client of TLS 1.2, whose records tell their types. */
function talk(port: number, { send, end, afterwards, waitMs = 800 }: Wish): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const raw = connectTcp({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const options: ConnectionOptions & { readonly allowHalfOpen: boolean } = {
      socket: raw,
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
      ALPNProtocols: [],
      allowHalfOpen: true,
    };
    const socket = connect(options);
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      raw.destroy();
      resolve(received);
    };
    const timer = setTimeout(done, waitMs);
    socket.on("secureConnect", () => {
      if (send !== undefined) socket.write(send);
      if (end === true) socket.end();
    });
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
      if (afterwards === "reset") raw.resetAndDestroy();
      else if (afterwards === "end") socket.end();
      else if (afterwards === "destroy") raw.destroy();
    });
    socket.on("error", () => {});
    raw.on("error", () => {});
    raw.on("close", () => setTimeout(done, 20));
  });
}

const NETWORK = "type.googleapis.com/envoy.extensions.filters.network";
const TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
const LOG = `access_log:
  - name: file
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
      path: "{{dir}}/access.log"
      log_format: { text_format_source: { inline_string: "{{name}} %RESPONSE_FLAGS% rx=%BYTES_RECEIVED% tx=%BYTES_SENT% down=%DOWNSTREAM_DETECTED_CLOSE_TYPE%/%DOWNSTREAM_LOCAL_CLOSE_REASON% up=%UPSTREAM_DETECTED_CLOSE_TYPE%/%UPSTREAM_LOCAL_CLOSE_REASON% %CONNECTION_TERMINATION_DETAILS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\\n" } }`;

const listener = (name: string, fields: string): string =>
  tlsListener(
    name,
    `common_tls_context: { tls_certificates: [${tlsCertificate(server)}] }`,
    `- name: tcp
  typed_config:
    "@type": ${NETWORK}.tcp_proxy.v3.TcpProxy
    stat_prefix: ${name}
${indent(`${fields}\n${LOG.replace("{{name}}", name)}`, 4)}`,
  );

/** Over plain TCP or, where the other side begins with TLS, over that. */
function eitherWay(serve: (socket: Socket) => void): (socket: Socket) => void {
  return (raw) => {
    raw.once("readable", () => {
      const first: unknown = raw.read();
      if (!(first instanceof Buffer)) {
        serve(raw);
        return;
      }
      raw.unshift(first);
      if (first[0] !== HANDSHAKE) {
        serve(raw);
        return;
      }
      const secureContext = createSecureContext({ cert: server.certificate, key: server.key });
      const socket = new TLSSocket(raw, {
        isServer: true,
        secureContext,
        allowHalfOpen: true,
      } as ConstructorParameters<typeof TLSSocket>[1]);
      socket.on("error", () => {});
      socket.resetAndDestroy = () => {
        raw.resetAndDestroy();
        return socket;
      };
      serve(socket);
    });
  };
}

const upstreamSaw: string[] = [];

const SESSIONS: readonly (readonly [listener: string, what: string, Wish])[] = [
  ["main", "echo", { send: "echo\nabc", end: true }],
  ["both", "the upstream ends first", { send: "bye\n", afterwards: "end" }],
  ["both", "the upstream closes", { send: "close\n" }],
  ["main", "the client ends by TLS", { send: "hello\n", afterwards: "end" }],
  ["idle", "idle", { send: "echo\nx" }],
  ["short", "duration", { send: "echo\nx" }],
];

async function observe({ proxy }: Target): Promise<unknown> {
  upstreamSaw.length = 0;
  const seen: Record<string, unknown> = {};
  for (const [name, what, wish] of SESSIONS) {
    const between = await relay(await proxy.listenerPort(name));
    const received = await talk(between.port, wish);
    await wait(100);
    between.close();
    await wait(30);
    seen[`${name}: ${what}`] = { received, ends: [...between.ends].sort(), upstream: upstreamSaw.splice(0) };
  }
  return seen;
}

export const TLS_END_CASES: readonly ConformanceCase[] = [
  {
    title: "how TLS sessions of a TCP proxy end, on either side",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(
  [
    listener("main", "cluster: one"),
    listener("both", "cluster: secure"),
    listener("idle", "cluster: one\nidle_timeout: 0.3s"),
    listener("short", "cluster: one\nmax_downstream_connection_duration: 0.3s"),
  ].join(""),
  4,
)}
  clusters:
${indent(
  staticCluster("one", ["{{tcp}}"]) +
    staticCluster(
      "secure",
      ["{{tcp}}"],
      `transport_socket: { name: tls, typed_config: { "@type": ${TLS}.UpstreamTlsContext } }`,
    ),
  4,
)}
`,
    tcp: eitherWay(scriptedTcp((what) => upstreamSaw.push(what))),
    observe,
    accessLog: { file: "access.log", lines: SESSIONS.length },
  },
];
