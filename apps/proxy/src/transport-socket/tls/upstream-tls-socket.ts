import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { carriedBy } from "../../connection/reset-socket.ts";
import { TransportFailure } from "../transport-failure-reason.ts";
import {
  type ConnectOptions,
  expectHandshake,
  markTransportReady,
  type UpstreamTarget,
  type UpstreamTransportSocket,
} from "../upstream-transport-socket.ts";
import { tlsFailureReason, verificationFailureReason } from "./failure-reason.ts";
import { keyExchangeGroup } from "./key-exchange-group.ts";
import type { KeyLog } from "./key-log.ts";
import { keyUsageForbids } from "./key-usage.ts";
import { SessionCache } from "./session-cache.ts";
import { TlsConnectionInfo } from "./tls-connection-info.ts";
import type { TlsStats } from "./tls-stats.ts";
import type { ClientTlsState } from "./upstream-tls-context.ts";

/** What of an `UpstreamTlsContext` does not change with its secrets. */
export interface UpstreamTlsOptions {
  readonly sni: string;
  readonly autoHostSni: boolean;
  readonly autoSniSanValidation: boolean;
  readonly alpn: readonly string[];
  readonly maxSessionKeys: number;
  readonly enforceRsaKeyUsage: boolean;
  readonly keyLog: KeyLog | undefined;
}

const NOT_READY = "TLS error: Secret is not supplied by SDS";

/** `envoy.transport_sockets.tls` of a cluster, in one thread. */
export class UpstreamTlsSocket implements UpstreamTransportSocket {
  readonly secure = true;
  readonly perDownstream = false;
  private readonly options: UpstreamTlsOptions;
  private readonly stats: TlsStats;
  private readonly onNotReady: () => void;
  private sessions: SessionCache;
  private current: ClientTlsState | undefined;

  constructor(
    options: UpstreamTlsOptions,
    state: ClientTlsState | undefined,
    stats: TlsStats,
    onNotReady: () => void,
  ) {
    this.options = options;
    this.current = state;
    this.stats = stats;
    this.onNotReady = onNotReady;
    this.sessions = new SessionCache(options.maxSessionKeys);
  }

  get state(): ClientTlsState | undefined {
    return this.current;
  }

  /** Sessions were agreed on with what is replaced: they go with it. */
  replace(state: ClientTlsState): void {
    this.current = state;
    this.sessions = new SessionCache(this.options.maxSessionKeys);
  }

  wrap(raw: Socket, target: UpstreamTarget, options: ConnectOptions): Socket {
    const { current: state, sessions } = this;
    if (state === undefined) {
      this.onNotReady();
      expectHandshake(raw);
      raw.destroy(new TransportFailure(NOT_READY));
      return raw;
    }
    const hostSni = this.options.autoHostSni ? target.hostname : "";
    const sni = options.serverName ?? (hostSni === "" ? this.options.sni : hostSni);
    const configured = this.options.alpn.length > 0 ? this.options.alpn : options.fallbackAlpn;
    const alpn = options.alpn ?? configured ?? [];
    const sessionKey = `${target.address} ${sni}`;
    const kept = sessions.take(sessionKey);
    const { keyLog } = this.options;
    // Before the handshake begins, and once the addresses are known.
    if (keyLog !== undefined) raw.once("connect", () => keyLog.watch(socket, raw));
    const socket: TLSSocket = connect({
      socket: raw,
      secureContext: state.context,
      // The library's verdict is judged below, together with what it does not know of.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(sni === "" ? {} : { servername: sni }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(kept === undefined ? {} : { session: kept.session }),
    });
    carriedBy(socket, raw);
    expectHandshake(socket);
    let done = false;
    const leafOf = (): X509Certificate | undefined =>
      socket.getPeerX509Certificate() ?? (socket.isSessionReused() ? kept?.leaf : undefined);
    // A session whose peer was refused is not to be resumed, and that of TLS 1.2 comes before the verdict.
    let trusted = false;
    let early: Buffer | undefined;
    socket.on("session", (session: Buffer) => {
      if (trusted) sessions.put(sessionKey, { session, leaf: leafOf() });
      else early = session;
    });
    socket.on("secureConnect", () => {
      // A renegotiated handshake is judged like the first one, but nobody waits for it.
      trusted = this.onSecure(socket, leafOf(), state, sni, options, done);
      if (trusted && early !== undefined) sessions.put(sessionKey, { session: early, leaf: leafOf() });
      early = undefined;
      done = true;
    });
    socket.on("error", (error: Error) => {
      if (!done && tlsFailureReason(error) !== "") this.stats.connectionError.inc();
    });
    return socket;
  }

  /** Whether the peer is who it should be; a socket whose peer is not is destroyed. */
  private onSecure(
    socket: TLSSocket,
    leaf: X509Certificate | undefined,
    state: ClientTlsState,
    sni: string,
    options: ConnectOptions,
    again: boolean,
  ): boolean {
    const { stats } = this;
    let validated = false;
    if (leaf !== undefined) {
      const verdict = state.validation.verify(
        {
          leaf,
          chainError: socket.authorized ? undefined : String(socket.authorizationError),
          names: options.verifyNames,
          exactDnsName: this.options.autoSniSanValidation && sni !== "" ? sni : undefined,
        },
        stats,
      );
      if (!verdict.ok) {
        socket.destroy(new TransportFailure(verificationFailureReason(verdict.detail)));
        return false;
      }
      validated = verdict.validated;
      if (keyUsageForbids(leaf, socket.getProtocol() ?? "", socket.getCipher().name)) {
        if (this.options.enforceRsaKeyUsage) {
          stats.connectionError.inc();
          socket.destroy(new TransportFailure(KEY_USAGE_FAILURE));
          return false;
        }
        stats.countInvalidKeyUsage();
      }
    }
    if (again) return true;
    const name = sni === "" ? undefined : sni;
    const info = new TlsConnectionInfo(socket, leaf, validated, name, keyExchangeGroup(socket));
    stats.handshake.inc();
    if (info.sessionReused) stats.sessionReused.inc();
    if (leaf === undefined) stats.noCertificate.inc();
    stats.countNegotiated(info.cipherSuite, info.version);
    if (info.group !== undefined) stats.countGroup(info.group);
    markTransportReady(socket, info);
    return true;
  }
}

const KEY_USAGE_FAILURE =
  "TLS_error:|268435733:SSL routines:OPENSSL_internal:KEY_USAGE_BIT_INCORRECT:TLS_error_end";
