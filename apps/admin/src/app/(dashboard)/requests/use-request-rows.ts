import type { AccessLogEntry, AccessLogFilter } from "@sluice/telemetry";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTRPC } from "../../../client/trpc.tsx";

/** What a live tail keeps: older ones are in the store. */
const ROWS_MAX = 10_000;

export interface LiveRows {
  /** Newest first. */
  readonly rows: readonly AccessLogEntry[];
  /** Held back while paused. */
  readonly waiting: number;
  readonly receivedAt: number | undefined;
  readonly resume: () => void;
}

interface Tail {
  readonly rows: readonly AccessLogEntry[];
  readonly held: readonly AccessLogEntry[];
  readonly receivedAt: number | undefined;
}

const EMPTY: Tail = { rows: [], held: [], receivedAt: undefined };

/** Workers and nodes report apart, so that a batch may hold what began before rows that are there already. */
function onTop(newer: readonly AccessLogEntry[], rows: readonly AccessLogEntry[]): readonly AccessLogEntry[] {
  if (newer.length === 0) return rows;
  const oldest = Math.min(...newer.map(({ at }) => at.getTime()));
  const settled = rows.findIndex(({ at }) => at.getTime() < oldest);
  const overlap = settled < 0 ? rows : rows.slice(0, settled);
  const top = [...newer, ...overlap].sort((a, b) => b.at.getTime() - a.at.getTime());
  return (settled < 0 ? top : [...top, ...rows.slice(settled)]).slice(0, ROWS_MAX);
}

/** Requests as they come; while paused they gather aside, so that what is read stands still. */
export function useLiveRows(filter: AccessLogFilter, paused: boolean, enabled: boolean): LiveRows {
  const trpc = useTRPC();
  const [tail, setTail] = useState(EMPTY);
  const question = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => setTail(EMPTY), [question]);
  useSubscription(
    trpc.telemetry.requestTail.subscriptionOptions(
      { filter },
      {
        enabled,
        onData: ({ data }) => {
          const newer = data.entries;
          setTail(({ rows, held }) => ({
            rows: paused ? rows : onTop(newer, rows),
            held: paused ? onTop(newer, held) : held,
            receivedAt: performance.now(),
          }));
        },
      },
    ),
  );
  const resume = useCallback(
    () => setTail(({ rows, held, receivedAt }) => ({ rows: onTop(held, rows), held: [], receivedAt })),
    [],
  );
  return { rows: tail.rows, waiting: tail.held.length, receivedAt: tail.receivedAt, resume };
}

export function useStoredRows(filter: AccessLogFilter, enabled: boolean) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(
    trpc.telemetry.searchRequests.infiniteQueryOptions(
      { filter, limit: 500 },
      { enabled, getNextPageParam: (page) => page.next },
    ),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.entries) ?? [], [query.data]);
  return { rows, query };
}
