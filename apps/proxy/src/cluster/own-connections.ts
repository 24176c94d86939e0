import type { Socket } from "node:net";
import type { Counter } from "@sluice/extension-api";
import type { OwnCall, OwnConnection, OwnProtocol } from "../grpc/own-connection.ts";
import { whenTransportReady } from "../transport-socket/upstream-transport-socket.ts";
import { INTERNAL_RESPONSE } from "./response-figures.ts";
import type { ClusterStats } from "./thread-local-cluster.ts";

/** Connections of the proxy's own clients (configuration, telemetry, reports), as their cluster counts them. */
export class OwnConnections {
  readonly #calls: Counter;
  readonly #open = new Set<CountedConnection>();

  /** `calls`: `http.async-client.rq_total`. */
  constructor(calls: Counter) {
    this.#calls = calls;
  }

  open(socket: Socket, stats: ClusterStats, protocol: OwnProtocol): OwnConnection {
    const connection = new CountedConnection(socket, stats, protocol, this.#calls, () =>
      this.#open.delete(connection),
    );
    this.#open.add(connection);
    return connection;
  }

  /** Before the stats are read: what the sockets have carried until now. */
  countBytes(): void {
    for (const connection of this.#open) connection.countBytes();
  }
}

class CountedConnection implements OwnConnection {
  readonly socket: Socket;
  readonly #stats: ClusterStats;
  readonly #total: Counter;
  readonly #begunMs = performance.now();
  #ready = false;
  #active = 0;
  #calls = 0;
  readonly #waiting = new Set<() => void>();
  #received = 0;
  #sent = 0;

  constructor(
    socket: Socket,
    stats: ClusterStats,
    protocol: OwnProtocol,
    total: Counter,
    onClose: () => void,
  ) {
    this.socket = socket;
    this.#stats = stats;
    this.#total = total;
    stats.upstreamCxTotal.inc();
    stats.upstreamCxActive.add(1);
    if (protocol === "http1") stats.countHttp1Connection();
    if (protocol === "http2") {
      stats.upstreamCxHttp2Total.inc();
      stats.defineHttp2();
    }
    whenTransportReady(socket, () => this.#onReady());
    let byPeer = false;
    for (const event of ["end", "error"] as const)
      socket.once(event, () => {
        byPeer = true;
      });
    socket.once("close", () => {
      onClose();
      this.#onClose(byPeer);
    });
  }

  call(): OwnCall {
    const stats = this.#stats;
    let begun = false;
    let over = false;
    let answered = false;
    let begunMs = 0;
    const begin = (): void => {
      begun = true;
      begunMs = performance.now();
      this.#active++;
      this.#calls++;
      stats.upstreamRqTotal.inc();
      stats.upstreamRqActive.add(1);
    };
    const wait = (): void => {
      stats.upstreamRqPendingActive.sub(1);
      if (this.#ready) {
        begin();
        return;
      }
      over = true;
      stats.upstreamRqPendingFailureEject.inc();
      stats.responses.countKind(503, INTERNAL_RESPONSE);
    };
    this.#total.inc();
    if (this.#ready) begin();
    else {
      stats.upstreamRqPendingTotal.inc();
      stats.upstreamRqPendingActive.add(1);
      this.#waiting.add(wait);
    }
    return {
      answered: (status) => {
        if (over || answered) return;
        answered = true;
        stats.responses.countKind(status, INTERNAL_RESPONSE);
      },
      ended: (whole) => {
        if (over) return;
        over = true;
        if (begun) {
          if (whole && answered) stats.responses.recordKind(performance.now() - begunMs, INTERNAL_RESPONSE);
          this.#active--;
          stats.upstreamRqActive.sub(1);
        } else if (this.#waiting.delete(wait)) {
          stats.upstreamRqPendingActive.sub(1);
          stats.upstreamRqCancelled.inc();
        }
      },
    };
  }

  countBytes(): void {
    const { bytesRead, bytesWritten } = this.socket;
    this.#stats.upstreamCxRxBytesTotal.add(bytesRead - this.#received);
    this.#stats.upstreamCxTxBytesTotal.add(bytesWritten - this.#sent);
    // Of what their last reads brought nothing is known, but that there were some.
    if (bytesRead > this.#received) this.#stats.upstreamCxRxBytesBuffered.sub(0);
    this.#received = bytesRead;
    this.#sent = bytesWritten;
  }

  #onReady(): void {
    this.#ready = true;
    this.#stats.upstreamCxConnectMs.record(performance.now() - this.#begunMs);
    this.#endWaiting();
  }

  #endWaiting(): void {
    for (const each of this.#waiting) each();
    this.#waiting.clear();
  }

  #onClose(byPeer: boolean): void {
    const stats = this.#stats;
    this.countBytes();
    stats.upstreamCxActive.sub(1);
    stats.upstreamCxDestroy.inc();
    (byPeer ? stats.upstreamCxDestroyRemote : stats.upstreamCxDestroyLocal).inc();
    if (this.#active > 0) {
      stats.upstreamCxDestroyWithActiveRq.inc();
      (byPeer ? stats.upstreamCxDestroyRemoteWithActiveRq : stats.upstreamCxDestroyLocalWithActiveRq).inc();
    }
    if (!this.#ready) stats.upstreamCxConnectFail.inc();
    stats.upstreamCxLengthMs.record(performance.now() - this.#begunMs);
    stats.upstreamRqPerCx.record(this.#calls);
    this.#endWaiting();
  }
}
