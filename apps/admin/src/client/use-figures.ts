"use client";

import { useSubscription } from "@trpc/tanstack-react-query";
import { useMemo } from "react";
import type { Figure } from "../server/trpc/figures/figures-router.ts";
import { useTRPC } from "./trpc.tsx";

/** Live figures by scope name; undefined until the first ones have come. */
export function useFigures(
  kind: "listener" | "host" | "cluster" | undefined,
): ReadonlyMap<string, Figure> | undefined {
  const trpc = useTRPC();
  const { data } = useSubscription(
    trpc.figures.watch.subscriptionOptions({ kind: kind ?? "cluster" }, { enabled: kind !== undefined }),
  );
  return useMemo(() => data && new Map(data.map((figure) => [figure.name, figure])), [data]);
}
