import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type RunningProxy, startSluiceProxy, TestCertificates, waitFor } from "@sluice/harness";
import { ControlPlane } from "@sluice/xds/testing";
import { ChaosUpstream } from "./chaos-upstream.ts";
import { bootstrap, type Ports, resourcesFor, type Variation } from "./configuration.ts";
import { Disturbances } from "./disturbances.ts";
import { DRAIN_MS, Load } from "./load.ts";
import { Outcomes } from "./outcomes.ts";
import { openFiles, ProxyWatch, residentMiB } from "./proxy-watch.ts";
import { ThreadMemory } from "./thread-memory.ts";

export interface ChaosOptions {
  readonly seconds: number;
  readonly apiType: "GRPC" | "DELTA_GRPC";
  /** Concurrent clients. */
  readonly clients: number;
  /** Whether to pause the load for `ChaosReport.memory`. */
  readonly measuresMemory?: boolean;
  /** Told of each second. */
  readonly onSecond?: (line: string) => void;
}

export interface ChaosReport {
  /** Everything that should not have happened; empty is success. */
  readonly problems: readonly string[];
  readonly summary: string;
  /** When the first part has passed, and at the end. */
  readonly memory: readonly MemoryInUse[];
}

/** Of a proxy whose load is paused, when all threads have collected their garbage, MiB. */
export interface MemoryInUse {
  /** Objects and buffers of all threads. */
  readonly held: number;
  readonly resident: number;
}

const STEP_MS = 1_000;
const WORKERS = 2;
/** Share of the time that counts as warm-up. */
const WARM_UP = 0.4;
const MIB = 1024 * 1024;
const BAD: readonly Variation["bad"][] = ["cluster", "route", "listener"];
const STATS = /^(main_thread|server\.|runtime\.)/;

/** Mixed load on a proxy whose configuration and upstreams change every second. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const upstreams = [
    ...Array.from({ length: 4 }, () => new ChaosUpstream("http1")),
    ...Array.from({ length: 4 }, () => new ChaosUpstream("http2")),
    ...Array.from({ length: 3 }, () => new ChaosUpstream("tcp")),
  ];
  for (const upstream of upstreams) await upstream.server.start();
  const certificates = new TestCertificates();
  const control = new ControlPlane();
  await control.start();
  const portsOf = (kind: ChaosUpstream["kind"]): number[] =>
    upstreams.filter((one) => one.kind === kind).map(({ server }) => server.port);
  const ports: Ports = { http1: portsOf("http1"), http2: portsOf("http2"), tcp: portsOf("tcp") };
  const certificate = certificates.create("chaos", { names: "DNS:*.test" });
  let dir = "";
  const publish = (at: Variation): void => {
    const text = resourcesFor(ports, at, certificate);
    const placed = Object.entries(text).map(([type, all]) => [
      type,
      Object.fromEntries(Object.entries(all).map(([name, yaml]) => [name, yaml.replaceAll("{{dir}}", dir)])),
    ]);
    control.publish(Object.fromEntries(placed));
  };
  let proxy: RunningProxy | undefined;
  const probe = options.measuresMemory === true ? new ThreadMemory() : undefined;
  try {
    proxy = await startSluiceProxy({
      yaml: bootstrap(control.port, options.apiType),
      concurrency: WORKERS,
      ...(probe === undefined ? {} : { env: probe.env }),
      args: ["--drain-time-s", String(DRAIN_MS / 1000)],
    });
    dir = proxy.dir;
    return await attack(proxy, control, publish, upstreams, options, probe);
  } finally {
    await proxy?.close();
    await control.stop();
    certificates.remove();
    probe?.remove();
    for (const upstream of upstreams) await upstream.server.kill(true);
  }
}

async function attack(
  proxy: RunningProxy,
  control: ControlPlane,
  publish: (at: Variation) => void,
  upstreams: readonly ChaosUpstream[],
  options: ChaosOptions,
  probe: ThreadMemory | undefined,
): Promise<ChaosReport> {
  const problems: string[] = [];
  const memory: MemoryInUse[] = [];
  const calm: Variation = {
    step: 0,
    leftOut: -1,
    filters: 1,
    listenerShape: 0,
    extraClusters: [],
    extraListeners: [],
    bad: "",
  };
  publish(calm);
  await waitFor("the first configuration", () => control.answered(), { deadlineMs: 30_000 });
  const lasting = {
    plain: await proxy.listenerPort("plain"),
    clear2: await proxy.listenerPort("clear2"),
    tls: await proxy.listenerPort("tls"),
    tcp: await proxy.listenerPort("tcp"),
  };
  const extraClusters = new Set<number>();
  const extraListeners = new Map<number, number>();
  const outcomes = new Outcomes();
  const disturbances = new Disturbances(upstreams);
  const watch = new ProxyWatch(proxy);
  const filesBefore = openFiles(proxy.process.pid);
  const load = new Load({ ports: lasting, extraClusters, extraListeners }, outcomes, disturbances, upstreams);
  load.start(options.clients);
  const startedAt = performance.now();
  const until = startedAt + options.seconds * 1000;
  const warm = startedAt + options.seconds * 1000 * WARM_UP;
  const measure = async (): Promise<void> => {
    if (probe === undefined) return;
    await load.pause();
    const held = (await probe.held(proxy, WORKERS)).reduce((sum, bytes) => sum + bytes, 0);
    memory.push({ held: held / MIB, resident: residentMiB(proxy.process.pid) });
  };
  let at = calm;
  try {
    while (performance.now() < until) {
      const began = performance.now();
      if (proxy.process.exit() !== undefined) throw new Error(`the proxy ended with ${proxy.process.exit()}`);
      at = next(at);
      for (const number of extraClusters)
        if (!at.extraClusters.includes(number)) extraClusters.delete(number);
      for (const number of extraListeners.keys())
        if (!at.extraListeners.includes(number)) extraListeners.delete(number);
      publish(at);
      await disturbances.next();
      await waitFor(`an answer to step ${at.step}`, () => control.answered(), { deadlineMs: 20_000 });
      const nacks = control.takeNacks().map(({ type, message }) => `${type}: ${message}`);
      if (nacks.some((text) => !/broken|main: virtual_hosts\[0\].*safe_regex/.test(text)))
        problems.push(...nacks);
      if (at.bad !== "" && nacks.length === 0) problems.push(`step ${at.step}: a bad ${at.bad} was taken`);
      if (at.bad === "") {
        for (const number of at.extraClusters) extraClusters.add(number);
        for (const number of at.extraListeners)
          if (!extraListeners.has(number))
            extraListeners.set(number, await proxy.listenerPort(`extra-${number}`));
      }
      await watch.look();
      if (probe !== undefined && memory.length === 0 && performance.now() > warm) {
        await measure();
        load.start(options.clients);
      }
      if (at.step % 5 === 0) await proxy.admin("/config_dump");
      if (at.step % 5 === 2) await proxy.admin("/clusters");
      options.onSecond?.(
        `step ${at.step} bad=${at.bad || "-"} took ${Math.round(performance.now() - began)} ms, ${Math.round(residentMiB(proxy.process.pid))} MiB, ${openFiles(proxy.process.pid)} files, failed ${outcomes.failed}`,
      );
      await delay(Math.max(0, STEP_MS - (performance.now() - began)));
    }
    await measure();
    await disturbances.recoverAll();
    await load.stop();
    extraClusters.clear();
    extraListeners.clear();
    publish({ ...at, extraClusters: [], extraListeners: [], bad: "" });
    await waitFor("the last configuration", () => control.answered(), { deadlineMs: 20_000 });
    problems.push(...(await aftermath(proxy, watch, upstreams, filesBefore, at)));
  } catch (error) {
    problems.push(error instanceof Error ? `${error.stack}` : String(error));
    await load.stop();
  }
  problems.push(...watch.problems, ...outcomes.failures);
  if (proxy.process.exit() === undefined) problems.push(...logProblems(proxy));
  problems.push(...outputProblems(proxy.process.output()));
  return {
    problems,
    summary: `${at.step} steps, ${disturbances.deaths} ailments, ${control.acks} ACKs\n${outcomes.summary()}`,
    memory,
  };
}

/** The configuration of the next second. */
function next(at: Variation): Variation {
  const step = at.step + 1;
  const extras = (list: readonly number[], every: number): readonly number[] => {
    if (step % every !== 0) return list;
    return list.length >= 3 || (list.length > 0 && Math.random() < 0.4) ? list.slice(1) : [...list, step];
  };
  return {
    step,
    leftOut: step % 3 === 0 ? -1 : step % 4,
    filters: step % 2 === 0 ? at.filters : Math.floor(Math.random() * 32),
    listenerShape: step % 9 === 0 ? at.listenerShape + 1 : at.listenerShape,
    extraClusters: extras(at.extraClusters, 1),
    extraListeners: extras(at.extraListeners, 2),
    bad: step % 6 === 5 ? (BAD[Math.floor(step / 6) % BAD.length] ?? "") : "",
  };
}

/** What is left when all clients are gone, old listeners have drained and the upstreams are dead. */
async function aftermath(
  proxy: RunningProxy,
  watch: ProxyWatch,
  upstreams: readonly ChaosUpstream[],
  filesBefore: number,
  at: Variation,
): Promise<string[]> {
  const problems: string[] = [];
  const settle = async (what: string, left: () => Promise<string[]>): Promise<void> => {
    let last: string[] = [];
    await waitFor(
      what,
      async () => {
        last = await left();
        return last.length === 0;
      },
      { deadlineMs: DRAIN_MS + 10_000, intervalMs: 200 },
    ).catch((error: unknown) => problems.push(`${String(error)}: ${last.join(", ")}`));
  };
  // Idle connections to upstreams are kept until these end, the control plane's for good.
  await settle("everything to end", () =>
    watch.underWay(
      /^cluster\..*\.upstream_cx_active$|^cluster\.control\.|^(server|main_thread|runtime)\.|^(http|listener)\.admin\.|total_listeners_active$/,
    ),
  );
  for (const upstream of upstreams) await upstream.kill(false);
  await settle("connections to dead upstreams to end", () =>
    watch.underWay(
      /^cluster\.control\.|^(server|main_thread|runtime)\.|^(http|listener)\.admin\.|total_listeners_active$|health_check/,
    ),
  );
  await settle("open files to be closed", async () => {
    const files = openFiles(proxy.process.pid);
    return files <= filesBefore + 4 ? [] : [`${files} files open, ${filesBefore} before`];
  });
  const stats = await proxy.stats();
  for (const [name, value] of stats) {
    if (/extra-\d/.test(name) && !STATS.test(name)) {
      problems.push(`${name} is left: ${value}`);
      break;
    }
  }
  if (
    stats.get("listener_manager.total_listeners_active") !== 4 ||
    stats.get("cluster_manager.active_clusters") !== 6
  )
    problems.push(
      `step ${at.step}: ${stats.get("listener_manager.total_listeners_active")} listeners and ${stats.get("cluster_manager.active_clusters")} clusters`,
    );
  return problems;
}

/** The access logs must be whole lines of JSON. */
function logProblems(proxy: RunningProxy): string[] {
  const problems: string[] = [];
  for (const name of ["plain", "clear2", "tls", "steady", "extra"]) {
    let lines: string[] = [];
    try {
      lines = readFileSync(`${proxy.dir}/${name}.log`, "utf8").split("\n").slice(0, -1);
    } catch (error) {
      problems.push(String(error));
    }
    for (const line of lines) {
      try {
        JSON.parse(line);
      } catch {
        problems.push(`${name}.log: ${line.slice(0, 300)}`);
      }
    }
  }
  return problems;
}

/** What the proxy says on its own account, but for the configuration that it was meant to refuse. */
function outputProblems(output: string): string[] {
  return output
    .split("\n")
    .filter((line) => /error|unhandled|exception|warning|reject|assert|fatal|^\s+at /i.test(line))
    .filter((line) => !/broken|main: virtual_hosts\[0\].*safe_regex/.test(line))
    .slice(0, 50)
    .map((line) => `the proxy says: ${line}`);
}
