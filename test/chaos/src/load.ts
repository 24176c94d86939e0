import { setTimeout as delay } from "node:timers/promises";
import type { ChaosUpstream, UpstreamKind } from "./chaos-upstream.ts";
import { HTTP_CLUSTERS, isHttp2Extra } from "./configuration.ts";
import type { Disturbances } from "./disturbances.ts";
import { echo } from "./echo-client.ts";
import { type Answer, type Exchange, Http1Client } from "./http1-client.ts";
import { Http2Client } from "./http2-client.ts";
import type { Outcomes } from "./outcomes.ts";
import { digestOf, payload } from "./payload.ts";

/** Exchanges that last longer may be cut by the drain of a changed listener. */
export const DRAIN_MS = 10_000;
const REPEATS_MAX = 3;

/** What the load may use now. */
export interface Scene {
  readonly ports: Readonly<Record<"plain" | "clear2" | "tls" | "tcp", number>>;
  /** Clusters that come and go, in force now. */
  readonly extraClusters: ReadonlySet<number>;
  /** Port by number of the listeners that come and go, in service now. */
  readonly extraListeners: ReadonlyMap<number, number>;
}

type Wire = "plain" | "clear2" | "tls1" | "tls2";
const WIRES: readonly [Wire, ...Wire[]] = ["plain", "plain", "clear2", "tls1", "tls2"];

/** Clients that do all sorts of things until told to stop, and judge what they get. */
export class Load {
  readonly #scene: Scene;
  readonly #outcomes: Outcomes;
  readonly #disturbances: Disturbances;
  readonly #upstreams: readonly ChaosUpstream[];
  readonly #http1 = new Http1Client();
  readonly #http2 = new Http2Client();
  #running = false;
  #next = 1;
  #clients: Promise<void>[] = [];

  constructor(
    scene: Scene,
    outcomes: Outcomes,
    disturbances: Disturbances,
    upstreams: readonly ChaosUpstream[],
  ) {
    this.#scene = scene;
    this.#outcomes = outcomes;
    this.#disturbances = disturbances;
    this.#upstreams = upstreams;
  }

  start(clients: number): void {
    if (this.#running) throw new Error("the load runs already");
    this.#running = true;
    this.#clients = Array.from({ length: clients }, () => this.#client());
  }

  /** Until `start`; ends what is under way. */
  async pause(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
  }

  async stop(): Promise<void> {
    await this.pause();
    this.#http1.close();
    this.#http2.close();
  }

  async #client(): Promise<void> {
    while (this.#running) {
      const dice = Math.random() * 100;
      if (dice < 35) await this.#small("get");
      else if (dice < 55) await this.#small("post");
      else if (dice < 62) await this.#bulk("download");
      else if (dice < 69) await this.#bulk("upload");
      else if (dice < 71) await this.#bulk("slow");
      else if (dice < 77) await this.#abort();
      else if (dice < 83) await this.#extraCluster();
      else if (dice < 88) await this.#extraListener();
      else if (dice < 94) await this.#echo("tcp");
      else if (dice < 98) await this.#echo("tunnel");
      else await this.#direct();
      await delay(Math.random() * 30);
    }
  }

  /** Requests whose failures retries must hide. */
  async #small(method: "get" | "post"): Promise<void> {
    const wire = oneOf(WIRES);
    const cluster = oneOf(HTTP_CLUSTERS);
    const bytes = Math.floor(Math.random() * 16_000);
    await this.#judged(`${cluster} ${wire} ${method}`, wire, method, cluster, bytes, false);
  }

  /** Bodies too large to be kept for a retry: they may break, but must never be mistaken for whole ones. */
  async #bulk(what: "download" | "upload" | "slow"): Promise<void> {
    const wire = oneOf(WIRES);
    const cluster = oneOf(HTTP_CLUSTERS);
    const bytes = 200_000 + Math.floor(Math.random() * 300_000);
    const more = what === "slow" ? { pauseMs: 60 } : {};
    const method = what === "upload" ? "post" : "get";
    await this.#judged(`${cluster} ${wire} ${what}`, wire, method, cluster, bytes, true, more);
  }

  async #judged(
    kind: string,
    wire: Wire,
    method: "get" | "post",
    cluster: string,
    bytes: number,
    mayBreak: boolean,
    more: Partial<Exchange> = {},
  ): Promise<void> {
    const startedAt = performance.now();
    const { id, answer, expected } = await this.#ask(wire, method, cluster, bytes, more);
    const problem = verdict(answer, method, expected);
    if (problem === "") {
      this.#outcomes.count(kind);
      return;
    }
    const group: UpstreamKind = cluster === "two" ? "http2" : "http1";
    const visible = answer.error !== "" || answer.status >= 500;
    const cut = this.#upstreams.some((upstream) => upstream.cut.has(id));
    const drained = mayBreak && performance.now() - startedAt > DRAIN_MS * 0.8;
    if (
      visible &&
      ((answer.error !== "" && cut) || drained || (mayBreak && this.#disturbances.since(group, startedAt)))
    )
      return this.#outcomes.count(`${kind}: broke with its upstream`);
    this.#outcomes.fail(kind, id, problem, startedAt);
  }

  async #ask(
    wire: Wire,
    method: "get" | "post",
    route: string,
    bytes: number,
    more: Partial<Exchange> = {},
  ): Promise<{ id: string; answer: Answer; expected: string }> {
    const seed = this.#next++;
    const body = payload(seed, bytes);
    const expected = digestOf(body);
    const id = `c${seed}`;
    const tlsName = oneOf(["changing.test", "steady.test"]);
    const exchange: Exchange = {
      port:
        wire === "plain"
          ? this.#scene.ports.plain
          : wire === "clear2"
            ? this.#scene.ports.clear2
            : this.#scene.ports.tls,
      path: method === "get" ? `/${route}/bytes/${seed}/${bytes}` : `/${route}/digest`,
      id,
      ...(method === "get" ? {} : { body }),
      ...(wire === "tls1" || wire === "tls2" ? { tlsName } : {}),
      ...(Math.random() < 0.2
        ? { headers: { "x-chaos-delay": String(Math.floor(Math.random() * 400)) } }
        : {}),
      ...more,
    };
    const client = wire === "clear2" || wire === "tls2" ? this.#http2 : this.#http1;
    let answer = await client.ask(exchange);
    for (let repeat = 0; answer.unprocessed && repeat < REPEATS_MAX; repeat++) {
      this.#outcomes.count(`repeated after ${answer.error}`);
      answer = await client.ask(exchange);
    }
    return { id, answer, expected };
  }

  async #abort(): Promise<void> {
    const method = oneOf(["get", "post"] as const);
    const large = Math.random() < 0.5 ? 400_000 : 100;
    await this.#ask(oneOf(WIRES), method, oneOf(HTTP_CLUSTERS), large, {
      abortAfterMs: Math.random() * 40,
      headers: { "x-chaos-delay": String(Math.floor(Math.random() * 60)) },
    });
    this.#outcomes.count("aborted");
  }

  async #extraCluster(): Promise<void> {
    const number = oneOf([...this.#scene.extraClusters]);
    if (number === undefined) return;
    const startedAt = performance.now();
    const { id, answer, expected } = await this.#ask(oneOf(WIRES), "get", `extra-${number}`, 2_000);
    const problem = verdict(answer, "get", expected);
    const cut = answer.error !== "" && this.#upstreams.some((upstream) => upstream.cut.has(id));
    // Without its cluster a request that an ailing upstream failed has nowhere to be tried again, here as in Envoy.
    const group: UpstreamKind = isHttp2Extra(number) ? "http2" : "http1";
    const orphaned = answer.status === 503 && this.#disturbances.since(group, startedAt);
    const gone = (answer.status === 404 || orphaned) && !this.#scene.extraClusters.has(number);
    if (problem === "" || cut || gone)
      this.#outcomes.count(`extra cluster${gone ? ": gone" : cut ? ": cut" : ""}`);
    else this.#outcomes.fail(`extra cluster ${number}`, id, problem, startedAt);
  }

  async #extraListener(): Promise<void> {
    const number = oneOf([...this.#scene.extraListeners.keys()]);
    const port = number === undefined ? undefined : this.#scene.extraListeners.get(number);
    if (number === undefined || port === undefined) return;
    const startedAt = performance.now();
    const { id, answer, expected } = await this.#ask("plain", "get", "least", 2_000, { port });
    const problem = verdict(answer, "get", expected);
    const cut = answer.error !== "" && this.#upstreams.some((upstream) => upstream.cut.has(id));
    const gone = answer.status === 0 && this.#scene.extraListeners.get(number) !== port;
    if (problem === "" || cut || gone)
      this.#outcomes.count(`extra listener${gone ? ": gone" : cut ? ": cut" : ""}`);
    else this.#outcomes.fail(`extra listener ${number}`, id, problem, startedAt);
  }

  async #echo(what: "tcp" | "tunnel"): Promise<void> {
    const startedAt = performance.now();
    const seed = this.#next++;
    const id = `c${seed}`;
    const problem = await echo({
      port: this.#scene.ports[what === "tcp" ? "tcp" : "plain"],
      seed,
      pieces: 1 + Math.floor(Math.random() * 8),
      pieceBytes: 1 + Math.floor(Math.random() * 40_000),
      pauseMs: Math.random() * 80,
      ...(what === "tcp"
        ? {}
        : {
            upgrade: `GET /tunnel/ HTTP/1.1\r\nhost: chaos.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nx-chaos-id: ${id}\r\n\r\n`,
          }),
    });
    if (problem === "") return this.#outcomes.count(what);
    const broke =
      this.#disturbances.since(what === "tcp" ? "tcp" : "http1", startedAt) ||
      performance.now() - startedAt > DRAIN_MS * 0.8;
    if (broke && !/wrong bytes|nothing for/.test(problem))
      return this.#outcomes.count(`${what}: broke with its upstream`);
    this.#outcomes.fail(what, id, problem, startedAt);
  }

  async #direct(): Promise<void> {
    const startedAt = performance.now();
    const { id, answer } = await this.#ask(oneOf(WIRES), "get", "", 1, { path: "/direct" });
    if (answer.status === 200 && answer.error === "" && answer.digest === digestOf(Buffer.from("direct")))
      this.#outcomes.count("direct");
    else this.#outcomes.fail("direct", id, `${answer.status} ${answer.error}`, startedAt);
  }
}

/** What is wrong with an answer; "" when nothing is. A POST's answer tells the digest of what the upstream got. */
function verdict(answer: Answer, method: "get" | "post", expected: string): string {
  if (answer.error !== "") return `status ${answer.status}, ${answer.error}`;
  if (answer.status !== 200) return `status ${answer.status} ${JSON.stringify(answer.headers)}`;
  const wanted = method === "get" ? expected : digestOf(Buffer.from(expected));
  return answer.digest === wanted ? "" : `digest ${answer.digest} instead of ${wanted}`;
}

function oneOf<T>(list: readonly [T, ...T[]]): T;
function oneOf<T>(list: readonly T[]): T | undefined;
function oneOf<T>(list: readonly T[]): T | undefined {
  return list[Math.floor(Math.random() * list.length)];
}
