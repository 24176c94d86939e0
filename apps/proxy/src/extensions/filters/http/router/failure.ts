import { ResponseFlag } from "@sluice/extension-api";
import type { StreamResetReason } from "../../../../http/codec.ts";
import { missingHeaderText } from "../../../../http/required-headers.ts";

/** How a request ends that no upstream has answered: what the client gets, and what the access log says. Envoy's words. */
export interface Failure {
  readonly status: number;
  readonly body: string;
  readonly details: string;
  /** 0: none. */
  readonly flag: ResponseFlag | 0;
  /** Limits were reached. */
  readonly overloaded: boolean;
}

/** The request's body is too much to keep, and there is no try that it could be sent to. */
export const BODY_OVERFLOW: Failure = Object.freeze({
  status: 507,
  body: "exceeded request buffer limit while retrying upstream",
  details: "request_payload_exceeded_retry_buffer_limit",
  flag: 0,
  overloaded: false,
});

/** There is no host, or no more pools may be made for them. */
export function noHealthyUpstream(status: number): Failure {
  return {
    status,
    body: "no healthy upstream",
    details: "no_healthy_upstream",
    flag: ResponseFlag.NoHealthyUpstream,
    overloaded: false,
  };
}

/** Filters have removed a header that no request can be without. */
export function lacksHeader(name: string): Failure {
  const body = missingHeaderText(name);
  const details = `filter_removed_required_request_headers{${body}}`;
  return { status: 503, body, details, flag: ResponseFlag.DownstreamProtocolError, overloaded: false };
}

/** `details`: which timeout. */
export function timedOut(status: number, details: string): Failure {
  const body = status === 504 ? "upstream request timeout" : "";
  return { status, body, details, flag: ResponseFlag.UpstreamRequestTimeout, overloaded: false };
}

export function lastedTooLong(requestEnded: boolean): Failure {
  return {
    status: requestEnded ? 504 : 408,
    body: "upstream max stream duration reached",
    details: "upstream_max_stream_duration_reached",
    flag: ResponseFlag.UpstreamMaxStreamDurationReached,
    overloaded: false,
  };
}

const RESET_FLAGS: Readonly<Record<StreamResetReason, ResponseFlag>> = {
  "local reset": ResponseFlag.LocalReset,
  "local refused stream reset": ResponseFlag.LocalReset,
  "remote reset": ResponseFlag.UpstreamRemoteReset,
  "remote refused stream reset": ResponseFlag.UpstreamRemoteReset,
  "connect error": ResponseFlag.UpstreamRemoteReset,
  "connection termination": ResponseFlag.UpstreamConnectionTermination,
  "local connection failure": ResponseFlag.UpstreamConnectionFailure,
  "remote connection failure": ResponseFlag.UpstreamConnectionFailure,
  "connection timeout": ResponseFlag.UpstreamConnectionFailure,
  "overload manager": ResponseFlag.OverloadManager,
  overflow: ResponseFlag.UpstreamOverflow,
  "protocol error": ResponseFlag.UpstreamProtocolError,
};

export function flagOfReset(reason: StreamResetReason): ResponseFlag {
  return RESET_FLAGS[reason];
}

export function statusOfReset(reason: StreamResetReason): number {
  return reason === "protocol error" ? 502 : 503;
}

/** The last try was reset. `late`: the response had begun. */
export function wasReset(
  reason: StreamResetReason,
  transportFailure: string,
  retried: boolean,
  late: boolean,
): Failure {
  const transport = transportFailure === "" ? "" : `|${transportFailure}`;
  const kind = late ? "upstream_reset_after_response_started" : "upstream_reset_before_response_started";
  return {
    status: statusOfReset(reason),
    body: `upstream connect error or disconnect/reset before headers. ${retried ? "retried and the latest " : ""}reset reason: ${reason}`,
    details: `${kind}{${reason}${transport}}`.replaceAll(" ", "_"),
    flag: flagOfReset(reason),
    overloaded: reason === "overflow",
  };
}
