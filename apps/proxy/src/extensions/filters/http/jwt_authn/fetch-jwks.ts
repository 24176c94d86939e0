import type { CallRetries } from "../../../../grpc/call-retries.ts";
import { Headers } from "../../../../http/header-map.ts";
import { AsyncClient, type AsyncFailure } from "../../../../upstream/async-client.ts";
import { type AsyncResponse, sendRequest } from "../../../../upstream/async-request.ts";
import { outcomeOfFailure } from "../../../../upstream/grpc-unary.ts";
import { RetriedCall } from "../../../../upstream/retried-call.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { type Jwks, parseJwks } from "./parse-jwks.ts";

/** Longer answers are failures. */
const RESPONSE_BYTES_MAX = 1024 * 1024;
/** Of fetches whose configuration sets no end. */
const LONGEST_FETCH_MS = 60_000;
/** Envoy's: some servers ask for one. */
const USER_AGENT = ["user-agent", "Go-browser"];

export interface JwksTarget {
  readonly cluster: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  /** Of the whole fetch, its retries included; 0: a minute. */
  readonly timeoutMs: number;
  /** Undefined: a failure is final. */
  readonly retries: CallRetries | undefined;
}

/** Gets key sets from one server, through its cluster. */
export class JwksFetcher {
  readonly #worker: WorkerContext;
  readonly #client: AsyncClient;
  readonly #target: JwksTarget;

  constructor(worker: WorkerContext, target: JwksTarget) {
    this.#worker = worker;
    this.#client = new AsyncClient(worker);
    this.#target = target;
  }

  /** `onDone` is told once, also before this returns; undefined: there is no set that can be used. Not after `cancel`. */
  fetch(onDone: (jwks: Jwks | undefined) => void): { cancel(): void } {
    const { cluster, scheme, host, path, timeoutMs, retries } = this.#target;
    const onResponse = ({ headers, body }: AsyncResponse): void => {
      const status = Number(headers.get(":status") ?? "0");
      if (call.goesOn({ kind: "head", status, grpcStatus: undefined })) return;
      const jwks = status === 200 && body.length > 0 ? parseJwks(body) : undefined;
      onDone(typeof jwks === "string" ? undefined : jwks);
    };
    const onFailure = (reason: AsyncFailure): void => {
      if (!call.goesOn(outcomeOfFailure(reason))) onDone(undefined);
    };
    const plan = { retries, timeoutMs: timeoutMs > 0 ? timeoutMs : LONGEST_FETCH_MS };
    const call = new RetriedCall(this.#worker, plan, (leftMs) => {
      const head = [":method", "GET", ":path", path, ":authority", host, ":scheme", scheme, ...USER_AGENT];
      const options = { timeoutMs: leftMs, responseBytesMax: RESPONSE_BYTES_MAX };
      const told = { onResponse, onFailure };
      return sendRequest(this.#client, cluster, new Headers(head), undefined, told, options);
    });
    if (this.#worker.clusters.get(cluster) !== undefined)
      this.#worker.stats.scope("http").scope("async-client").counter("rq_total").inc();
    call.start();
    return call;
  }
}
