"use client";

import type { Alert } from "@sluice/config/contract";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "../../client/trpc.tsx";

const NONE: readonly Alert[] = [];

/** The alerts that fire and that nobody silenced; moving by itself. */
export function useFiringAlerts(): readonly Alert[] {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.alert.list.queryOptions());
  return data?.filter(({ state, silence }) => state === "firing" && silence === undefined) ?? NONE;
}
