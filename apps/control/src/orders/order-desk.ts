import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import {
  CHANNELS,
  closeNodeChannel,
  type NodeContext,
  type NodeOrder,
  type NodeStatus,
  nodesWithOrders,
  type OrderAction,
  type OrderAnswer,
  openNodeChannel,
  recordNodeStatus,
  settleOrder,
  takeOrders,
  tidyOrders,
} from "@sluice/config";
import type { NotificationBus } from "@sluice/database";
import type { Snapshot } from "@sluice/xds";
import type { StreamStatus } from "@sluice/xds/server";
import { NotifiedLoop } from "../server/notified-loop.ts";
import { withDeadline } from "../server/with-deadline.ts";
import { compareWithVersion } from "./compare-with-version.ts";
import { dumpOfStatus } from "./dump-of-status.ts";

export interface OrderDeskOptions {
  readonly context: NodeContext;
  readonly bus: NotificationBus;
  /** Unique per process start. */
  readonly replica: string;
  /** Of every stream to this replica. */
  readonly status: () => readonly StreamStatus[];
  /** A version as nodes are sent it. */
  readonly snapshotOf: (version: number) => Promise<Snapshot>;
  readonly onTrouble: (error: unknown) => void;
}

/** What the desk sends to a node. */
export type SentOrder = Pick<NodeOrder, "id" | "parameters"> & {
  readonly action: string;
  readonly withinMs: number;
};

/** A node's call, from its hello to its end. */
export interface DeskChannel {
  onStatus(status: NodeStatus): void;
  onAnswer(answer: Omit<OrderAnswer, "node">): void;
  close(): void;
}

interface Channel {
  readonly node: string;
  readonly connection: string;
  readonly actions: readonly OrderAction[];
  readonly send: (order: SentOrder) => void;
  /** Orders that it was sent and has not answered: what it says of others counts for nothing. */
  readonly sent: Set<string>;
}

const TICK_MS = 1_000;
const TIDY_MS = 5_000;
const WRITE_DEADLINE_MS = 5_000;
const READ_ACTIONS: readonly OrderAction[] = ["config_dump", "compare"];
/** Compressed, and what it may unfold to. */
const ANSWER_BYTES_MAX = 16 << 20;
const CONTENT_BYTES_MAX = 128 << 20;
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/**
 * Brings orders from Postgres to the nodes whose calls are at this replica, and their answers back; of nodes that take no orders it
 * answers what reads, from their xDS streams. Looks at each notification and every second.
 */
export class OrderDesk {
  readonly #options: OrderDeskOptions;
  /** The newest call of a node is the one that is used. */
  readonly #channels = new Map<string, Channel>();
  readonly #comparisons = new Map<string, number>();
  /** Writes about one node come one after the other. */
  readonly #writing = new Map<string, Promise<void>>();
  readonly #loop: NotifiedLoop;
  #tidyAtMs = 0;

  constructor(options: OrderDeskOptions) {
    this.#options = options;
    const { bus, onTrouble } = options;
    const look = () => this.#look();
    const times = { tickMs: TICK_MS, retryMs: TICK_MS };
    this.#loop = new NotifiedLoop({ bus, channel: CHANNELS.order, look, ...times, onTrouble });
  }

  /** Returns at once. */
  start(): void {
    this.#loop.start();
  }

  async close(): Promise<void> {
    await this.#loop.close();
    await Promise.all(this.#writing.values());
  }

  open(
    node: string,
    actions: readonly string[],
    status: NodeStatus,
    send: (order: SentOrder) => void,
  ): DeskChannel {
    const { context, replica } = this.#options;
    const connection = randomUUID();
    const known: OrderAction[] = [];
    for (const action of ["drain", "resume", "log_level", "config_dump", "probe"] as const)
      if (actions.includes(action)) known.push(action);
    if (known.includes("config_dump")) known.push("compare");
    const channel: Channel = { node, connection, actions: known, send, sent: new Set() };
    this.#channels.set(node, channel);
    this.#write(node, () => openNodeChannel(context, { node, replica, connection, actions: known, status }));
    this.#write(node, async () => this.#loop.look());
    let told = JSON.stringify(status);
    let newest: NodeStatus | undefined;
    return {
      onStatus: (changed) => {
        // Every ten seconds of a thousand nodes: nothing is written unless something is new, and then only the newest.
        const text = JSON.stringify(changed);
        if (text === told) return;
        told = text;
        const isWaiting = newest !== undefined;
        newest = changed;
        if (isWaiting) return;
        this.#write(node, async () => {
          const last = newest ?? changed;
          newest = undefined;
          await recordNodeStatus(context, { node, connection, status: last });
        });
      },
      onAnswer: (answer) => {
        if (!channel.sent.delete(answer.id)) return;
        this.#write(node, () => this.#settle({ ...bounded(answer), node }));
      },
      close: () => {
        if (this.#channels.get(node) === channel) this.#channels.delete(node);
        this.#write(node, () => closeNodeChannel(context, { node, connection }));
      },
    };
  }

  #write(node: string, work: () => Promise<void>): void {
    const before = this.#writing.get(node) ?? Promise.resolve();
    const written = before
      .then(() => withDeadline("writing down what a node said", WRITE_DEADLINE_MS, work()))
      .catch(this.#options.onTrouble)
      .finally(() => {
        if (this.#writing.get(node) === written) this.#writing.delete(node);
      });
    this.#writing.set(node, written);
  }

  async #look(): Promise<void> {
    const { context } = this.#options;
    await this.#tidy();
    const nodes = await withDeadline("looking for orders", WRITE_DEADLINE_MS, nodesWithOrders(context));
    for (const node of nodes) await withDeadline("taking orders", WRITE_DEADLINE_MS, this.#carry(node));
  }

  async #tidy(): Promise<void> {
    if (performance.now() < this.#tidyAtMs) return;
    this.#tidyAtMs = performance.now() + TIDY_MS;
    await withDeadline("tidying orders", WRITE_DEADLINE_MS, tidyOrders(this.#options.context));
  }

  async #carry(node: string): Promise<void> {
    const { context } = this.#options;
    const channel = this.#channels.get(node);
    if (channel !== undefined) {
      for (const order of await takeOrders(context, { node, actions: channel.actions }))
        this.#send(channel, order);
      return;
    }
    if (!this.#streamsOf(node).length) return;
    const orders = await takeOrders(context, { node, actions: READ_ACTIONS, withoutChannel: true });
    for (const { id, action, parameters } of orders) {
      const content = await zip(JSON.stringify(dumpOfStatus(this.#streamsOf(node), parameters)));
      if (action === "compare") this.#comparisons.set(id, Number(parameters.version));
      this.#write(node, () => this.#settle({ id, node, done: true, reason: "", content }));
    }
  }

  #send(channel: Channel, order: NodeOrder): void {
    const { id, action, parameters, deadline } = order;
    channel.sent.add(id);
    const withinMs = Math.max(0, deadline.getTime() - this.#options.context.now().getTime());
    if (action !== "compare") {
      channel.send({ id, action, parameters, withinMs });
      return;
    }
    this.#comparisons.set(id, Number(parameters.version));
    channel.send({ id, action: "config_dump", parameters: { include_eds: "" }, withinMs });
  }

  async #settle(answer: OrderAnswer): Promise<void> {
    const { context, snapshotOf } = this.#options;
    const version = this.#comparisons.get(answer.id);
    this.#comparisons.delete(answer.id);
    if (version === undefined || !answer.done || answer.content === undefined)
      return await settleOrder(context, answer);
    try {
      const dump = JSON.parse(
        (await unzip(answer.content, { maxOutputLength: CONTENT_BYTES_MAX })).toString(),
      );
      const compared = compareWithVersion(dump, version, await snapshotOf(version));
      await settleOrder(context, { ...answer, content: await zip(JSON.stringify(compared)) });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const reason = `what the node sent could not be compared: ${why}`;
      await settleOrder(context, { ...answer, done: false, reason, content: undefined });
    }
  }

  #streamsOf(node: string): readonly StreamStatus[] {
    return this.#options.status().filter(({ stream }) => stream.node.id === node);
  }
}

/** A node of ours refuses by itself; another may send anything. */
function bounded(answer: Omit<OrderAnswer, "node">): Omit<OrderAnswer, "node"> {
  if ((answer.content?.length ?? 0) <= ANSWER_BYTES_MAX) return answer;
  return { id: answer.id, done: false, reason: "it sent more than 16 MiB", content: undefined };
}
