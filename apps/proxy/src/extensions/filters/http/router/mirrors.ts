import { keepRead } from "../../../../connection/read-memory.ts";
import type { Headers } from "../../../../http/header-map.ts";
import { applyHeaderEdits } from "../../../../route/header-edits.ts";
import { type MirrorPolicy, mirrorCluster } from "../../../../route/mirror-policy.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import { MirrorStream } from "./mirror-stream.ts";

/** The copies of one request (`request_mirror_policies`). Nothing of them is told to the client. */
export class Mirrors {
  private readonly streams: readonly MirrorStream[];

  private constructor(streams: readonly MirrorStream[]) {
    this.streams = streams;
  }

  /** After the route has changed the request's head; `undefined` when it is not copied. */
  static start(init: ExchangeInit, timeoutMs: number): Mirrors | undefined {
    const { config, stream, headers, headersOnly } = init;
    const policies = init.cluster.info.policies?.mirrors ?? init.forward.mirrors;
    if (policies.length === 0 || headers.get(":method") === "CONNECT") return undefined;
    const { random, runtime, clusters } = config.worker;
    const streams: MirrorStream[] = [];
    for (const policy of policies) {
      if (policy.fraction?.matches(headers, random.uint32(), { runtime }) === false) continue;
      const cluster = clusters.get(mirrorCluster(policy, headers));
      if (cluster === undefined) continue;
      const copy = headers.clone();
      applyHeaderEdits(policy.edits, copy, stream);
      setShadowHost(policy, copy);
      config.copies.inc();
      streams.push(new MirrorStream(init, cluster, copy, timeoutMs, policy.traceSampled));
    }
    if (streams.length === 0) return undefined;
    for (const one of streams) one.start(headersOnly);
    return new Mirrors(streams);
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    keepRead();
    for (const one of this.streams) one.data(chunk, endStream);
  }

  trailers(trailers: Headers): void {
    for (const one of this.streams) one.requestTrailers(trailers.clone());
  }

  /** The request is over: copies that are not whole are given up, the others go on by themselves. */
  destroy(): void {
    for (const one of this.streams) one.onRequestGone();
  }
}

/** `example.com:443` → `example.com-shadow:443`. */
function setShadowHost(policy: MirrorPolicy, headers: Headers): void {
  const host = policy.hostLiteral !== "" ? policy.hostLiteral : (headers.get(":authority") ?? "");
  if (!policy.hostSuffix || policy.hostLiteral !== "") {
    headers.set(":authority", host);
    return;
  }
  const at = host.search(/:\d+$/);
  headers.set(":authority", at < 0 ? `${host}-shadow` : `${host.slice(0, at)}-shadow${host.slice(at)}`);
}
