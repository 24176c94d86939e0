import type { Counter } from "@sluice/extension-api";
import { EnvoyHeader } from "../../http/envoy-headers.ts";
import { Headers } from "../../http/header-map.ts";
import type { RequestCheck } from "./codec-probe.ts";
import { applyHeaderChanges, type HttpCheck, type StatusRange } from "./health-check-config.ts";
import { matchesPayload } from "./match-payload.ts";

/** `authority`: of the request. `verifyCluster`: counts answers of a service with another name. */
export function createHttpCheck(
  check: HttpCheck,
  authority: string,
  secure: boolean,
  verifyCluster: Counter,
): RequestCheck {
  return {
    bodyBytes: check.receive.length === 0 ? 1 : check.responseBufferBytes,
    request: () => {
      const headers = new Headers([
        ":method",
        check.method,
        ":path",
        check.path,
        ":authority",
        authority,
        ":scheme",
        secure ? "https" : "http",
        "user-agent",
        "Envoy/HC",
      ]);
      if (check.send.length > 0) headers.append("content-length", String(check.send.length));
      applyHeaderChanges(headers, check);
      return { headers, body: check.send };
    },
    judge: ({ headers, body }, sink) => {
      const status = Number(headers.get(":status") ?? "0");
      const immediate = headers.has(EnvoyHeader.immediateHealthCheckFail);
      if (!within(check.expectedStatuses, status)) {
        return sink.onFailure("active", within(check.retriableStatuses, status), immediate, status);
      }
      if (!matchesPayload(check.receive, body)) return sink.onFailure("active", false, immediate, status);
      if (check.serviceName !== undefined) {
        const name = headers.get(EnvoyHeader.upstreamHealthcheckedCluster) ?? "";
        if (!check.serviceName(name)) {
          verifyCluster.inc();
          return sink.onFailure("active", false, immediate, status);
        }
      }
      if (immediate) return sink.onFailure("active", false, true, status);
      sink.onSuccess(headers.has(EnvoyHeader.degraded));
    },
  };
}

function within(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end);
}
