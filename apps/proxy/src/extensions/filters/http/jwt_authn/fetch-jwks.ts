import type { Timer } from "@sluice/extension-api";
import { backOffMs, type CallRetries, isRetried } from "../../../../grpc/call-retries.ts";
import { Headers } from "../../../../http/header-map.ts";
import { AsyncClient, type AsyncFailure } from "../../../../upstream/async-client.ts";
import { type AsyncResponse, sendRequest } from "../../../../upstream/async-request.ts";
import { outcomeOfFailure } from "../../../../upstream/grpc-unary.ts";
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
    const { clock, timers, stats } = this.#worker;
    const { cluster, scheme, host, path, timeoutMs, retries } = this.#target;
    const deadlineMs = clock.nowMs() + (timeoutMs > 0 ? timeoutMs : LONGEST_FETCH_MS);
    let pending: { cancel(): void } | undefined;
    let timer: Timer | undefined;
    let tries = 0;
    let over = false;
    const finish = (jwks: Jwks | undefined): void => {
      over = true;
      timer?.disarm();
      onDone(jwks);
    };
    /** Answers whether there will be another try. */
    const tryAgain = (outcome: ReturnType<typeof outcomeOfFailure>): boolean => {
      if (retries === undefined || outcome === undefined || tries > retries.numRetries) return false;
      if (!isRetried(retries, outcome)) return false;
      const waitMs = backOffMs(retries, tries);
      if (clock.nowMs() + waitMs >= deadlineMs) return false;
      timer ??= timers.create(begin);
      timer.arm(waitMs);
      return true;
    };
    const onResponse = ({ headers, body }: AsyncResponse): void => {
      const status = Number(headers.get(":status") ?? "0");
      if (tryAgain({ kind: "head", status, grpcStatus: undefined })) return;
      const jwks = status === 200 && body.length > 0 ? parseJwks(body) : undefined;
      finish(typeof jwks === "string" ? undefined : jwks);
    };
    const onFailure = (reason: AsyncFailure): void => {
      if (!tryAgain(outcomeOfFailure(reason))) finish(undefined);
    };
    const begin = (): void => {
      tries++;
      const head = [":method", "GET", ":path", path, ":authority", host, ":scheme", scheme, ...USER_AGENT];
      pending = sendRequest(
        this.#client,
        cluster,
        new Headers(head),
        undefined,
        { onResponse, onFailure },
        { timeoutMs: Math.max(1, deadlineMs - clock.nowMs()), responseBytesMax: RESPONSE_BYTES_MAX },
      );
    };
    if (this.#worker.clusters.get(cluster) !== undefined)
      stats.scope("http").scope("async-client").counter("rq_total").inc();
    begin();
    return {
      cancel() {
        if (over) return;
        over = true;
        timer?.disarm();
        pending?.cancel();
      },
    };
  }
}
