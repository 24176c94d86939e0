import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { OrderReply } from "@sluice/xds/client";
import type { NodeOrder } from "@sluice/xds/gen/sluice/node/v1/orders_pb.js";
import { configDump } from "../admin/config-dump.ts";
import { receivedEndpointsSection } from "../admin/endpoints-section.ts";
import { parseLogLevel } from "../server/application-log.ts";
import type { Server } from "../server/server.ts";
import { sendProbe } from "./send-probe.ts";

type Parameters = NodeOrder["parameters"];

/** What is sent, gzip; a configuration of 20,000 resources has about two. */
const CONTENT_BYTES_MAX = 16 << 20;
const zip = promisify(gzip);

/** All that a control plane can make this node do; each but `probe` is what the admin interface does on the path of that name. */
const ACTIONS: Readonly<Record<string, (server: Server, parameters: Parameters) => Promise<OrderReply>>> = {
  /** `/healthcheck/fail`, and with `close_listeners` `/drain_listeners?graceful`. */
  async drain(server, parameters) {
    server.drain.setHealthCheckFailed(true);
    if (parameters.close_listeners === "true")
      await server.listenerDrain.begin({ graceful: true, inboundOnly: false, keepListening: false });
    return { done: true };
  },
  /** `/healthcheck/ok`. */
  async resume(server) {
    if (server.listenerDrain.listenersClose)
      return { done: false, reason: "its listeners close, or are closed: only a restart opens them again" };
    server.drain.setHealthCheckFailed(false);
    return { done: true };
  },
  /** `/logging?level=`. */
  async log_level(server, { level: text = "" }) {
    const level = parseLogLevel(text);
    if (level === undefined) return { done: false, reason: `it knows no log level '${text}'` };
    for (const name of server.threads.logLevels().keys()) server.threads.setLogLevel(name, level);
    return { done: true };
  },
  /** `/config_dump`, but with endpoints as they came: they are held against versions. */
  async config_dump(server, parameters) {
    const asked = new URLSearchParams({ ...parameters });
    const { status = 200, body } = configDump(server, asked, receivedEndpointsSection);
    const text = typeof body === "string" ? body : [...body].join("");
    if (status !== 200) return { done: false, reason: text.trim() };
    const content = await zip(text);
    if (content.length <= CONTENT_BYTES_MAX) return { done: true, content };
    const mib = Math.ceil(content.length / (1 << 20));
    const reason = `its dump has ${mib} MiB, compressed; ${CONTENT_BYTES_MAX >> 20} can be sent: ask for one kind of resource, or for names`;
    return { done: false, reason };
  },
  probe: sendProbe,
};

/** They change nothing here, and come often. */
const UNTOLD: ReadonlySet<string> = new Set(["config_dump", "probe"]);

export const ORDER_ACTIONS: readonly string[] = Object.keys(ACTIONS);

/** Never rejects. */
export async function carryOutOrder(server: Server, order: NodeOrder): Promise<OrderReply> {
  const { action, parameters } = order;
  const carryOut = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (carryOut === undefined) return { done: false, reason: `it knows no order '${action}'` };
  try {
    const reply = await carryOut(server, parameters);
    if (!UNTOLD.has(action))
      server.log.info(`order '${action}' from the control plane: ${reply.done ? "done" : reply.reason}`);
    return reply;
  } catch (error) {
    return { done: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
