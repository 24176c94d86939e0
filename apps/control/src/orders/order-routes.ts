import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import type { NodeStatus } from "@sluice/config";
import {
  type NodeMessage,
  NodeOrderService,
  type NodeStatus as StatusMessage,
} from "@sluice/xds/gen/sluice/node/v1/orders_pb.js";
import { authenticatedNodeKey, requireOwnId } from "@sluice/xds/server";
import type { DeskChannel, OrderDesk, SentOrder } from "./order-desk.ts";
import { Outbox } from "./outbox.ts";

/** A node says something every ten seconds. */
const SILENCE_MS = 30_000;
const ACTIONS_MAX = 32;

/** The order channel: one call per node, over which `desk` asks and is answered. */
export function orderRoutes(desk: Pick<OrderDesk, "open">): (router: ConnectRouter) => void {
  return (router) => {
    router.service(NodeOrderService, {
      async *streamOrders(messages, { values }) {
        const outbox = new Outbox<SentOrder>();
        const authenticated = values.get(authenticatedNodeKey);
        const requireId = (id: string): void => {
          if (id === "") throw new ConnectError("hello.node_id must be set", Code.InvalidArgument);
          if (authenticated !== undefined) requireOwnId(authenticated, id);
        };
        const reading = readMessages(messages, desk, requireId, outbox);
        // Awaited below; until then a failure ends the outbox and is not unhandled.
        reading.catch(() => {});
        yield* outbox;
        await reading;
      },
    });
  };
}

async function readMessages(
  messages: AsyncIterable<NodeMessage>,
  desk: Pick<OrderDesk, "open">,
  requireId: (id: string) => void,
  outbox: Outbox<SentOrder>,
): Promise<void> {
  let channel: DeskChannel | undefined;
  const silent = new ConnectError(`nothing was heard for ${SILENCE_MS / 1000} s`, Code.DeadlineExceeded);
  const silence = setTimeout(() => outbox.end(silent), SILENCE_MS);
  try {
    for await (const { message } of messages) {
      silence.refresh();
      if (channel === undefined) {
        if (message.case !== "hello")
          throw new ConnectError("the first message must be hello", Code.InvalidArgument);
        const { nodeId, actions, status } = message.value;
        requireId(nodeId);
        channel = desk.open(nodeId, actions.slice(0, ACTIONS_MAX), readStatus(status), (order) =>
          outbox.push(order),
        );
      } else if (message.case === "status") channel.onStatus(readStatus(message.value));
      else if (message.case === "answer") {
        const { orderId, done, reason, content } = message.value;
        channel.onAnswer({
          id: orderId,
          done,
          reason,
          content: content.length === 0 ? undefined : content,
        });
      }
    }
    outbox.end();
  } catch (error) {
    outbox.end(error);
    throw error;
  } finally {
    clearTimeout(silence);
    channel?.close();
  }
}

/** What a node says may be anything. */
function readStatus(status: StatusMessage | undefined): NodeStatus {
  const startedAt = new Date(Number(status?.startedAtMs ?? 0));
  return {
    state: (status?.state ?? "").slice(0, 32),
    healthCheckFailed: status?.healthCheckFailed ?? false,
    listenersStopped: status?.listenersStopped ?? false,
    logLevel: (status?.logLevel ?? "").slice(0, 32),
    startedAt: (Number.isNaN(startedAt.getTime()) ? new Date(0) : startedAt).toISOString(),
    connections: Number(status?.connections ?? 0),
  };
}
