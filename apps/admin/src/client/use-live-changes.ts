"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef } from "react";
import { useConnectionState } from "./connection-state.ts";
import { useTRPC } from "./trpc.tsx";

/**
 * Keeps every query about configuration, versions and nodes fresh while the shell is there: a change anywhere asks again
 * for what is on the screen. After a gap everything is asked again.
 */
export function useLiveChanges(): void {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const connection = useConnectionState();
  const lost = useRef(false);
  useEffect(() => {
    if (connection === "live" && lost.current) void queries.invalidateQueries();
    lost.current = connection === "reconnecting" || connection === "offline";
  }, [connection, queries]);
  useSubscription(
    trpc.live.changes.subscriptionOptions(undefined, {
      onData: ({ data }) => {
        for (const prefix of AFFECTED[data.topic])
          void queries.invalidateQueries({ queryKey: [[prefix]], exact: false });
      },
    }),
  );
}

/** Routers whose answers depend on a topic. */
const AFFECTED = {
  draft: ["draft", "certificate", "version", "explain", "audit", "history", "routeTest", "review", "source"],
  rollout: [
    "draft",
    "version",
    "explain",
    "rollout",
    "approval",
    "group",
    "node",
    "audit",
    "history",
    "routeTest",
    "review",
    "source",
    "certificate",
  ],
  node: ["node", "certificate", "rollout", "group"],
  join: ["join", "audit"],
  order: ["node", "audit"],
  notification: ["notification", "alert", "audit"],
} as const;
