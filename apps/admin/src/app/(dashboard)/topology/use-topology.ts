import type { Topology } from "@sluice/telemetry";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useState } from "react";
import { useTRPC } from "../../../client/trpc.tsx";
import { applyTopologyFrame } from "../../../components/graph/topology-frames.ts";

export interface LiveTopology {
  readonly topology: Topology | undefined;
  readonly version: number | undefined;
  readonly receivedAt: number | undefined;
  readonly reportAgeMs: number | undefined;
}

const NOTHING: LiveTopology = {
  topology: undefined,
  version: undefined,
  receivedAt: undefined,
  reportAgeMs: undefined,
};

/** The graph of the live configuration, its figures moving by the second. `node`: as one node sees it. */
export function useTopology(node: string | undefined): LiveTopology {
  const trpc = useTRPC();
  const [live, setLive] = useState(NOTHING);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another node is another graph
  useEffect(() => setLive(NOTHING), [node]);
  useSubscription(
    trpc.telemetry.topology.subscriptionOptions(
      { node },
      {
        onData: ({ data }) =>
          setLive((before) => ({
            topology: applyTopologyFrame(before.topology, data),
            version: data.kind === "whole" ? data.version : before.version,
            receivedAt: performance.now(),
            reportAgeMs: data.asOf && data.at.getTime() - data.asOf.getTime(),
          })),
      },
    ),
  );
  return live;
}
