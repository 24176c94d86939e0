import { type Compiled, type Counter, gatherProblems, type Problem } from "@sluice/extension-api";
import type { GrpcService } from "@sluice/xds/gen/envoy/config/core/v3/grpc_service_pb.js";
import { compileSubstitutionFormat } from "../formatter/compile-substitution-format.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import { compileGrpcService, type GrpcTarget } from "../grpc/compile-grpc-service.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import type { ByteMeter } from "../stream-info/byte-meter.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import { AsyncClient } from "./async-client.ts";
import { callUnary, type GrpcCall, type GrpcUnaryCallbacks } from "./grpc-unary.ts";
import { RetriedCall } from "./retried-call.ts";

/** Longer answers of services are failures, unless `max_receive_message_length` says otherwise. */
const RESPONSE_BYTES_MAX = 1024 * 1024;

type ServiceContext = Pick<WorkerContext, "clusters" | "clock" | "timers" | "random" | "stats" | "localInfo">;

/** A `GrpcService` that a filter asks something about a request: single calls from the worker itself. */
export class UnaryService {
  readonly #worker: ServiceContext;
  readonly #client: AsyncClient;
  readonly #target: GrpcTarget;
  readonly #metadata: readonly (readonly [name: string, value: SubstitutionFormatter])[];
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #calls: Counter;

  constructor(
    worker: ServiceContext,
    target: GrpcTarget,
    metadata: readonly (readonly [name: string, value: SubstitutionFormatter])[],
    method: ServiceMethod,
  ) {
    this.#worker = worker;
    this.#client = new AsyncClient(worker);
    this.#target = target;
    this.#metadata = metadata;
    this.#path = method.path;
    this.#timeoutMs = method.timeoutMs;
    this.#calls = worker.stats.scope("http").scope("async-client").counter("rq_total");
  }

  /**
   * `message`: the encoded request; may change afterwards. `context`: of the request that it is about. What does not come about is told as a
   * status, also before this returns; then, and once the answer is there, cancelling does nothing. `meter`: counts what its tries take.
   */
  call(
    message: Uint8Array,
    context: FormatContext,
    callbacks: GrpcUnaryCallbacks,
    meter?: ByteMeter,
  ): { cancel(): void } {
    this.#calls.inc();
    const { cluster, authority, retries, messageBytesMax, withoutEnvoyHeaders } = this.#target;
    const metadata: [string, string][] = [];
    if (!withoutEnvoyHeaders) {
      metadata.push([EnvoyHeader.internal, "true"], ["x-forwarded-for", this.#worker.localInfo.address]);
    }
    if (this.#timeoutMs > 0) metadata.push([EnvoyHeader.expectedRqTimeoutMs, String(this.#timeoutMs)]);
    for (const [name, value] of this.#metadata) {
      const text = value.format(context);
      if (text !== "") metadata.push([name, text]);
    }
    const responseBytesMax = messageBytesMax > 0 ? messageBytesMax : RESPONSE_BYTES_MAX;
    const kept = retries === undefined ? message : Uint8Array.from(message);
    const target: GrpcCall = { cluster, authority, path: this.#path, metadata };
    const told: GrpcUnaryCallbacks = {
      onMessage: (answer, headers) => {
        call.end();
        callbacks.onMessage(answer, headers);
      },
      onStatus: (status, text, outcome) => {
        if (!call.goesOn(outcome)) callbacks.onStatus(status, text, outcome);
      },
    };
    const call = new RetriedCall(this.#worker, { retries, timeoutMs: this.#timeoutMs }, (timeoutMs) =>
      callUnary(this.#client, target, kept, told, { timeoutMs, responseBytesMax, meter }),
    );
    call.start();
    return call;
  }
}

export interface ServiceMethod {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Of the whole call, its retries included; 0: none. */
  readonly timeoutMs: number;
}

/** `path`: where the message stands. Values of `initial_metadata` are formats, as Envoy has them. */
export function compileUnaryService(
  config: GrpcService | undefined,
  path: string,
  method: ServiceMethod,
  worker: ServiceContext,
): Compiled<UnaryService> {
  const target = compileGrpcService(config, path);
  if (!target.ok) return target;
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const metadata = target.value.initialMetadata.flatMap(([name, text], index) => {
    const at = `${path}.initial_metadata[${index}].value`;
    const value = take(compileSubstitutionFormat(text, at, { omitEmptyValues: true }));
    return value === undefined ? [] : [[name, value] as const];
  });
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: new UnaryService(worker, target.value, metadata, method) };
}
