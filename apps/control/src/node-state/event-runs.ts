import type {
  ConnectedNode,
  DisconnectedNode,
  NodeManagedEvent,
  NodeNackEvent,
  NodeTypeEvent,
} from "@sluice/config";

export type NodeEvent =
  | { readonly verb: "connected"; readonly event: ConnectedNode }
  | { readonly verb: "disconnected"; readonly event: DisconnectedNode }
  | { readonly verb: "sent" | "ack" | "effective"; readonly event: NodeTypeEvent }
  | { readonly verb: "nack"; readonly event: NodeNackEvent }
  | { readonly verb: "managed"; readonly event: NodeManagedEvent }
  | { readonly verb: "seen"; readonly event: string };

/**
 * `events` in as few statements as their order allows: each run is of one verb and has at most one event of a node and kind. Those
 * of one node stay in order; those of different nodes need none, so that a thousand nodes that come at once are a handful of runs.
 */
export function runsOf(events: readonly NodeEvent[]): readonly (readonly NodeEvent[])[] {
  const runs: NodeEvent[][] = [];
  const keys: Set<string>[] = [];
  /** Where the runs of each verb are, ascending. */
  const places = new Map<NodeEvent["verb"], number[]>();
  const lastOf = new Map<string, number>();
  for (const event of events) {
    const node = nodeOf(event);
    const key = keyOf(event);
    const own = places.get(event.verb) ?? [];
    places.set(event.verb, own);
    const from = lastOf.get(node) ?? 0;
    let place = own[firstFrom(own, keys[from]?.has(key) ? from + 1 : from)];
    if (place === undefined) {
      place = runs.length;
      own.push(place);
      runs.push([]);
      keys.push(new Set());
    }
    runs[place]?.push(event);
    keys[place]?.add(key);
    lastOf.set(node, place);
  }
  return runs;
}

/** What of an event the newest one counts of. */
export function keyOf(event: NodeEvent): string {
  if (event.verb === "seen") return event.event;
  return "kind" in event.event ? `${event.event.kind} ${event.event.id}` : event.event.id;
}

function nodeOf(event: NodeEvent): string {
  return event.verb === "seen" ? event.event : event.event.id;
}

/** The index of the first of `ascending` that is at least `from`. */
function firstFrom(ascending: readonly number[], from: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
