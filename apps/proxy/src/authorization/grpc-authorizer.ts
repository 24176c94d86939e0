import { fromBinary } from "@bufbuild/protobuf";
import type { Compiled } from "@sluice/extension-api";
import { toBinaryString } from "@sluice/matching";
import type { GrpcService } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import {
  type CheckResponse,
  CheckResponseSchema,
} from "@sluice/xds/gen/envoy/service/auth/v3/external_auth_pb.js";
import { durationMs } from "../config-message/duration-ms.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
import type { GrpcUnaryCallbacks } from "../upstream/grpc-unary.ts";
import { compileUnaryService, type UnaryService } from "../upstream/unary-service.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { Authorizer } from "./authorizer.ts";
import type { CheckQuestion } from "./check-question.ts";
import {
  ERROR_VERDICT,
  hasInvalidAction,
  headerChanges,
  responseHeaderChanges,
  type Verdict,
  verdict,
} from "./verdict.ts";

const CHECK = "/envoy.service.auth.v3.Authorization/Check";
/** Of both kinds of services, unless their `timeout` says otherwise. */
export const CHECK_TIMEOUT_MS = 200;
const FORBIDDEN = 403;

/** Asks `envoy.service.auth.v3.Authorization`. */
class GrpcAuthorizer implements Authorizer {
  readonly #service: UnaryService;

  constructor(service: UnaryService) {
    this.#service = service;
  }

  check(
    question: CheckQuestion,
    context: FormatContext,
    onVerdict: (verdict: Verdict) => void,
    meter?: ByteMeter,
  ): { cancel(): void } {
    const callbacks: GrpcUnaryCallbacks = {
      onMessage: (message) => onVerdict(verdictOfMessage(message)),
      onStatus: () => onVerdict(ERROR_VERDICT),
    };
    return this.#service.call(question.encode(), context, callbacks, meter);
  }
}

/** `path`: where the message stands. */
export function compileGrpcAuthorizer(
  service: GrpcService,
  path: string,
  worker: WorkerContext,
): Compiled<Authorizer> {
  const timeoutMs = durationMs(service.timeout, CHECK_TIMEOUT_MS);
  const compiled = compileUnaryService(service, path, { path: CHECK, timeoutMs }, worker);
  return compiled.ok ? { ok: true, value: new GrpcAuthorizer(compiled.value) } : compiled;
}

function verdictOfMessage(message: Uint8Array): Verdict {
  let response: CheckResponse;
  try {
    response = fromBinary(CheckResponseSchema, message);
  } catch {
    return ERROR_VERDICT;
  }
  const { httpResponse } = response;
  const ok = httpResponse.case === "okResponse" ? httpResponse.value : undefined;
  // The older place, where it is set at all, goes before the newer one.
  const dynamicMetadata = ok?.dynamicMetadata ?? response.dynamicMetadata;
  if ((response.status?.code ?? 0) === 0) {
    if (ok === undefined) return verdict({ kind: "ok", dynamicMetadata });
    return verdict({
      kind: "ok",
      dynamicMetadata,
      requestHeaders: headerChanges(ok.headers),
      responseHeaders: responseHeaderChanges(ok.responseHeadersToAdd),
      hasInvalidActions: hasInvalidAction(ok.responseHeadersToAdd),
      headersToRemove: ok.headersToRemove.map(toBinaryString),
      queryParametersToSet: ok.queryParametersToSet.map(
        ({ key, value }) => [toBinaryString(key), toBinaryString(value)] as const,
      ),
      queryParametersToRemove: ok.queryParametersToRemove.map(toBinaryString),
    });
  }
  const failed = httpResponse.case === "errorResponse";
  const reply = failed || httpResponse.case === "deniedResponse" ? httpResponse.value : undefined;
  return verdict({
    kind: failed ? "error" : "denied",
    dynamicMetadata,
    status: reply?.status?.code || (failed ? 0 : FORBIDDEN),
    body: toBinaryString(reply?.body ?? ""),
    // What the older `append` says has no place in an answer.
    replyHeaders: headerChanges(reply?.headers ?? []).filter(({ action }) => action === "set"),
  });
}
