import { createOrderClient, type OrderClient } from "@sluice/xds/client";
import { connectForStream } from "../grpc/own-connection.ts";
import type { Server } from "../server/server.ts";
import { StartupError } from "../server/startup-error.ts";
import { carryOutOrder, ORDER_ACTIONS } from "./carry-out-order.ts";
import { nodeStatus } from "./node-status.ts";

/** Where the bootstrap says that orders come from: `node.metadata.sluice.orders`, the name of a static cluster. */
export function orderCluster(server: Server): string | undefined {
  const sluice = server.node.metadata?.sluice;
  if (typeof sluice !== "object" || sluice === null || Array.isArray(sluice)) return undefined;
  if (sluice.orders === undefined) return undefined;
  const clusters = server.bootstrap.message.staticResources?.clusters ?? [];
  const name = String(sluice.orders);
  if (clusters.some((cluster) => cluster.name === name)) return name;
  throw new StartupError(
    `node.metadata.sluice.orders: must name a statically defined cluster: '${name}' does not exist`,
  );
}

/** The node takes orders from its control plane for as long as it runs; undefined where the bootstrap names none. */
export function startOrderChannel(server: Server): OrderClient | undefined {
  const cluster = orderCluster(server);
  if (cluster === undefined) return undefined;
  let told: boolean | undefined;
  return createOrderClient({
    target: () => {
      const host = server.resolveCluster(cluster);
      return (
        host && { authority: host.address, secure: host.secure, connect: () => connectForStream(host.open()) }
      );
    },
    nodeId: server.node.id,
    actions: ORDER_ACTIONS,
    status: () => nodeStatus(server),
    onOrder: (order) => carryOutOrder(server, order),
    random: Math.random,
    onState: (connected, detail) => {
      if (connected === told) return;
      told = connected;
      if (connected) server.log.info("takes orders from the control plane");
      else server.log.debug(`no order channel: ${detail}`);
    },
  });
}
