import type { Sql } from "@sluice/database";
import type { TimeRange, Topology, TopologyConfiguration } from "../contract.ts";
import { buildTopology } from "../topology/build-topology.ts";
import { windowOf } from "./read-top-scopes.ts";
import { readWindows } from "./read-windows.ts";

/**
 * The graph of a configuration with its measures.
 *
 * @param query.configuration the live one, `topologyConfigurationOf` its messages
 * @param query.range default: the newest `windowSeconds`
 * @param query.windowSeconds default 10
 * @param query.node one node only; default the sum over all
 */
export async function readTopology(
  sql: Sql,
  query: {
    readonly configuration: TopologyConfiguration;
    readonly range?: TimeRange;
    readonly windowSeconds?: number;
    readonly node?: string;
  },
): Promise<Topology> {
  const window = await windowOf(sql, { windowSeconds: 10, ...query });
  if (window === undefined) {
    const now = new Date();
    return buildTopology(query.configuration, [], { from: now, to: now });
  }
  const windows = await readWindows(sql, {
    ...window,
    kinds: ["listener", "host", "route", "cluster", "endpoint"],
    ...(query.node === undefined ? {} : { node: query.node }),
  });
  return buildTopology(query.configuration, windows, { from: window.from, to: window.to });
}
