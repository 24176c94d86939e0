import type { FormatContext } from "../../formatter/format-context.ts";
import { EnvoyHeader } from "../../http/envoy-headers.ts";
import { Headers } from "../../http/header-map.ts";
import type { RequestCheck } from "./codec-probe.ts";
import { applyHeaderChanges } from "./header-changes.ts";
import type { HttpCheck, StatusRange } from "./health-check-config.ts";
import { matchesPayload } from "./match-payload.ts";

/** `authority`: of the request. `context`: what its headers may tell of. `verifiesName`: whether the service's name is looked at this time. */
export function createHttpCheck(
  check: HttpCheck,
  authority: string,
  secure: boolean,
  context: () => FormatContext,
  verifiesName: () => boolean,
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
      applyHeaderChanges(headers, check.headers, context());
      if (check.send.length > 0) headers.set("content-length", String(check.send.length));
      return { headers, body: check.send };
    },
    judge: ({ headers, body }, sink) => {
      const status = Number(headers.get(":status") ?? "0");
      const immediate = headers.has(EnvoyHeader.immediateHealthCheckFail);
      if (!matchesPayload(check.receive, body)) return sink.onFailure("active", false, immediate, status);
      if (!within(check.expectedStatuses, status)) {
        return sink.onFailure("active", within(check.retriableStatuses, status), immediate, status);
      }
      if (check.serviceName !== undefined && verifiesName()) {
        const name = headers.get(EnvoyHeader.upstreamHealthcheckedCluster) ?? "";
        if (!check.serviceName(name)) return sink.onFailure("active", false, false, status);
      }
      sink.onSuccess(headers.has(EnvoyHeader.degraded));
    },
  };
}

function within(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end);
}
