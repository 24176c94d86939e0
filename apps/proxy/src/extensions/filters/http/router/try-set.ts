import type { ConnectionInfo } from "@sluice/extension-api";
import type { Host } from "../../../../cluster/thread-local-cluster.ts";
import { percentOfTimeout } from "../../../../cluster/tracked-stats.ts";
import type { Headers } from "../../../../http/header-map.ts";
import type { ExchangeInit } from "./exchange-init.ts";
import type { ForwardedRequest } from "./forwarded-request.ts";
import type { HostChoice } from "./host-choice.ts";
import { poolFor } from "./pool-for.ts";
import { TryLog } from "./try-log.ts";
import { type TryOwner, UpstreamTry } from "./upstream-try.ts";

/**
 * The tries of one request that are under way: none between retries, several with hedging. Each is begun and ended here, so
 * that each is logged, traced and measured once; what it comes to is the owner's affair.
 */
export class TrySet {
  /** The one that the request's body goes to as it comes. */
  newest: UpstreamTry | undefined = undefined;
  /** Most requests have none: they share an empty list. Replaced as a whole, since a try's end may end others. */
  private older: readonly UpstreamTry[] = NONE;
  private readonly init: ExchangeInit;
  private readonly choice: HostChoice;
  private readonly request: ForwardedRequest;
  private readonly owner: TryOwner;
  /** Where somebody reads of tries. */
  private readonly log: TryLog | undefined;

  constructor(init: ExchangeInit, choice: HostChoice, request: ForwardedRequest, owner: TryOwner) {
    const { config, stream } = init;
    this.init = init;
    this.choice = choice;
    this.request = request;
    this.owner = owner;
    const isLogged = config.upstreamLogs.length > 0 || stream.span !== undefined;
    this.log = isLogged ? new TryLog(config, stream) : undefined;
  }

  /** False: no more connection pools may be made. The owner may hear of the try before this returns. */
  begin(host: Host): boolean {
    const { config, stream } = this.init;
    const { info } = this.choice.cluster;
    const { streamInfo, span } = stream;
    const pool = poolFor(this.init, info, host, this.choice);
    if (pool === undefined) return false;
    streamInfo.onUpstreamTry(host);
    const attempt = new UpstreamTry(this.owner, info, host, pool);
    attempt.startedAtMs = config.worker.clock.nowMs();
    if (this.newest !== undefined) this.older = [this.newest, ...this.older];
    this.newest = attempt;
    if (span !== undefined) {
      attempt.span = span.startUpstreamSpan(info.statName, stream.wallMs(), config.startChildSpan);
      const { attempts } = this.choice;
      if (attempts > 1) attempt.span?.setTag("retry.count", String(attempts - 1));
      (attempt.span ?? span).inject(this.init.headers);
    }
    this.log?.begun(attempt);
    attempt.start();
    return true;
  }

  /** It has its connection. */
  ready(attempt: UpstreamTry, connection: ConnectionInfo): void {
    const { config, stream } = this.init;
    const { upstreamBytes } = stream.streamInfo;
    if (upstreamBytes !== undefined) attempt.addBytesOf(upstreamBytes);
    stream.streamInfo.upstreamBytes = attempt;
    attempt.readyMs = config.worker.clock.nowMs() - attempt.startedAtMs;
    attempt.connection = connection;
    stream.streamInfo.onUpstreamReady(connection, attempt.protocol ?? "", attempt.readyMs);
    this.log?.ready(attempt, stream.wallMs());
  }

  /** Starts the clocks of a try that has the whole request. */
  arm(attempt: UpstreamTry): void {
    const { stream, config } = this.init;
    const { timeouts } = this.request;
    stream.streamInfo.lastUpstreamTxByteMs = stream.sinceStart();
    attempt.armTimeouts(config.worker.timers, timeouts.perTryMs, timeouts.perTryIdleMs);
  }

  /** The request has ended. */
  armReady(): void {
    if (this.newest?.ready === true) this.arm(this.newest);
    for (const attempt of this.older) if (attempt.ready) this.arm(attempt);
  }

  onHead(attempt: UpstreamTry, headers: Headers): void {
    const { streamInfo } = this.init.stream;
    const { connection, host } = attempt;
    // With hedging an older try may answer first.
    if (connection !== undefined && connection !== streamInfo.upstreamConnection) {
      streamInfo.onUpstreamTry(host);
      streamInfo.onUpstreamReady(connection, attempt.protocol ?? "", attempt.readyMs);
    }
    if (this.choice.cluster.info.tracked.sizes !== undefined) attempt.noteResponseHead(headers);
    this.log?.response(headers);
  }

  onTrailers(trailers: Headers): void {
    this.log?.trailers(trailers);
  }

  /** One may still answer. */
  get awaitHeaders(): boolean {
    return this.newest?.awaitingHeaders === true || this.older.some((attempt) => attempt.awaitingHeaders);
  }

  /** All, the newest first. */
  list(): readonly UpstreamTry[] {
    return this.newest === undefined ? NONE : [this.newest, ...this.older];
  }

  /** It is over for this request. `flag`: of its own log entry, 0 for none. */
  end(attempt: UpstreamTry, flag: number): undefined {
    const { older, choice, request, init } = this;
    if (this.newest === attempt) {
      this.newest = older[0];
      this.older = older.length < 2 ? NONE : older.slice(1);
    } else if (older.length > 0) this.older = older.filter((one) => one !== attempt);
    this.log?.end(attempt, flag, init.stream.wallMs());
    const { timeoutBudgets, sizes } = choice.cluster.info.tracked;
    if (timeoutBudgets !== undefined) {
      const elapsedMs = init.config.worker.clock.nowMs() - attempt.startedAtMs;
      timeoutBudgets.perTryPercentUsed.record(percentOfTimeout(elapsedMs, request.timeouts.perTryMs));
    }
    if (sizes !== undefined) attempt.recordSizes(sizes, init.headers);
  }

  /** Gives it up. */
  cancel(attempt: UpstreamTry): undefined {
    attempt.cancel();
    this.end(attempt, 0);
  }

  cancelAllBut(kept: UpstreamTry | undefined): void {
    const { newest, older } = this;
    if (newest !== undefined && newest !== kept) this.cancel(newest);
    for (const attempt of older) if (attempt !== kept) this.cancel(attempt);
  }
}

const NONE: readonly UpstreamTry[] = Object.freeze([]);
