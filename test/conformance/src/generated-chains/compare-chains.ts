import { isDeepStrictEqual } from "node:util";
import type { RunningProxy } from "@sluice/harness";
import { linesOf } from "../log-lines.ts";
import { readLagging } from "../read-lagging.ts";
import { restingCounters } from "../resting-counters.ts";
import { type StartProxy, startPromptEnvoy, startPromptSluice } from "../run-case.ts";
import { isNotHere } from "../stats-not-here.ts";
import { assertNoneTwiceRunning, type Difference } from "../twice-running.ts";
import { runClient } from "./client.ts";
import { type ChainsSize, type GeneratedChains, generateChains } from "./generate-chains.ts";

interface Run {
  readonly seen: ReadonlyMap<string, unknown>;
  readonly stats: ReadonlyMap<string, number>;
}

/** Connections under way at once. */
const LANES = 16;

/** Which chain each of the generated connections came to at either, what is logged of it, and the stats. */
export async function chainDifferences(
  seed: number,
  size: ChainsSize,
): Promise<{ readonly generated: GeneratedChains; readonly differences: readonly Difference[] }> {
  const generated = generateChains(seed, size);
  const envoy = await run(generated, startPromptEnvoy);
  const sluice = await run(generated, startPromptSluice, envoy.stats);
  const differences: Difference[] = [];
  const compare = (of: ReadonlyMap<string, unknown>, to: ReadonlyMap<string, unknown>): void => {
    for (const id of new Set([...of.keys(), ...to.keys()])) {
      const [expected, actual] = [of.get(id), to.get(id)];
      if (!isDeepStrictEqual(expected, actual)) differences.push({ id, envoy: expected, sluice: actual });
    }
  };
  compare(envoy.seen, sluice.seen);
  compare(envoy.stats, sluice.stats);
  return { generated, differences };
}

/**
 * Rejects, with the seed, when Envoy and Sluice make different things of a connection.
 *
 * @returns how many connections were compared
 */
export async function compareChains(seed: number, size: ChainsSize): Promise<number> {
  const { generated } = await assertNoneTwiceRunning(
    () => chainDifferences(seed, size),
    ({ generated }, twice) => tellChains(generated, twice, 10),
    `show-chains.ts ${seed} --listeners=${size.listeners} --clients=${size.clientsEach}`,
  );
  return generated.clients.length;
}

/** Text about differences: each connection with what both made of it, and its listener without what all have. */
export function tellChains(
  { clients, listeners }: GeneratedChains,
  differences: readonly Difference[],
  most: number,
): string {
  const told = differences.slice(0, most).map(({ id, envoy, sluice }) => {
    const client = clients.find((each) => each.id === id);
    const where = client === undefined ? [] : [client.told, briefly(listeners[client.listener])];
    const both = [`  envoy  ${JSON.stringify(envoy)}`, `  sluice ${JSON.stringify(sluice)}`];
    return [`# ${id}`, ...where, ...both].join("\n");
  });
  return [...told, `${clients.length} connections, ${differences.length} differences`].join("\n\n");
}

const briefly = (listener: unknown): string =>
  JSON.stringify(listener, (key, value: unknown) =>
    ["access_log", "filters", "address", "@type"].includes(key) ? undefined : value,
  );

async function run(
  { yaml, listeners, clients }: GeneratedChains,
  start: StartProxy,
  expected?: ReadonlyMap<string, number>,
): Promise<Run> {
  const proxy = await start({ yaml, files: {}, concurrency: 1, args: [] });
  try {
    const ports = new Map<string, number>();
    for (const name of Object.keys(listeners)) ports.set(name, await proxy.listenerPort(name));
    const seen = new Map<string, { received: string; ended: boolean; log: unknown }>();
    // Ports come again, each time when the connection before has ended.
    const byAddress = new Map<string, string[]>();
    const rest = clients.values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const client of rest) {
          const { localPort, ...what } = await runClient(client, ports.get(client.listener) ?? 0);
          seen.set(client.id, { ...what, log: null });
          const key = `${client.listener} ${client.localAddress}:${localPort}`;
          byAddress.set(key, [...(byAddress.get(key) ?? []), client.id]);
        }
      }),
    );
    for (const { listener, entry } of await logged(proxy, Object.keys(listeners), clients.length)) {
      const id = byAddress.get(`${listener} ${String(entry.client)}`)?.shift();
      const one = seen.get(id ?? "");
      if (one === undefined) throw new Error(`a log line of no connection: ${JSON.stringify(entry)}`);
      one.log = masked({ ...entry, client: "" }, [portOf(entry.client), String(ports.get(listener))]);
    }
    return { seen, stats: await restingCounters(proxy, { isCompared, expected, filter: COUNTED }) };
  } finally {
    await proxy.close();
  }
}

const portOf = (address: unknown): string => String(address).replace(/.*:/, "");

function masked(value: unknown, ports: readonly string[]): unknown {
  let text = JSON.stringify(value);
  for (const port of ports) text = text.replaceAll(`:${port}"`, ':<port>"');
  return JSON.parse(text) as unknown;
}

interface Logged {
  readonly listener: string;
  readonly entry: Readonly<Record<string, unknown>>;
}

async function logged(proxy: RunningProxy, listeners: readonly string[], count: number): Promise<Logged[]> {
  const lines = await readLagging(
    () =>
      listeners.flatMap((listener) =>
        linesOf(proxy, `${listener}.log`).map((line) => ({
          listener,
          entry: JSON.parse(line) as Logged["entry"],
        })),
      ),
    ({ length }) => length >= count,
    { intervalMs: 100 },
  );
  return lines ?? [];
}

const COUNTED = "^(listener\\.l|tls_inspector|http_inspector|proxy_proto)";
const isCompared = (name: string): boolean => !/worker_0\./.test(name) && !isNotHere(name);
