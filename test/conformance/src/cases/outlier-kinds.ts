import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { waitFor } from "@sluice/harness";
import { endpoint, httpBootstrap } from "../bootstrap.ts";
import type { ConformanceCase, Target } from "../conformance-case.ts";
import { readLagging } from "../read-lagging.ts";

interface Watched {
  /** Ports of its hosts. */
  readonly hosts: readonly string[];
  /** `outlier_detection`. */
  readonly settings: string;
  readonly more?: string;
  /** Until this, of `outlier_detection`, has counted as often. */
  readonly until: readonly [stat: string, least: number];
}

const LONG = "base_ejection_time: 300s, max_ejection_percent: 100, ";
const BOTH = ["{{upstream}}", "{{upstream2}}"];
/** No kind but those that are named. */
const ONLY =
  "consecutive_5xx: 1000, consecutive_gateway_failure: 1000, consecutive_local_origin_failure: 1000, ";
const RATES = "interval: 0.3s, success_rate_minimum_hosts: 2, success_rate_request_volume: 3, ";
const SHARES = "failure_percentage_minimum_hosts: 2, failure_percentage_request_volume: 3, ";

const KINDS: Readonly<Record<string, Watched>> = {
  gateway: {
    hosts: BOTH,
    settings: `${LONG}consecutive_5xx: 1000, consecutive_gateway_failure: 2, enforcing_consecutive_gateway_failure: 100`,
    until: ["ejections_enforced_consecutive_gateway_failure", 1],
  },
  unenforced: {
    hosts: BOTH,
    settings: `${LONG}consecutive_5xx: 2, enforcing_consecutive_5xx: 0, consecutive_gateway_failure: 1000`,
    until: ["ejections_detected_consecutive_5xx", 3],
  },
  none: {
    hosts: BOTH,
    settings: "consecutive_5xx: 2, max_ejection_percent: 0",
    until: ["ejections_overflow", 2],
  },
  always: {
    hosts: BOTH,
    settings:
      "consecutive_5xx: 2, max_ejection_percent: 0, always_eject_one_host: true, base_ejection_time: 300s",
    until: ["ejections_enforced_consecutive_5xx", 1],
  },
  local: {
    hosts: ["{{dead}}", "{{upstream2}}"],
    settings: `${LONG}split_external_local_origin_errors: true, consecutive_local_origin_failure: 2, consecutive_5xx: 1`,
    until: ["ejections_enforced_consecutive_local_origin_failure", 1],
  },
  unsplit: {
    hosts: ["{{dead}}", "{{upstream2}}"],
    settings: `${LONG}consecutive_local_origin_failure: 1, consecutive_5xx: 1000, consecutive_gateway_failure: 3, enforcing_consecutive_gateway_failure: 100`,
    until: ["ejections_enforced_consecutive_gateway_failure", 1],
  },
  share: {
    hosts: BOTH,
    settings: `${LONG}${ONLY}${RATES}${SHARES}enforcing_success_rate: 0, enforcing_failure_percentage: 100, failure_percentage_threshold: 50`,
    until: ["ejections_enforced_failure_percentage", 1],
  },
  rated: {
    hosts: BOTH,
    settings: `${LONG}${ONLY}${RATES}${SHARES}success_rate_stdev_factor: 500, failure_percentage_threshold: 50`,
    until: ["ejections_enforced_success_rate", 1],
  },
  "local-share": {
    hosts: ["{{dead}}", "{{upstream2}}"],
    settings: `${LONG}${ONLY}${RATES}${SHARES}split_external_local_origin_errors: true, enforcing_local_origin_success_rate: 0, enforcing_failure_percentage_local_origin: 100`,
    until: ["ejections_enforced_local_origin_failure_percentage", 1],
  },
  "local-rated": {
    hosts: ["{{dead}}", "{{upstream2}}"],
    settings: `${LONG}${ONLY}${RATES}${SHARES}split_external_local_origin_errors: true, success_rate_stdev_factor: 500`,
    until: ["ejections_enforced_local_origin_success_rate", 1],
  },
  few: {
    hosts: BOTH,
    settings: `${LONG}${ONLY}interval: 0.3s, success_rate_request_volume: 1, failure_percentage_request_volume: 1, success_rate_stdev_factor: 1`,
    until: ["nothing", 0],
  },
};

const NAMES = Object.keys(KINDS);
const COUNTED = [
  "ejections_active",
  "ejections_enforced_total",
  "ejections_enforced_consecutive_5xx",
  "ejections_enforced_consecutive_gateway_failure",
  "ejections_enforced_consecutive_local_origin_failure",
  "ejections_enforced_success_rate",
  "ejections_enforced_local_origin_success_rate",
  "ejections_enforced_failure_percentage",
  "ejections_enforced_local_origin_failure_percentage",
];
/** How often these come depends on when an interval ends. */
const SOME = [
  "ejections_overflow",
  "ejections_detected_consecutive_5xx",
  "ejections_detected_consecutive_gateway_failure",
  "ejections_detected_consecutive_local_origin_failure",
  "ejections_detected_success_rate",
  "ejections_detected_local_origin_success_rate",
  "ejections_detected_failure_percentage",
  "ejections_detected_local_origin_failure_percentage",
  "ejections_total",
  "ejections_success_rate",
  "ejections_consecutive_5xx",
];

/** Of `/clusters`: which hosts are out. */
async function flagsOf(target: Target, name: string): Promise<string> {
  const text = await target.proxy.admin("/clusters");
  return [...text.matchAll(new RegExp(`^${name}::127.*::health_flags::(.*)$`, "gm"))]
    .map(([, flags]) => flags)
    .join(" ");
}

function cluster(name: string, { hosts, settings, more = "" }: Watched): string {
  return `
- name: ${name}
  type: STATIC
  connect_timeout: 1s
  common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: 0s }
  load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [${hosts.map((port) => endpoint(port)).join(", ")}] }] }
  outlier_detection: { ${settings} }
  ${more}`;
}

/** Events without what differs from run to run. */
function events(target: Target, cluster: string): readonly Readonly<Record<string, unknown>>[] {
  const lines = readFileSync(`${target.proxy.dir}/events.log`, "utf8").trim().split("\n");
  return lines
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter(({ cluster_name }) => cluster_name === cluster)
    .map(({ timestamp: _timestamp, upstream_url: url, secs_since_last_action: seconds, ...rest }) => ({
      ...rest,
      // How long the steps of a case take is the machine's affair.
      since: /^[0-5]$/.test(String(seconds)) ? "a few seconds" : seconds,
      host: String(url).endsWith(`:${target.upstream.port}`) ? "one" : "another",
    }));
}

const EVENTS = `cluster_manager: { outlier_detection: { event_log_path: "{{dir}}/events.log" } }`;

export const OUTLIER_KIND_CASES: readonly ConformanceCase[] = [
  {
    title: "each kind of outlier is detected, counted and logged, and enforced as far as it is to be",
    yaml: httpBootstrap({
      routes: NAMES.map((name) => `- { match: { prefix: /${name}/ }, route: { cluster: ${name} } }`).join(
        "\n",
      ),
      clusters: Object.entries(KINDS)
        .map(([name, watched]) => cluster(name, watched))
        .join(""),
      bootstrap: EVENTS,
    }),
    reply: ({ target }) => ({ status: target.startsWith("/unenforced") ? 500 : 503, body: "one" }),
    ignoreUpstream: true,
    observe: async (target) => {
      const seen: Record<string, unknown> = {};
      for (const name of NAMES) {
        const [stat, least] = KINDS[name]?.until ?? ["", 0];
        const full = `cluster.${name}.outlier_detection.${stat}`;
        await waitFor(
          full,
          async () => {
            for (let n = 0; n < 8; n++) await target.send({ path: `/${name}/` });
            return ((await target.proxy.stats(full)).get(full) ?? 0) >= least;
          },
          { deadlineMs: 4_000, intervalMs: 1 },
        ).catch(() => {});
        if (name === "few") await wait(700);
        const stats = await target.proxy.stats(`cluster.${name}.outlier_detection`);
        const value = (each: string): number => stats.get(`cluster.${name}.outlier_detection.${each}`) ?? -1;
        seen[name] = [
          await flagsOf(target, name),
          COUNTED.filter((each) => value(each) !== 0).map((each) => `${each}=${value(each)}`),
          SOME.filter((each) => value(each) !== 0),
        ];
      }
      const logged = Object.fromEntries(NAMES.map((name) => [name, events(target, name)[0]]));
      return { seen, logged };
    },
  },
  {
    title:
      "a host that is an outlier by its rate and by its failures at once is counted for both, and out for longer",
    yaml: httpBootstrap({
      routes: "- { match: { prefix: / }, route: { cluster: both } }",
      clusters: cluster("both", {
        hosts: BOTH,
        settings: `base_ejection_time: 1s, max_ejection_percent: 100, ${ONLY}${RATES}${SHARES}success_rate_stdev_factor: 500, enforcing_failure_percentage: 100, failure_percentage_threshold: 50`,
        until: ["", 0],
      }),
      bootstrap: EVENTS,
    }),
    reply: { status: 503 },
    ignoreUpstream: true,
    observe: async (target) => {
      const full = "cluster.both.outlier_detection.ejections_enforced_total";
      await waitFor("ejections", async () => {
        for (let n = 0; n < 8; n++) await target.send({ path: "/" });
        return ((await target.proxy.stats(full)).get(full) ?? 0) > 0;
      });
      const at = performance.now();
      await waitFor("its return", async () => (await flagsOf(target, "both")) === "healthy healthy", {
        deadlineMs: 8_000,
        intervalMs: 20,
      });
      const lasted = performance.now() - at < 1_600 ? "as long as the base" : "twice as long";
      const logged = await readLagging(
        () => events(target, "both"),
        (now) => now.some(({ action }) => action === "UNEJECT"),
      );
      return { lasted, logged };
    },
    // Envoy does not take the second one out of `ejections_active` again.
    stats: [
      ...COUNTED.filter((name) => name !== "ejections_active"),
      "ejections_total",
      "ejections_success_rate",
    ].map((name) => `cluster.both.outlier_detection.${name}`),
  },
  {
    title: "a host is out for longer each time, and an active check brings it back",
    yaml: httpBootstrap({
      routes: ["growing", "checked", "unhelped"]
        .map((name) => `- { match: { prefix: /${name} }, route: { cluster: ${name} } }`)
        .join("\n"),
      clusters: [
        cluster("growing", {
          hosts: ["{{upstream}}"],
          settings: "consecutive_5xx: 1, interval: 0.5s, base_ejection_time: 0.8s, max_ejection_percent: 100",
          until: ["", 0],
        }),
        ...["checked", "unhelped"].map((name) =>
          cluster(name, {
            hosts: ["{{upstream}}"],
            settings: `consecutive_5xx: 1, interval: 100s, base_ejection_time: 300s, max_ejection_percent: 100, successful_active_health_check_uneject_host: ${name === "checked"}`,
            more: "health_checks: [{ timeout: 1s, interval: 0.1s, no_traffic_interval: 0.1s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: { path: /hc } }]",
            until: ["", 0],
          }),
        ),
      ].join(""),
      bootstrap: EVENTS,
    }),
    reply: ({ target }) => ({ status: target === "/hc" ? 200 : 500, body: "one" }),
    ignoreUpstream: true,
    observe: async (target) => {
      const until = (name: string, wanted: string): Promise<unknown> =>
        waitFor(`${name} ${wanted}`, async () => (await flagsOf(target, name)) === wanted, {
          deadlineMs: 8_000,
          intervalMs: 20,
        });
      const OUT = "/failed_outlier_check";
      const lasted: string[] = [];
      for (let n = 0; n < 2; n++) {
        await waitFor("a failure", async () => (await target.send({ path: "/growing" })).status === 500);
        await until("growing", OUT);
        const at = performance.now();
        await until("growing", "healthy");
        lasted.push(performance.now() - at < 1_450 ? "as long as the base" : "longer");
      }
      for (const name of ["checked", "unhelped"]) {
        await waitFor("health", async () => (await flagsOf(target, name)) === "healthy");
        await waitFor("the answer", async () => (await target.send({ path: `/${name}` })).status === 500);
        const full = `cluster.${name}.outlier_detection.ejections_enforced_total`;
        await waitFor(full, async () => (await target.proxy.stats(full)).get(full) === 1);
      }
      await until("checked", "healthy");
      await wait(300);
      const log = events(target, "growing");
      return {
        lasted,
        checked: await flagsOf(target, "checked"),
        unhelped: await flagsOf(target, "unhelped"),
        logged: [log[0], log[1], events(target, "checked")],
      };
    },
  },
];
