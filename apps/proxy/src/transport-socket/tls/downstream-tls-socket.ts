import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { DownstreamTransportSocket, HandshakeOutcome } from "../downstream-transport-socket.ts";
import { awaitClientHello } from "./await-client-hello.ts";
import type { ClientHello } from "./client-hello.ts";
import type { ServerTlsState } from "./downstream-tls-context.ts";
import { tlsFailureReason, verificationFailureReason } from "./failure-reason.ts";
import type { KeyLog } from "./key-log.ts";
import type { StapleAction } from "./ocsp-stapling.ts";
import { startServerTls } from "./server-tls-socket.ts";
import { TlsConnectionInfo } from "./tls-connection-info.ts";
import type { TlsStats } from "./tls-stats.ts";

/** Every suite of TLS 1.3 is for keys that are exchanged in a group; those before say so. */
const ECDHE = /^(?:ECDHE|TLS_AES|TLS_CHACHA20)/;
const NO_STAPLE = "TLS error: no OCSP response that the policy allows";
const NOT_READY = "TLS error: Secret is not supplied by SDS";

/** What of a `DownstreamTlsContext` does not change with its secrets. */
export interface DownstreamTlsOptions {
  readonly alpn: readonly string[];
  readonly requireSni: boolean;
  readonly keyLog: KeyLog | undefined;
}

/** `envoy.transport_sockets.tls` of a filter chain, in one thread. */
export class DownstreamTlsSocket implements DownstreamTransportSocket {
  /** Undefined until the secrets are there. */
  state: ServerTlsState | undefined;
  private readonly options: DownstreamTlsOptions;
  private readonly stats: TlsStats;
  private readonly onNotReady: () => void;

  constructor(
    options: DownstreamTlsOptions,
    state: ServerTlsState | undefined,
    stats: TlsStats,
    onNotReady: () => void,
  ) {
    this.options = options;
    this.state = state;
    this.stats = stats;
    this.onNotReady = onNotReady;
  }

  accept(socket: Socket, outcome: HandshakeOutcome): void {
    if (this.state === undefined) {
      this.onNotReady();
      fail(socket, outcome, NOT_READY);
      return;
    }
    let begun = false;
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!begun) outcome.onFailure("");
    });
    awaitClientHello(socket, (hello) => {
      begun = true;
      // Taken here: what was swapped meanwhile serves this handshake already.
      const { state } = this;
      if (state === undefined) fail(socket, outcome, NOT_READY);
      else this.start(socket, hello, state, outcome);
    });
  }

  private start(
    raw: Socket,
    hello: ClientHello | undefined,
    state: ServerTlsState,
    outcome: HandshakeOutcome,
  ): void {
    const index = state.certificates.choose(hello);
    const chosen = state.contextFor(index, hello);
    if (chosen === undefined || (this.options.requireSni && hello?.serverName === "")) {
      this.stats.connectionError.inc();
      fail(raw, outcome, "TLS error: no certificate for the server name");
      return;
    }
    const staple = state.stapleFor(index, hello);
    this.countStaple(staple);
    if (staple === "fail") {
      this.stats.connectionError.inc();
      fail(raw, outcome, NO_STAPLE);
      return;
    }
    const mode = state.clientCertificate;
    const server = state.serverFor(index, hello, staple === "staple");
    // Node refuses a client whose protocols do not overlap; Envoy goes on without one.
    const overlaps = this.options.alpn.some((each) => hello?.alpn.includes(each));
    const started = startServerTls(
      raw,
      chosen.context,
      {
        requestCert: mode !== "none",
        rejectUnauthorized: mode === "require",
        ...(server === undefined ? {} : { server }),
        ...(overlaps ? { ALPNProtocols: [...this.options.alpn] } : {}),
      },
      {
        onSecure: (socket, chainError) =>
          this.onSecure(socket, chainError, state, hello?.serverName, chosen.group, outcome),
        onFailed: (error) => {
          const reason = error === undefined ? "" : tlsFailureReason(error);
          if (reason.includes("PEER_DID_NOT_RETURN_A_CERTIFICATE")) this.stats.failVerifyNoCert.inc();
          else if (reason !== "") this.stats.connectionError.inc();
          outcome.onFailure(reason);
        },
      },
    );
    this.options.keyLog?.watch(started, raw);
  }

  private countStaple(action: StapleAction): void {
    const { stats } = this;
    if (action === "none") return;
    stats.ocspStapleRequests.inc();
    if (action === "staple") stats.ocspStapleResponses.inc();
    else if (action === "omit") stats.ocspStapleOmitted.inc();
    else stats.ocspStapleFailed.inc();
  }

  private onSecure(
    socket: TLSSocket,
    chainError: string | undefined,
    state: ServerTlsState,
    serverName: string | undefined,
    group: string | undefined,
    outcome: HandshakeOutcome,
  ): void {
    const { stats } = this;
    const leaf = state.clientCertificate === "none" ? undefined : socket.getPeerX509Certificate();
    let validated = false;
    if (leaf !== undefined) {
      const verdict = state.validation.verify({ leaf, chainError, byServer: true }, stats);
      if (!verdict.ok) {
        socket.destroy();
        outcome.onFailure(verificationFailureReason(verdict.detail));
        return;
      }
      validated = verdict.validated;
    }
    const { name: cipher } = socket.getCipher();
    const name = serverName === "" ? undefined : serverName;
    const exchanged = ECDHE.test(cipher) ? group : undefined;
    const info = new TlsConnectionInfo(socket, leaf, validated, name, exchanged);
    stats.handshake.inc();
    if (info.sessionReused) stats.sessionReused.inc();
    if (leaf === undefined) stats.noCertificate.inc();
    stats.countNegotiated(info.cipherSuite, info.version);
    if (info.group !== undefined) stats.countGroup(info.group);
    outcome.onReady(socket, info);
  }
}

function fail(socket: Socket, outcome: HandshakeOutcome, reason: string): void {
  socket.destroy();
  queueMicrotask(() => outcome.onFailure(reason));
}
