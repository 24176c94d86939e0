import { type RawConnection, requestBytes, waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";

const LOG = `access_log: ${fileLog("%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_REQUEST_ATTEMPT_COUNT%")}`;
/** So long that no retry comes out of it during a case, but for one in some ten thousand. */
const LONG = "retry_back_off: { base_interval: 10000s, max_interval: 10000s }";
const PROMPT = "retry_back_off: { base_interval: 0.001s }";
const policy = (backOff: string, retries = 2): string =>
  `retry_policy: { retry_on: 5xx, num_retries: ${retries}, ${backOff} }`;
const breakers = (retries: number): string =>
  `circuit_breakers: { thresholds: [{ max_retries: ${retries}, track_remaining: true }] }`;

/** Requests that are under way beside one another, each on a connection of its own. */
class Asked {
  private readonly target: Target;
  private readonly clients = new Map<string, RawConnection>();

  constructor(target: Target) {
    this.target = target;
  }

  /** Resolves when the upstream has seen so many tries of it. */
  async begin(path: string, tries: number): Promise<void> {
    const client = await this.target.connect();
    this.clients.set(path, client);
    client.write(requestBytes({ path, headers: [["host", "example.test"]] }));
    await this.tried(path, tries);
  }
  async tried(path: string, tries: number): Promise<void> {
    const { upstream } = this.target;
    await waitFor(
      `try ${tries} of ${path}`,
      () => upstream.requests.filter((request) => request.target === path).length === tries,
    );
  }
  async statusOf(path: string): Promise<number | undefined> {
    const response = await this.clients.get(path)?.response();
    return response?.status;
  }
  leave(path: string): void {
    this.clients.get(path)?.destroy();
  }
}

async function remaining(target: Target, cluster: string, count: number): Promise<void> {
  const name = `cluster.${cluster}.circuit_breakers.default.remaining_retries`;
  await waitFor(`${count} retries left`, async () => (await target.proxy.stats(name)).get(name) === count);
}

const PAUSED = ["/p1", "/p2", "/p3", "/p4", "/p5", "/p6"];

export const RETRY_LIMIT_CASES: readonly ConformanceCase[] = [
  {
    title: "a retry counts against max_retries from its decision, through its pause, to its response's head",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: /pause }, route: { cluster: two-at-once, timeout: 0s, ${policy(LONG)} } }
- { match: { prefix: / }, route: { cluster: two-at-once, timeout: 0s, ${policy(PROMPT)} } }`,
      clusters: staticCluster("two-at-once", ["{{upstream}}"], breakers(2)),
    }),
    observe: async (target) => {
      const retried = new Map(["/a", "/b", "/d"].map((path) => [path, Promise.withResolvers<void>()]));
      const tries = new Map<string, number>();
      target.upstream.reply(({ target: path }) => {
        const at = (tries.get(path) ?? 0) + 1;
        tries.set(path, at);
        const wait = at === 2 ? retried.get(path)?.promise : undefined;
        const after = wait === undefined ? {} : { after: wait };
        if (at === 1 || path === "/b") return { status: 503, ...after };
        // A response that does not end.
        return { ...after, raw: "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf" };
      });
      const asked = new Asked(target);
      const refused: Record<string, number | undefined> = {};
      const refuse = async (path: string): Promise<void> => {
        await asked.begin(path, 1);
        refused[path] = await asked.statusOf(path);
      };
      await asked.begin("/a", 2);
      await asked.begin("/b", 2);
      await refuse("/two-are-tried-again");
      retried.get("/a")?.resolve();
      await remaining(target, "two-at-once", 1);
      await asked.begin("/d", 2);
      await refuse("/one-has-its-head");
      retried.get("/b")?.resolve();
      await asked.tried("/b", 3);
      refused["/b"] = await asked.statusOf("/b");
      await remaining(target, "two-at-once", 1);
      await asked.begin("/pause", 1);
      await remaining(target, "two-at-once", 0);
      await refuse("/one-pauses");
      asked.leave("/d");
      await remaining(target, "two-at-once", 1);
      asked.leave("/pause");
      await remaining(target, "two-at-once", 2);
      asked.leave("/a");
      return refused;
    },
    ignoreUpstream: true,
    stats: ["", "_success", "_overflow", "_limit_exceeded"].map(
      (name) => `cluster.two-at-once.upstream_rq_retry${name}`,
    ),
    accessLog: { file: "access.log", lines: 7 },
  },
  {
    title: "of requests at once that find nobody as many are retried as max_retries lets",
    yaml: httpBootstrap({
      hcm: LOG,
      routes: `- { match: { prefix: / }, route: { cluster: dead-for-long, timeout: 1s, ${policy(LONG)} } }`,
      clusters: staticCluster("dead-for-long", ["{{dead}}"], breakers(4)),
    }),
    observe: async (target) => {
      const codes = await Promise.all(PAUSED.map(async (path) => (await target.send({ path })).status));
      return codes.sort();
    },
    stats: ["", "_overflow"].map((name) => `cluster.dead-for-long.upstream_rq_retry${name}`),
  },
  {
    title: "the longest pause ahead of a retry doubles from one to the next",
    yaml: httpBootstrap({
      routes: `- { match: { prefix: / }, route: { cluster: many, ${policy("retry_back_off: { base_interval: 0.4s, max_interval: 100s }")} } }`,
      clusters: staticCluster("many", ["{{upstream}}"], breakers(100)),
    }),
    ignoreUpstream: true,
    observe: async (target) => {
      const arrivals = new Map<string, number[]>();
      target.upstream.reply(({ target: path }) => {
        const times = arrivals.get(path) ?? [];
        arrivals.set(path, times);
        times.push(performance.now());
        return { status: 503 };
      });
      const paths = Array.from({ length: 40 }, (_, at) => `/${at}`);
      await Promise.all(paths.map((path) => target.send({ path })));
      // 40 that may take up to 400 ms, and as many up to 800; some ms are the machine's.
      const pauses = (retry: number): number[] =>
        [...arrivals.values()].map((times) => (times[retry] ?? 0) - (times[retry - 1] ?? 0));
      return [1, 2].map((retry) => {
        const longest = Math.max(...pauses(retry));
        return { isSomePause: longest > 200 * retry, isBelowCeiling: longest < 400 * retry + 200 };
      });
    },
  },
];
