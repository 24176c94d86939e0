"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef, useState } from "react";
import { useTRPC } from "../../client/trpc.tsx";
import { mergeColumns, type TrafficColumns } from "./traffic-columns.ts";

export interface TrafficTarget {
  readonly scope:
    | {
        readonly kind: "node" | "listener" | "host" | "route" | "cluster" | "endpoint";
        readonly name: string;
      }
    | undefined;
  readonly node: string | undefined;
}

export interface LiveTraffic {
  readonly columns: TrafficColumns | undefined;
  /** Edges of the charts, epoch seconds by the server's clock. */
  readonly from: number;
  readonly to: number;
  /** See `Freshness`. */
  readonly receivedAt: number | undefined;
  readonly reportAgeMs: number | undefined;
}

/** Until the first answer: the edges by the browser's clock. */
function nothingYet(seconds: number): LiveTraffic {
  const to = Date.now() / 1000;
  return { columns: undefined, from: to - seconds, to, receivedAt: undefined, reportAgeMs: undefined };
}

/** The last `seconds` of a target, moving by itself; going on after the browser was offline. */
export function useLiveTraffic(target: TrafficTarget, seconds: number, enabled = true): LiveTraffic {
  const trpc = useTRPC();
  const [shown, setShown] = useState<LiveTraffic>(() => nothingYet(seconds));
  const question = JSON.stringify([target, seconds]);
  const asked = useRef(question);
  useEffect(() => {
    if (asked.current !== question) setShown(nothingYet(seconds));
    asked.current = question;
  }, [question, seconds]);
  useSubscription(
    trpc.telemetry.trafficLive.subscriptionOptions(
      { scope: target.scope, node: target.node, seconds },
      {
        enabled,
        onData: ({ data }) => {
          const to = data.at.getTime() / 1000;
          const from = to - seconds;
          setShown((before) => ({
            columns: mergeColumns(before.columns, data.columns, from - data.columns.stepSeconds),
            from,
            to,
            receivedAt: performance.now(),
            reportAgeMs: data.asOf && data.at.getTime() - data.asOf.getTime(),
          }));
        },
      },
    ),
  );
  return shown;
}
