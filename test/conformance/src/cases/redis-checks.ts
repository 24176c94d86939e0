import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { waitFor } from "@sluice/harness";
import { endpoint, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase } from "../conformance-case.ts";

const REDIS = "type.googleapis.com/envoy.extensions.health_checkers.redis.v3.Redis";
const COUNTS = [
  ...["health_check.attempt", "health_check.success", "health_check.failure", "health_check.network_failure"],
  ...["health_check.healthy", "upstream_cx_total", "upstream_cx_active", "upstream_cx_connect_fail"],
  ...["upstream_cx_protocol_error", "upstream_rq_total", "upstream_rq_active", "membership_healthy"],
];

const OFTEN =
  "timeout: 1s, interval: 0.03s, no_traffic_interval: 0.03s, unhealthy_threshold: 1, healthy_threshold: 1";
/** The first check decides; none follows in time. */
const ONCE = "timeout: 1s, interval: 60s, unhealthy_threshold: 1, healthy_threshold: 1";

function checked(name: string, key: string, times = ONCE): string {
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 0.5s
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${endpoint("{{tcp}}")}] }] }
  health_checks: [{ ${times}, custom_health_check: { name: envoy.health_checkers.redis, typed_config: { "@type": ${REDIS}${key === "" ? "" : `, key: "${key}"`} } } }]`;
}

/** Answers to EXISTS, in the pieces that they come in. */
const REPLIES: Readonly<Record<string, readonly string[]>> = {
  absent: [":0\r\n"],
  exists: [":1\r\n"],
  moved: ["-MOVED 1234 127.0.0.1:6379\r\n"],
  loading: ["-LOADING Redis is loading the dataset in memory\r\n"],
  ask: ["-ASK 1234 127.0.0.1:6379\r\n"],
  short: ["-MOVED 1234\r\n"],
  down: ["-CLUSTERDOWN Hash slot not served\r\n"],
  text: ["+0\r\n"],
  pieces: [":", "0", "\r", "\n"],
  bulk: ["$1\r\n0\r\n"],
  negative: [":-0\r\n"],
  nothing: ["$-1\r\n"],
  array: ["*2\r\n:0\r\n", "$2\r\nab\r\n"],
  command: ["hello\r\n"],
  letters: [":x\r\n"],
  closed: [],
  "absent again": [":0\r\n"],
};

/** Which of them comes now. */
const exists = { reply: "absent" };
/** What comes in answer to PING now. */
const ping = { reply: "+PONG\r\n" };
let connections = 0;

function redis(socket: Socket): void {
  connections++;
  let received = "";
  socket.on("end", () => socket.end());
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    if (received === "*1\r\n$4\r\nPING\r\n") {
      received = "";
      socket.write(ping.reply);
      return;
    }
    if (received !== "*2\r\n$6\r\nEXISTS\r\n$8\r\nto spare\r\n") return;
    received = "";
    const { reply } = exists;
    if (reply === "closed") socket.destroy();
    void (async () => {
      for (const piece of REPLIES[reply] ?? []) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
  });
}

export const REDIS_CHECK_CASES: readonly ConformanceCase[] = [
  {
    // One key alone: Envoy asks every host for the key of the check that it made first.
    title: "a Redis host is healthy where it does not have the key, or leads elsewhere",
    tcp: redis,
    yaml: httpBootstrap({ clusters: checked("checked", "to spare", OFTEN) }),
    observe: async (target) => {
      const counts = async (): Promise<readonly number[]> => {
        const stats = await target.proxy.stats("cluster.checked");
        return ["health_check.attempt", "health_check.network_failure", "upstream_cx_protocol_error"].map(
          (name) => stats.get(`cluster.checked.${name}`) ?? 0,
        );
      };
      const seen: Record<string, string> = {};
      for (const reply of Object.keys(REPLIES)) {
        exists.reply = reply;
        const [attempts = 0] = await counts();
        // The one that was under way does not count.
        await waitFor(
          `checks that are answered by ${reply}`,
          async () => ((await counts())[0] ?? 0) >= attempts + 3,
        );
        const before = await counts();
        await waitFor("another check", async () => ((await counts())[0] ?? 0) >= (before[0] ?? 0) + 2);
        const after = await counts();
        const text = await target.proxy.admin("/clusters");
        const flags = /^checked::[^:]*:\d+::health_flags::(.*)$/m.exec(text)?.[1];
        const grew = (index: number): boolean => (after[index] ?? 0) > (before[index] ?? 0);
        seen[reply] = `${flags}${grew(1) ? ", of the network" : ""}${grew(2) ? ", of the protocol" : ""}`;
      }
      return seen;
    },
  },
  {
    title: "connections of Redis checks count as the cluster's own",
    tcp: redis,
    yaml: httpBootstrap({
      clusters: checked("answers", "") + checked("refuses", "").replace("{{tcp}}", "{{dead}}"),
    }),
    observe: async ({ proxy }) => {
      ping.reply = "+PONG\r\n";
      await waitFor("the first checks", async () => {
        const stats = await proxy.stats("health_check");
        return ["answers.health_check.success", "refuses.health_check.failure"].every(
          (name) => (stats.get(`cluster.${name}`) ?? 0) > 0,
        );
      });
      return null;
    },
    stats: ["answers", "refuses"].flatMap((name) => COUNTS.map((count) => `cluster.${name}.${count}`)),
  },
  {
    title: "a Redis host is asked by PING again and again, over one connection or one each",
    tcp: redis,
    yaml: httpBootstrap({
      clusters: ["kept", "anew"]
        .map((name) =>
          checked(
            name,
            "",
            `timeout: 1s, interval: 0.05s, no_traffic_interval: 30s, unhealthy_threshold: 2, healthy_threshold: 2, reuse_connection: ${name === "kept"}, event_log_path: "{{dir}}/${name}.log"`,
          ),
        )
        .join(""),
    }),
    observe: async (target) => {
      const until = async (name: string, healthy: number) =>
        await waitFor(`${name} to be ${healthy === 1 ? "healthy" : "unhealthy"}`, async () => {
          const stats = await target.proxy.stats(name);
          return stats.get(`cluster.${name}.health_check.healthy`) === healthy;
        });
      connections = 0;
      ping.reply = "+PONG\r\n";
      for (const name of ["kept", "anew"]) await until(name, 1);
      const replies: string[] = [];
      for (const reply of ["+pong\r\n", "$4\r\nPONG\r\n", "-ERR unknown\r\n", ":0\r\n"]) {
        ping.reply = reply;
        for (const name of ["kept", "anew"]) await until(name, 0);
        ping.reply = "+PONG\r\n";
        for (const name of ["kept", "anew"]) await until(name, 1);
        replies.push(reply);
      }
      const stats = await target.proxy.stats("upstream_cx_total");
      let events: string[] = [];
      await waitFor("the events", () => {
        events = readFileSync(join(target.proxy.dir, "kept.log"), "utf8").trim().split("\n");
        return events.length >= 9;
      });
      return {
        events: events.map((line) => {
          const {
            timestamp: _timestamp,
            host: _host,
            ...event
          } = JSON.parse(line) as Record<string, unknown>;
          return event;
        }),
        replies,
        kept: stats.get("cluster.kept.upstream_cx_total"),
        anew: (stats.get("cluster.anew.upstream_cx_total") ?? 0) > 10,
        many: connections > 10,
      };
    },
  },
];
