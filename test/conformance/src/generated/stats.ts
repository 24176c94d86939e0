import { type RunningProxy, waitFor } from "@sluice/harness";
import { isNotHere } from "../stats-not-here.ts";

const COMPARED = /^(http\.l\d+\.|vhost\.|cluster\.(one|two|ring|maglev|own|lone|dead|second)\.|limit\.)/;
/** What pools, codecs and the moment decide. */
const OF_THE_MOMENT =
  /_cx_|bytes|_active$|pending|circuit_breakers|\.http[12]\.|\.lb_|membership|\.update_|rq_total_time|assignment|max_host_weight|rq_time|_length_ms|version|default\.total_match_count|retry_backoff|flow_control_(backed_up|drained)|(ring_hash|maglev)_lb/;

/** Counters that are not 0; they are read until they rest, or until they are the expected ones, for some seconds. */
export async function comparedStats(
  proxy: RunningProxy,
  expected: ReadonlyMap<string, number> | undefined,
): Promise<ReadonlyMap<string, number>> {
  let seen: ReadonlyMap<string, number> = new Map();
  let before = "";
  const settled = waitFor(
    "stats",
    async () => {
      const all = await proxy.stats();
      seen = new Map(
        [...all]
          .filter(
            ([name, value]) =>
              value !== 0 && COMPARED.test(name) && !OF_THE_MOMENT.test(name) && !isNotHere(name),
          )
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      const now = JSON.stringify([...seen]);
      if (expected !== undefined) return now === JSON.stringify([...expected]);
      const rests = now === before;
      before = now;
      return rests;
    },
    { deadlineMs: 3_000, intervalMs: 300 },
  );
  // A difference is for the comparison to tell.
  await settled.catch(() => {});
  return seen;
}
