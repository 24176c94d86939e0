import type { FormatContext } from "../formatter/format-context.ts";
import type { CallOutcome, CallRetries } from "../grpc/call-retries.ts";
import { EnvoyHeader } from "../http/envoy-headers.ts";
import { Headers } from "../http/header-map.ts";
import { applyHeaderMutations, type HeaderMutations } from "../route/header-mutations.ts";
import { AsyncClient, type AsyncFailure } from "../upstream/async-client.ts";
import { type AsyncResponse, sendRequest } from "../upstream/async-request.ts";
import { outcomeOfFailure } from "../upstream/grpc-unary.ts";
import { RetriedCall } from "../upstream/retried-call.ts";
import type { WorkerContext } from "../worker/worker-context.ts";
import type { Authorizer } from "./authorizer.ts";
import type { CheckQuestion } from "./check-question.ts";
import type { HeaderList } from "./header-list.ts";
import { ERROR_VERDICT, type HeaderChange, inOrder, type Verdict, verdict } from "./verdict.ts";

const GATEWAY_TIMEOUT = 504;
/** Longer answers of services are failures. */
const RESPONSE_BYTES_MAX = 32 * 1024 * 1024;

export interface HttpAuthorizerConfig {
  readonly cluster: string;
  /** Of the whole check, its retries included; 0: none. */
  readonly timeoutMs: number;
  readonly pathPrefix: string;
  /** In place of the request's path and the prefix; "": those. */
  readonly pathOverride: string;
  readonly headersToAdd: HeaderMutations | undefined;
  /** Each try may take as long as they may wait at most, as in Envoy. */
  readonly retries: CallRetries | undefined;
  /** Of the answer, what goes into the request, replacing or added. */
  readonly toRequest: HeaderList;
  readonly appendedToRequest: HeaderList;
  /** … into the client's answer where the service refuses. */
  readonly toClient: HeaderList;
  /** … into the client's response where it does not. */
  readonly toClientOnSuccess: HeaderList;
  readonly toMetadata: HeaderList;
}

/** Asks a service that speaks plain HTTP. */
export class HttpAuthorizer implements Authorizer {
  readonly #config: HttpAuthorizerConfig;
  readonly #worker: WorkerContext;
  readonly #client: AsyncClient;

  constructor(config: HttpAuthorizerConfig, worker: WorkerContext) {
    this.#config = config;
    this.#worker = worker;
    this.#client = new AsyncClient(worker);
  }

  check(
    question: CheckQuestion,
    context: FormatContext,
    onVerdict: (verdict: Verdict) => void,
  ): { cancel(): void } {
    const { cluster, retries, timeoutMs } = this.#config;
    const { clock, clusters } = this.#worker;
    const headers = this.#requestHeaders(question, context);
    let begunAtMs = 0;
    const callbacks = {
      onResponse: (response: AsyncResponse): void => {
        const status = Number(response.headers.get(":status") ?? "0");
        if (call.goesOn(headOf(status))) return;
        const tookMs = Math.floor(clock.nowMs() - begunAtMs);
        response.headers.set(EnvoyHeader.upstreamServiceTime, String(tookMs));
        onVerdict(this.#verdictOf(response, status));
      },
      onFailure: (reason: AsyncFailure): void => {
        const tookTooLong = reason === "timeout" && !call.isLate;
        if (!call.goesOn(tookTooLong ? headOf(GATEWAY_TIMEOUT) : outcomeOfFailure(reason)))
          onVerdict(ERROR_VERDICT);
      },
    };
    const call = new RetriedCall(this.#worker, { retries, timeoutMs }, (leftMs, retry) => {
      begunAtMs = clock.nowMs();
      if (retry > 0) clusters.get(cluster)?.info.stats.upstreamRqRetry.inc();
      const options = {
        timeoutMs: retries === undefined ? leftMs : shorter(leftMs, retries.maxIntervalMs),
        responseBytesMax: RESPONSE_BYTES_MAX,
      };
      return sendRequest(this.#client, cluster, headers.clone(), question.body, callbacks, options);
    });
    call.start();
    return call;
  }

  #requestHeaders({ headers: seen, body }: CheckQuestion, context: FormatContext): Headers {
    const { pathPrefix, pathOverride, headersToAdd, timeoutMs, retries } = this.#config;
    const headers = new Headers([]);
    for (const [name, value] of seen) {
      if (name === "content-length") continue;
      headers.append(name, name === ":path" ? pathOverride || pathPrefix + value : value);
    }
    headers.append("content-length", String(body?.length ?? 0));
    if (headersToAdd !== undefined) applyHeaderMutations(headersToAdd, headers, context);
    if (!headers.has(":scheme")) headers.append(":scheme", "http");
    headers.set(EnvoyHeader.internal, "true");
    const tryMs = retries === undefined ? timeoutMs : shorter(timeoutMs, retries.maxIntervalMs);
    if (tryMs > 0) headers.set(EnvoyHeader.expectedRqTimeoutMs, String(tryMs));
    return headers;
  }

  #verdictOf({ headers, body }: AsyncResponse, status: number): Verdict {
    if (status >= 500 || status < 200) return ERROR_VERDICT;
    const { toRequest, appendedToRequest, toClient, toClientOnSuccess, toMetadata } = this.#config;
    const ok = status === 200;
    const headersToRemove = ok ? namesIn(headers.getAll(EnvoyHeader.authHeadersToRemove)) : [];
    headers.remove(EnvoyHeader.authHeadersToRemove);
    const requestHeaders: HeaderChange[] = [];
    const responseHeaders: HeaderChange[] = [];
    const replyHeaders: { name: string; value: string }[] = [];
    const dynamicMetadata: Record<string, unknown> = {};
    headers.forEach((name, value) => {
      if (ok && toRequest(name)) requestHeaders.push({ name, value, action: "set" });
      if (ok && appendedToRequest(name)) requestHeaders.push({ name, value, action: "add" });
      if (ok && toClientOnSuccess(name)) responseHeaders.push({ name, value, action: "add" });
      if (!ok && toClient(name)) replyHeaders.push({ name, value });
      if (toMetadata(name)) dynamicMetadata[name] = value;
    });
    return verdict({
      kind: ok ? "ok" : "denied",
      requestHeaders: inOrder(requestHeaders),
      responseHeaders,
      replyHeaders,
      headersToRemove,
      status,
      body: ok ? "" : body.toString("latin1"),
      dynamicMetadata,
    });
  }
}

/** Of two timeouts, of which the first may be none. */
function shorter(timeoutMs: number, otherMs: number): number {
  return timeoutMs === 0 ? otherMs : Math.min(timeoutMs, otherMs);
}

function headOf(status: number): CallOutcome {
  return { kind: "head", status, grpcStatus: undefined };
}

function namesIn(list: string | undefined): readonly string[] {
  return (list ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}
