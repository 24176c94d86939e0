import { setTimeout as wait } from "node:timers/promises";
import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { discovered, fileSource, replaceFile, untilStat } from "../xds-files.ts";

const TYPE = "envoy.config.endpoint.v3.ClusterLoadAssignment";

function assignment(version: string, groups: readonly string[]): string {
  return discovered(version, TYPE, [`cluster_name: moved, endpoints: [${groups.join(", ")}]`]);
}

function group(zone: string, priority: number, hosts: readonly string[]): string {
  return `{ locality: { zone: ${zone} }, priority: ${priority}, lb_endpoints: [${hosts.join(", ")}] }`;
}

function host(port: number, within = "", more = ""): string {
  return `{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }${within} }${more} }`;
}

const LINES = /^moved::127\.0\.0\.1:(\d+)::(cx_total|hostname|health_flags|weight|zone|priority)::(.*)$/gm;

/** What `/clusters` says of the hosts, in its order. */
async function hosts(target: Target): Promise<readonly string[]> {
  const text = await target.proxy.admin("/clusters");
  const found = new Map<string, string[]>();
  for (const [, port = "", what = "", value = ""] of text.matchAll(LINES)) {
    const name = Number(port) === target.upstream.port ? "one" : "two";
    found.set(name, [...(found.get(name) ?? []), `${what}=${value}`]);
  }
  return [...found].map(([name, facts]) => `${name} ${facts.join(" ")}`);
}

/** Updates `moved`, and waits until it is in force. */
function updater({ proxy }: Target): (groups: readonly string[]) => Promise<void> {
  let version = 1;
  return async (groups) => {
    version++;
    await replaceFile(proxy, "eds.yaml", assignment(String(version), groups));
    await untilStat(proxy, "cluster.moved.update_success", version);
  };
}

interface Walk {
  /** What was seen after each step. */
  readonly seen: unknown[];
  /** Updates `moved`, unless `groups` is undefined, and looks. */
  step(what: string, groups: readonly string[] | undefined, look: () => Promise<unknown>): Promise<void>;
}

function walk(target: Target): Walk {
  const update = updater(target);
  const seen: unknown[] = [];
  return {
    seen,
    step: async (what, groups, look) => {
      if (groups !== undefined) await update(groups);
      seen.push([what, await look(), await membership(target)]);
    },
  };
}

async function settled(what: string, condition: () => Promise<boolean>): Promise<void> {
  // A difference is for the comparison to tell.
  await waitFor(what, condition, { deadlineMs: 3_000, intervalMs: 20 }).catch(() => {});
}

async function membership(target: Target): Promise<unknown> {
  const stats = await target.proxy.stats("cluster.moved.membership");
  return [...stats].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name.slice(14)}=${value}`);
}

function bootstrap(more: string): string {
  return httpBootstrap({
    routes: `- { match: { prefix: / }, route: { cluster: moved, auto_host_rewrite: true } }`,
    clusters: `
- name: moved
  type: EDS
  connect_timeout: 1s
  common_lb_config: { update_merge_window: 0s, healthy_panic_threshold: { value: 0 } }
  eds_cluster_config: { eds_config: ${fileSource("eds.yaml")} }
  ${more}`,
  });
}

const FIRST = {
  "eds.yaml": discovered("1", TYPE, [
    `cluster_name: moved, endpoints: [{ locality: { zone: a }, priority: 0, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream}} } } } }] }, { locality: { zone: a }, priority: 1, lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: {{upstream2}} } } } }] }]`,
  ]),
};

const CHECK =
  "health_checks: [{ timeout: 1s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /hc } }]";

const HASHING = ["ring", "maglev", "bounded"];

/** Hosts by the last part of their address, with their weights; in two localities, odd and even. */
function hashed(version: string, hosts: readonly (readonly [number, number, string?])[]): string {
  const groups = [0, 1].map((rest) => {
    const inside = hosts.filter(([last]) => last % 2 === rest);
    const listed = inside.map(
      ([last, weight, health = "UNKNOWN"]) =>
        `{ endpoint: { address: { socket_address: { address: 127.0.0.${last}, port_value: 1 } } }, load_balancing_weight: ${weight}, health_status: ${health} }`,
    );
    return `{ locality: { zone: z${rest} }, load_balancing_weight: ${rest + 1}, lb_endpoints: [${listed.join(", ")}] }`;
  });
  return discovered(version, TYPE, [`cluster_name: hashed, endpoints: [${groups.join(", ")}]`]);
}

export const ENDPOINT_UPDATE_CASES: readonly ConformanceCase[] = [
  {
    title: "endpoints move between priorities and localities, and change their names and order",
    yaml: bootstrap(""),
    files: FIRST,
    ignoreUpstream: true,
    observe: async (target) => {
      const one = target.upstream.port;
      const two = target.upstream2.port;
      const { seen, step: to } = walk(target);
      // Where two hosts may be chosen none is asked: the first turn is drawn.
      const step = (what: string, groups: readonly string[] | undefined, asks = false): Promise<void> =>
        to(what, groups, async () => [
          asks ? (await target.send({ path: "/" })).body : "",
          await hosts(target),
        ]);
      await step("first", undefined, true);
      await step("the same again", [group("a", 0, [host(one)]), group("a", 1, [host(two)])], true);
      await step("another zone", [group("b", 0, [host(one)]), group("a", 1, [host(two)])], true);
      await step("priorities exchanged", [group("b", 1, [host(one)]), group("a", 0, [host(two)])], true);
      await step("one priority", [group("b", 0, [host(one), host(two)])]);
      await step("another order", [group("b", 0, [host(two), host(one)])]);
      await step("a name", [group("b", 0, [host(two), host(one, ", hostname: one.test")])]);
      await step("another name", [group("b", 0, [host(two), host(one, ", hostname: uno.test")])]);
      const weighty = host(one, ", hostname: uno.test", ", load_balancing_weight: 3");
      await step("a weight", [group("b", 0, [host(two), weighty])]);
      const labelled = host(
        one,
        ", hostname: uno.test",
        ", load_balancing_weight: 3, metadata: { filter_metadata: { envoy.lb: { canary: true } } }",
      );
      await step("metadata", [group("b", 0, [host(two), labelled])]);
      await step("a health of its own", [
        group("b", 0, [host(two, "", ", health_status: DRAINING"), labelled]),
      ]);
      await step("gone", [group("b", 0, [host(two)])], true);
      await step("back, twice", [group("b", 0, [host(two), host(one)]), group("c", 0, [host(one)])]);
      await step("none", []);
      return seen;
    },
    stats: [
      "cluster.moved.max_host_weight",
      "cluster.moved.update_no_rebuild",
      "cluster.moved.upstream_cx_total",
    ],
  },
  {
    title: "endpoints under health checks come, change and go",
    yaml: bootstrap(CHECK),
    files: FIRST,
    ignoreUpstream: true,
    observe: async (target) => {
      const one = target.upstream.port;
      const two = target.upstream2.port;
      let status = 200;
      target.upstream.reply(({ target: path }) => (path === "/hc" ? { status } : { body: "one" }));
      const { seen, step: to } = walk(target);
      const step = (
        what: string,
        groups: readonly string[] | undefined,
        wanted: (lines: readonly string[]) => boolean,
      ): Promise<void> =>
        to(what, groups, async () => {
          let lines: readonly string[] = [];
          await settled(what, async () => {
            lines = (await hosts(target)).map((line) => line.replace(/cx_total=\d+ /, ""));
            return wanted(lines);
          });
          return lines;
        });
      const well = (name: string) => (lines: readonly string[]) =>
        lines.some((line) => line.startsWith(name) && line.includes("health_flags=healthy"));
      const unwell = (name: string, flags: string) => (lines: readonly string[]) =>
        lines.some((line) => line.startsWith(name) && line.includes(`health_flags=${flags} `));
      const absent = (name: string) => (lines: readonly string[]) =>
        !lines.some((line) => line.startsWith(name));
      const other = group("a", 1, [host(two)]);
      await step("first", undefined, well("one"));
      await step("another zone", [group("b", 0, [host(one)]), other], well("one"));
      await step(
        "not checked",
        [group("b", 0, [host(one, ", health_check_config: { disable_active_health_check: true }")]), other],
        well("one"),
      );
      status = 500;
      await step("sick, unchecked", undefined, well("one"));
      await step("checked again", [group("b", 0, [host(one)]), other], unwell("one", "/failed_active_hc"));
      await step(
        "another zone, sick",
        [group("c", 0, [host(one)]), other],
        unwell("one", "/failed_active_hc"),
      );
      await step(
        "not checked, sick",
        [group("c", 0, [host(one, ", health_check_config: { disable_active_health_check: true }")]), other],
        well("one"),
      );
      await step(
        "checked again, sick",
        [group("c", 0, [host(one)]), other],
        unwell("one", "/failed_active_hc"),
      );
      status = 200;
      await step("well again", undefined, well("one"));
      await step("removed", [other], unwell("one", "/pending_dynamic_removal"));
      await step("back", [group("c", 0, [host(one)]), other], well("one"));
      await step("removed again", [other], unwell("one", "/pending_dynamic_removal"));
      status = 500;
      await step("removed and sick", undefined, absent("one"));
      status = 200;
      await step("back again", [group("c", 0, [host(one)]), other], well("one"));
      await step(
        "called unhealthy",
        [group("c", 0, [host(one, "", ", health_status: UNHEALTHY")]), other],
        unwell("one", "/failed_eds_health"),
      );
      await step("removed when unhealthy", [other], absent("one"));
      await step(
        "back draining",
        [group("c", 0, [host(one, "", ", health_status: DRAINING")]), other],
        unwell("one", "/eds_status_draining"),
      );
      await step("removed when draining", [other], absent("one"));
      await step("none but draining", [], unwell("one", "/pending_dynamic_removal/eds_status_draining"));
      return seen;
    },
  },
  {
    title: "a host keeps what its check said of it when its zone or its name changes",
    yaml: bootstrap(CHECK.replace("interval: 0.05s, no_traffic_interval: 0.05s", "interval: 60s")),
    files: FIRST,
    ignoreUpstream: true,
    observe: async (target) => {
      const one = target.upstream.port;
      const two = target.upstream2.port;
      const { seen, step: to } = walk(target);
      // What is checked at once is looked at before that can have come to anything.
      target.upstream.reply(({ target: path }) =>
        path === "/hc" && target.upstream.requests.length > 1 ? { afterwards: "silent" } : { body: "one" },
      );
      await waitFor("health", async () => (await hosts(target)).every((line) => line.includes("=healthy")));
      const other = group("a", 1, [host(two)]);
      const step = (what: string, group0: string): Promise<void> =>
        to(what, [group0, other], async () => (await hosts(target))[0]);
      await step("another zone", group("b", 0, [host(one)]));
      await step("a name", group("b", 0, [host(one, ", hostname: one.test")]));
      await step("checked elsewhere", group("b", 0, [host(one, ", health_check_config: { port_value: 1 }")]));
      return seen;
    },
  },
  {
    title: "hashes keep to their hosts while others come, go, fail and change their weight",
    yaml: httpBootstrap({
      routes: HASHING.map(
        (name) =>
          `- { match: { path: /${name} }, route: { cluster: ${name}, hash_policy: [{ header: { header_name: x-key } }] } }`,
      ).join("\n"),
      clusters: HASHING.map(
        (name) => `
- name: ${name}
  type: EDS
  connect_timeout: 1s
  lb_policy: ${name === "maglev" ? "MAGLEV" : "RING_HASH"}
  common_lb_config: { update_merge_window: 0s, ${name === "bounded" ? "consistent_hashing_lb_config: { hash_balance_factor: 110 }" : "locality_weighted_lb_config: {}"} }
  eds_cluster_config: { service_name: hashed, eds_config: ${fileSource("hashed.yaml")} }`,
      ).join(""),
      hcm: `access_log: ${fileLog("%REQ(:PATH)% %REQ(X-KEY)% %UPSTREAM_HOST%", "picks")}`,
    }),
    files: {
      "hashed.yaml": hashed("1", [
        [1, 1],
        [2, 1],
        [3, 1],
      ]),
    },
    observe: async (target) => {
      const steps: readonly (readonly (readonly [number, number, string?])[])[] = [
        [
          [1, 1],
          [2, 1],
          [3, 1],
        ],
        [
          [1, 1],
          [2, 1],
          [3, 1],
          [4, 1],
        ],
        [
          [4, 1],
          [1, 3],
          [2, 1],
          [3, 1],
        ],
        [
          [4, 1],
          [1, 3],
          [2, 1, "UNHEALTHY"],
          [3, 1, "DEGRADED"],
        ],
        [
          [1, 3],
          [3, 1, "UNHEALTHY"],
          [5, 1, "UNHEALTHY"],
          [6, 1, "UNHEALTHY"],
        ],
      ];
      for (const [index, hosts] of steps.entries()) {
        if (index > 0) {
          await replaceFile(target.proxy, "hashed.yaml", hashed(String(index + 1), hosts));
          for (const name of HASHING)
            await untilStat(target.proxy, `cluster.${name}.update_success`, index + 1);
          // Until the worker knows it.
          await wait(200);
        }
        for (const name of HASHING) {
          for (let key = 0; key < 25; key++)
            await target.send({ path: `/${name}`, headers: [["x-key", `key-${key * 7919}`]] });
        }
      }
      return null;
    },
    accessLog: { file: "picks", lines: 5 * 3 * 25 },
    stats: ["ring", "maglev", "bounded"].map((name) => `cluster.${name}.lb_healthy_panic`),
  },
  {
    title: "a host that comes later gets its share little by little",
    yaml: bootstrap(
      "round_robin_lb_config: { slow_start_config: { slow_start_window: 2.4s, min_weight_percent: { value: 5 } } }",
    ),
    files: FIRST,
    ignoreUpstream: true,
    observe: async (target) => {
      const one = target.upstream.port;
      const two = target.upstream2.port;
      const update = updater(target);
      const share = async (): Promise<number> => {
        let seconds = 0;
        for (let n = 0; n < 20; n++) if ((await target.send({ path: "/" })).body === "two") seconds++;
        return seconds;
      };
      await update([group("a", 0, [host(one)])]);
      await wait(2_500);
      await update([group("a", 0, [host(one), host(two)])]);
      await wait(50);
      const early = await share();
      await wait(2_500);
      await update([group("a", 0, [host(one), host(two), host(1, "", ", health_status: UNHEALTHY")])]);
      await wait(50);
      const late = await share();
      return { early: early < 7 ? "little" : early, late: Math.abs(late - 10) <= 1 ? "half" : late };
    },
  },
];
