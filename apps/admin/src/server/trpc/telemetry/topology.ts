import { CHANNELS } from "@sluice/config";
import { readAsOf, readTopology, type Summary, TELEMETRY_CHANNELS, type Topology } from "@sluice/telemetry";
import { tracked } from "@trpc/server";
import { z } from "zod";
import {
  changedFigures,
  structureOf,
  type TopologyFrame,
} from "../../../components/graph/topology-frames.ts";
import { telemetryProcedure } from "../trpc.ts";
import { rounded } from "./columns-of-series.ts";
import { feed } from "./feed.ts";
import { liveConfiguration } from "./live-configuration.ts";
import { sharedReads } from "./shared-read.ts";

const input = z.object({
  node: z.string().max(500).optional(),
  /** Default 10. */
  windowSeconds: z.number().int().min(1).max(900).default(10),
  lastEventId: z.string().nullish(),
});
const SHARED_MS = 200;

export const topologyProcedures = {
  /**
   * The graph of the live configuration, again with every second's figures. The first event after each (re)connection is
   * the whole graph: what was missed in between is of no use to anybody.
   */
  topology: telemetryProcedure.input(input).subscription(async function* ({
    ctx,
    input: { node, windowSeconds },
    signal,
  }) {
    const { services } = ctx;
    const stop = signal ?? AbortSignal.abort();
    let sent: Topology | undefined;
    let structure = "";
    const states = feed(
      {
        hub: services.hub,
        channels: [TELEMETRY_CHANNELS.stats, CHANNELS.rollout],
        signal: stop,
        log: services.log,
      },
      () =>
        sharedReads.read(`topology/${node ?? ""}/${windowSeconds}`, SHARED_MS, async () => {
          const { version, configuration } = await liveConfiguration(services.sql);
          const [topology, asOf] = await Promise.all([
            readTopology(services.sql, {
              configuration,
              windowSeconds,
              ...(node === undefined ? {} : { node }),
            }),
            readAsOf(services.sql),
          ]);
          const whole = roundedTopology(topology);
          return { at: services.now(), asOf, version, topology: whole, structure: structureOf(whole) };
        }),
    );
    for await (const state of states) {
      const { at, asOf, version, topology } = state;
      const same = sent !== undefined && structure === state.structure;
      const frame: TopologyFrame = same
        ? { kind: "figures", at, asOf, range: topology.range, ...changedFigures(sent ?? topology, topology) }
        : { kind: "whole", at, asOf, version, topology };
      sent = topology;
      structure = state.structure;
      yield tracked(String(at.getTime()), frame);
    }
  }),
};

/** Nobody sees a millionth; figures that differ by less need not cross again. */
function roundedTopology(topology: Topology): Topology {
  return {
    ...topology,
    boxes: topology.boxes.map((box) => ({ ...box, summary: roundedSummary(box.summary) })),
    edges: topology.edges.map((edge) => ({ ...edge, summary: roundedSummary(edge.summary) })),
  };
}

function roundedSummary(summary: Summary): Summary {
  return {
    requestsPerSecond: rounded(summary.requestsPerSecond),
    successRate: summary.successRate === undefined ? undefined : Math.round(summary.successRate * 1e6) / 1e6,
    p50Ms: summary.p50Ms === undefined ? undefined : rounded(summary.p50Ms),
    p95Ms: summary.p95Ms === undefined ? undefined : rounded(summary.p95Ms),
    p99Ms: summary.p99Ms === undefined ? undefined : rounded(summary.p99Ms),
    connectionsActive: Math.round(summary.connectionsActive),
    bytesReceivedPerSecond: Math.round(summary.bytesReceivedPerSecond),
    bytesSentPerSecond: Math.round(summary.bytesSentPerSecond),
  };
}
