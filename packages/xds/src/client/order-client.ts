import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  type NodeMessage,
  NodeMessageSchema,
  type NodeOrder,
  NodeOrderService,
  type NodeStatusSchema,
} from "../../gen/sluice/node/v1/orders_pb.js";
import { type CallEnd, keepOpen } from "./keep-open.ts";
import { type GrpcTransport, onOwnSession } from "./open-session.ts";
import type { XdsTarget } from "./xds-client.ts";

export type NodeStatusInit = MessageInitShape<typeof NodeStatusSchema>;

/** A node's answer to one order. `content`: gzip. */
export type OrderReply =
  | { readonly done: true; readonly content?: Uint8Array }
  | { readonly done: false; readonly reason: string };

export interface OrderClientOptions {
  /** Asked before each attempt; undefined: not known yet. */
  readonly target: () => XdsTarget | undefined;
  readonly nodeId: string;
  readonly actions: readonly string[];
  readonly status: () => NodeStatusInit;
  /** One order at a time, in the order in which they came; none that came too late. Never rejects. */
  readonly onOrder: (order: NodeOrder) => Promise<OrderReply>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onState?: (connected: boolean, detail: string) => void;
}

export interface OrderClient {
  close(): Promise<void>;
}

/** A control plane that knows no orders may be replaced by one that does. */
const UNKNOWN_RETRY_MS = 60_000;
const LOOK_MS = 1_000;
const HEARTBEAT_MS = 10_000;
const MESSAGE_BYTES_MAX = 1 << 20;

/** Keeps the order channel to a control plane open: says how the node is, takes orders, answers them. */
export function createOrderClient(options: OrderClientOptions): OrderClient {
  const closing = new AbortController();
  const { signal } = closing;
  const running = keepOpen({
    signal,
    random: options.random,
    once: (onOpen) => runOnce(options, signal, onOpen),
    onEnd: (detail) => options.onState?.(false, detail),
  });
  return {
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** One call from its hello to its end; answers why it ended. */
async function runOnce(
  options: OrderClientOptions,
  closing: AbortSignal,
  onOpen: () => void,
): Promise<CallEnd> {
  const target = options.target();
  if (target === undefined) return { detail: "the control plane's address is not known" };
  try {
    const own = { target, messageBytesMax: MESSAGE_BYTES_MAX, closing };
    await onOwnSession(own, (transport, signal) => takeOrders(options, transport, signal, onOpen));
    return { detail: "the control plane ended the call" };
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { detail: rawMessage, ...(code === Code.Unimplemented ? { retryMs: UNKNOWN_RETRY_MS } : {}) };
  }
}

async function takeOrders(
  options: OrderClientOptions,
  transport: GrpcTransport,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const speaker = new Speaker(options, signal);
  const orders = createClient(NodeOrderService, transport).streamOrders(speaker.messages(), {
    signal,
    onHeader: () => {
      onOpen();
      options.onState?.(true, "");
    },
  });
  let carrying = Promise.resolve();
  for await (const order of orders) {
    const dueMs = performance.now() + order.withinMs;
    carrying = carrying.then(async () => speaker.answer(order, await carryOut(options, order, dueMs)));
  }
}

async function carryOut(options: OrderClientOptions, order: NodeOrder, dueMs: number): Promise<OrderReply> {
  if (performance.now() > dueMs)
    return { done: false, reason: "the node was busy until the order's time was over" };
  return await options.onOrder(order);
}

/** What the node says on one call: its hello, then answers and its status as they come up. */
class Speaker {
  private readonly options: OrderClientOptions;
  private readonly signal: AbortSignal;
  private readonly waiting: NodeMessage[] = [];
  private wake: () => void = () => {};

  constructor(options: OrderClientOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
  }

  answer({ id }: NodeOrder, reply: OrderReply): void {
    const said = reply.done
      ? { done: true, content: reply.content ?? new Uint8Array() }
      : { done: false, reason: reply.reason };
    // The state that it is in afterwards is known with the answer, not a second later.
    this.say({ case: "status", value: this.options.status() });
    this.say({ case: "answer", value: { orderId: id, ...said } });
  }

  async *messages(): AsyncGenerator<NodeMessage, void> {
    const { nodeId, actions, status } = this.options;
    let said = status();
    yield create(NodeMessageSchema, {
      message: { case: "hello", value: { nodeId, actions: [...actions], status: said } },
    });
    let saidAtMs = performance.now();
    const look = setInterval(() => {
      const now = status();
      if (isSame(now, said) && performance.now() - saidAtMs < HEARTBEAT_MS) return;
      said = now;
      saidAtMs = performance.now();
      this.say({ case: "status", value: now });
    }, LOOK_MS);
    const stop = (): void => this.wake();
    this.signal.addEventListener("abort", stop);
    try {
      while (!this.signal.aborted) {
        const message = this.waiting.shift();
        if (message !== undefined) yield message;
        else
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
      }
    } finally {
      clearInterval(look);
      this.signal.removeEventListener("abort", stop);
    }
  }

  private say(message: NonNullable<MessageInitShape<typeof NodeMessageSchema>["message"]>): void {
    this.waiting.push(create(NodeMessageSchema, { message }));
    this.wake();
  }
}

function isSame(a: NodeStatusInit, b: NodeStatusInit): boolean {
  return (
    a.state === b.state &&
    a.healthCheckFailed === b.healthCheckFailed &&
    a.listenersStopped === b.listenersStopped &&
    a.logLevel === b.logLevel &&
    a.connections === b.connections
  );
}
