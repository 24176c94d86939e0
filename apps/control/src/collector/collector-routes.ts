import { Code, ConnectError, type ConnectRouter, type ContextValues } from "@connectrpc/connect";
import { AccessLogService } from "@sluice/xds/gen/envoy/service/accesslog/v3/als_pb.js";
import { MetricsService } from "@sluice/xds/gen/envoy/service/metrics/v3/metrics_service_pb.js";
import { TraceService } from "@sluice/xds/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import { authenticatedNodeKey, requireOwnId } from "@sluice/xds/server";
import type { NodeReports } from "./node-reports.ts";

/** Envoy's metrics and access-log services and OTLP's trace service, over what `reports` makes of them. */
export function collectorRoutes(reports: NodeReports): (router: ConnectRouter) => void {
  return (router) => {
    router.service(MetricsService, {
      async streamMetrics(messages, { values }) {
        let stream: ReturnType<NodeReports["openMetrics"]> | undefined;
        try {
          for await (const message of messages) {
            const node = message.identifier?.node;
            if (stream === undefined) {
              if (node === undefined || node.id === "") throw withoutNode();
              requireAuthenticated(values, node.id);
              stream = reports.openMetrics(node);
            }
            stream.read(message);
          }
        } finally {
          stream?.close();
        }
        return {};
      },
    });
    router.service(AccessLogService, {
      async streamAccessLogs(messages, { values }) {
        let origin: { readonly node: string; readonly listener: string } | undefined;
        for await (const message of messages) {
          if (origin === undefined) {
            const node = message.identifier?.node?.id ?? "";
            if (node === "") throw withoutNode();
            requireAuthenticated(values, node);
            origin = { node, listener: message.identifier?.logName ?? "" };
          }
          reports.readAccessLog(message, origin.node, origin.listener);
        }
        return {};
      },
    });
    router.service(TraceService, {
      export(request, { values }) {
        // Spans say in several ways where they come from, or not at all: a certificate says it for all of them.
        reports.readSpans(request, values.get(authenticatedNodeKey)?.id);
        return {};
      },
    });
  };
}

function requireAuthenticated(values: ContextValues, said: string): void {
  const authenticated = values.get(authenticatedNodeKey);
  if (authenticated !== undefined) requireOwnId(authenticated, said);
}

function withoutNode(): ConnectError {
  return new ConnectError("the first message must carry identifier.node.id", Code.InvalidArgument);
}
