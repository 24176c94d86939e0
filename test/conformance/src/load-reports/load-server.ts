import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, toJson } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import {
  LoadReportingService,
  LoadStatsRequestSchema,
  LoadStatsResponseSchema,
} from "@sluice/xds/gen/envoy/service/load_stats/v3/lrs_pb.js";

/** What a node said, as protobuf's JSON. */
export interface SaidLoad {
  readonly node?: { readonly id?: string; readonly clientFeatures?: readonly string[] };
  readonly clusterStats?: readonly SaidCluster[];
}

export interface SaidCluster {
  readonly clusterName?: string;
  readonly clusterServiceName?: string;
  readonly upstreamLocalityStats?: readonly SaidLocality[];
  readonly totalDroppedRequests?: string;
  readonly droppedRequests?: readonly { readonly category: string; readonly droppedCount: string }[];
  readonly loadReportInterval?: string;
}

export interface SaidMetric {
  readonly metricName: string;
  readonly numRequestsFinishedWithMetric?: string;
  readonly totalMetricValue?: number;
}

export interface SaidFigures {
  readonly totalSuccessfulRequests?: string;
  readonly totalErrorRequests?: string;
  readonly totalRequestsInProgress?: string;
  readonly totalIssuedRequests?: string;
  readonly loadMetricStats?: readonly SaidMetric[];
}

export interface SaidLocality extends SaidFigures {
  readonly locality?: Readonly<Record<string, string>>;
  readonly priority?: number;
  readonly upstreamEndpointStats?: readonly (SaidFigures & { readonly address?: unknown })[];
}

export interface LoadOrder {
  /** Undefined: of all clusters. */
  readonly clusters?: readonly string[];
  readonly endpoints: boolean;
  readonly intervalMs: number;
}

/** A load reporting server that gives each stream one order, and can cut or end the streams. */
export interface LoadServer {
  readonly port: number;
  /** By stream, in the order of their beginning. */
  readonly streams: readonly SaidLoad[][];
  order: LoadOrder;
  /** Resets the connections: an error to the node. */
  cut(): void;
  close(): Promise<void>;
}

export async function startLoadServer(order: LoadOrder): Promise<LoadServer> {
  const streams: SaidLoad[][] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(
    connectNodeAdapter({
      connect: false,
      grpcWeb: false,
      routes: (router) =>
        router.rpc(LoadReportingService.method.streamLoadStats, async function* (requests) {
          const said: SaidLoad[] = [];
          streams.push(said);
          for await (const request of requests) {
            said.push(toJson(LoadStatsRequestSchema, request) as SaidLoad);
            if (said.length === 1) yield response(running.order);
          }
        }),
    }),
  );
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const session of sessions) session.destroy();
  };
  const running: LoadServer = {
    port: (server.address() as AddressInfo).port,
    streams,
    order,
    cut,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return running;
}

function response({ clusters, endpoints, intervalMs }: LoadOrder) {
  return create(LoadStatsResponseSchema, {
    sendAllClusters: clusters === undefined,
    clusters: [...(clusters ?? [])],
    reportEndpointGranularity: endpoints,
    loadReportingInterval: {
      seconds: BigInt(Math.floor(intervalMs / 1000)),
      nanos: (intervalMs % 1000) * 1e6,
    },
  });
}
