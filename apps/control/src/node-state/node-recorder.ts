import {
  type ConnectedNode,
  type NodeContext,
  type NodeManagedEvent,
  type NodeTypeEvent,
  type ResourceKind,
  recordAck,
  recordConnected,
  recordDisconnected,
  recordEffective,
  recordManaged,
  recordNack,
  recordSeen,
  recordSent,
} from "@sluice/config";
import type { NodeIdentity, XdsServerObserver, XdsStreamInfo } from "@sluice/xds";
import { withDeadline } from "../server/with-deadline.ts";
import { kindOf } from "../snapshot/build-snapshot.ts";
import type { VersionHistory } from "../snapshot/version-history.ts";
import { keyOf, type NodeEvent, runsOf } from "./event-runs.ts";
import { labelsOfNode } from "./node-labels.ts";

export interface NodeRecorderOptions {
  readonly context: NodeContext;
  /** Unique per process start. */
  readonly replica: string;
  readonly history: VersionHistory;
  readonly onTrouble: (error: unknown) => void;
}

const GATHER_MS = 10;
const RETRY_MS = 500;
const SEEN_EVERY_MS = 1_000;
const EVENTS_MAX = 20_000;
/** Writing again what was written after all is harmless. */
const WRITE_DEADLINE_MS = 5_000;

/**
 * Writes down what happens between the nodes and this replica, in order, a few milliseconds' worth at a time. While
 * Postgres is away events wait; the oldest go when there are too many, and what is connected is told again afterwards.
 */
export class NodeRecorder implements XdsServerObserver {
  readonly #options: NodeRecorderOptions;
  #events: NodeEvent[] = [];
  /** By node and kind, where the last event that waits is a refusal: the next one takes its place. */
  readonly #refusals = new Map<string, number>();
  #overflowed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #closed = false;
  #troubled = false;
  #connections = 0;
  /** A node may have several streams (no ADS, or the new one comes before the old one ends): it is connected while one is. */
  readonly #nodes = new Map<string, { readonly connected: ConnectedNode; readonly streams: Set<number> }>();
  readonly #seenAtMs = new Map<string, number>();
  /** By node, so that one that comes or goes costs nothing of the others. */
  readonly #effective = new Map<string, Map<ResourceKind, number>>();
  readonly #managed = new Map<string, string>();
  /** Kinds that something was sent of, or that were told to be unchanged, since the node connected. */
  readonly #told = new Map<string, Set<ResourceKind>>();

  constructor(options: NodeRecorderOptions) {
    this.#options = options;
  }

  onStreamOpened(stream: XdsStreamInfo): void {
    const node = this.#nodes.get(stream.node.id);
    if (node !== undefined) {
      node.streams.add(stream.id);
      return;
    }
    const connected: ConnectedNode = {
      ...describeNode(stream.node),
      peer: stream.peer,
      replica: this.#options.replica,
      connection: `${this.#options.replica}/${++this.#connections}`,
    };
    this.#nodes.set(stream.node.id, { connected, streams: new Set([stream.id]) });
    this.#forget(stream.node.id);
    this.#add({ verb: "connected", event: connected });
  }

  onStreamClosed(stream: XdsStreamInfo): void {
    const node = this.#nodes.get(stream.node.id);
    if (node === undefined || !node.streams.delete(stream.id) || node.streams.size > 0) return;
    this.#nodes.delete(stream.node.id);
    const { connection } = node.connected;
    this.#add({ verb: "disconnected", event: { id: stream.node.id, connection } });
  }

  onSent(stream: XdsStreamInfo, typeUrl: string, version: string): void {
    this.#addTypeEvent("sent", stream, typeUrl, version);
  }

  onAck(stream: XdsStreamInfo, typeUrl: string, version: string): void {
    this.#addTypeEvent("ack", stream, typeUrl, version);
  }

  onNack(stream: XdsStreamInfo, typeUrl: string, version: string, message: string): void {
    const event = this.#typeEvent(stream, typeUrl, version);
    if (event !== undefined) this.#add({ verb: "nack", event: { ...event, message } });
  }

  onUnchanged(stream: XdsStreamInfo, typeUrl: string, version: string): void {
    this.#addTypeEvent("sent", stream, typeUrl, version);
    this.#addTypeEvent("ack", stream, typeUrl, version);
  }

  /** Telemetry of the node came. */
  onSeen(id: string, nowMs: number): void {
    if (nowMs - (this.#seenAtMs.get(id) ?? 0) < SEEN_EVERY_MS) return;
    this.#seenAtMs.set(id, nowMs);
    this.#add({ verb: "seen", event: id });
  }

  /**
   * The node's stats say which versions are in force; only what is new is written. A node that came back with delta xDS and
   * has all it asks for is sent nothing, so nothing is acknowledged either: that it runs it is the acknowledgement.
   */
  onEffective(id: string, versions: ReadonlyMap<ResourceKind, number>): void {
    const effective = this.#effective.get(id) ?? new Map<ResourceKind, number>();
    this.#effective.set(id, effective);
    for (const [kind, version] of versions) {
      if (version === 0 || effective.get(kind) === version) continue;
      effective.set(kind, version);
      const event: NodeTypeEvent = { id, kind, version };
      if (this.#nodes.has(id) && this.#told.get(id)?.has(kind) !== true) {
        this.#add({ verb: "sent", event });
        this.#add({ verb: "ack", event });
      }
      this.#add({ verb: "effective", event });
    }
  }

  /** What changes without a version; only what is new is written. */
  onManaged(event: NodeManagedEvent): void {
    const text = JSON.stringify(event);
    if (this.#managed.get(event.id) === text) return;
    this.#managed.set(event.id, text);
    this.#add({ verb: "managed", event });
  }

  /** Writes what waits, once. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  #forget(id: string): void {
    this.#effective.delete(id);
    this.#managed.delete(id);
    this.#told.delete(id);
  }

  #typeEvent(stream: XdsStreamInfo, typeUrl: string, version: string): NodeTypeEvent | undefined {
    const kind = kindOf(typeUrl);
    const known = kind === undefined ? undefined : this.#options.history.ofString(kind, version);
    // Version 0 is the empty configuration before the first publish: nobody waits for it.
    if (kind === undefined || known === undefined || known.number === 0) return undefined;
    const told = this.#told.get(stream.node.id) ?? new Set<ResourceKind>();
    this.#told.set(stream.node.id, told.add(kind));
    return { id: stream.node.id, kind, version: known.number };
  }

  #addTypeEvent(verb: "sent" | "ack", stream: XdsStreamInfo, typeUrl: string, version: string): void {
    const event = this.#typeEvent(stream, typeUrl, version);
    if (event !== undefined) this.#add({ verb, event });
  }

  #add(event: NodeEvent): void {
    const key = keyOf(event);
    const refused = this.#refusals.get(key);
    if (event.verb === "nack" && refused !== undefined) {
      this.#events[refused] = event;
      return;
    }
    if (event.verb === "nack") this.#refusals.set(key, this.#events.length);
    // A refusal must not move to before a coming or going of its node.
    else if (event.verb === "connected" || event.verb === "disconnected") this.#refusals.clear();
    else if (event.verb !== "seen") this.#refusals.delete(key);
    this.#events.push(event);
    if (this.#events.length > EVENTS_MAX) {
      this.#events.splice(0, this.#events.length - EVENTS_MAX);
      this.#refusals.clear();
      this.#overflowed = true;
    }
    this.#wake(GATHER_MS);
  }

  #wake(afterMs: number): void {
    if (this.#closed || this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined;
        if (this.#events.length > 0) this.#wake(this.#troubled ? RETRY_MS : GATHER_MS);
      });
    }, afterMs);
  }

  async #write(): Promise<void> {
    if (this.#overflowed) {
      this.#overflowed = false;
      const connected = [...this.#nodes.values()].map((node) => node.connected);
      this.#refusals.clear();
      this.#events.unshift(...connected.map((event): NodeEvent => ({ verb: "connected", event })));
    }
    const runs = runsOf(this.#events);
    this.#events = [];
    this.#refusals.clear();
    let done = 0;
    try {
      for (const run of runs) {
        await withDeadline("recording nodes' states", WRITE_DEADLINE_MS, record(this.#options.context, run));
        done++;
      }
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#options.onTrouble(error);
      this.#troubled = true;
      this.#events = [...runs.slice(done).flat(), ...this.#events];
      this.#refusals.clear();
    }
  }
}

async function record(context: NodeContext, run: readonly NodeEvent[]): Promise<void> {
  const verb = run[0]?.verb;
  const connected = run.flatMap((item) => (item.verb === "connected" ? [item.event] : []));
  const disconnected = run.flatMap((item) => (item.verb === "disconnected" ? [item.event] : []));
  const typed = run.flatMap((item) =>
    item.verb === "sent" || item.verb === "ack" || item.verb === "effective" ? [item.event] : [],
  );
  const nacks = run.flatMap((item) => (item.verb === "nack" ? [item.event] : []));
  const managed = run.flatMap((item) => (item.verb === "managed" ? [item.event] : []));
  const seen = run.flatMap((item) => (item.verb === "seen" ? [item.event] : []));
  switch (verb) {
    case "connected":
      return recordConnected(context, connected);
    case "disconnected":
      return recordDisconnected(context, disconnected);
    case "sent":
      return recordSent(context, typed);
    case "ack":
      return recordAck(context, typed);
    case "effective":
      return recordEffective(context, typed);
    case "nack":
      return recordNack(context, nacks);
    case "managed":
      return recordManaged(context, managed);
    case "seen":
      return recordSeen(context, seen);
    case undefined:
      return undefined;
  }
}

function describeNode(node: NodeIdentity): Omit<ConnectedNode, "peer" | "replica" | "connection"> {
  const name = node.userAgentName.toLowerCase();
  return {
    id: node.id,
    cluster: node.cluster,
    product: name === "sluice" || name === "envoy" ? name : "other",
    productVersion: node.userAgentVersion,
    labels: labelsOfNode(node),
    extensions: [
      ...new Set(node.extensions.flatMap(({ name: extension, typeUrls }) => [extension, ...typeUrls])),
    ],
  };
}
