import type {
  AttemptedHost,
  ConnectionInfo,
  ResponseFlag,
  StreamInfo,
  TlsInfo,
  TraceReason,
  UpstreamSession,
} from "@sluice/extension-api";
import { FilterState } from "../filter-state/filter-state.ts";
import { type UpstreamState, upstreamStateOf } from "../filter-state/upstream-state.ts";
import type { ByteMeter } from "./byte-meter.ts";

/** The stream info of one request (or, with the same fields, of a TCP connection). Times: see `StreamInfo`. */
export class RequestStreamInfo implements StreamInfo {
  readonly startTimeMs: number;
  /** Monotonic start, from which the others count. */
  readonly startNowMs: number;
  lastDownstreamRxByteMs: number | undefined = undefined;
  firstUpstreamTxByteMs: number | undefined = undefined;
  lastUpstreamTxByteMs: number | undefined = undefined;
  firstUpstreamRxByteMs: number | undefined = undefined;
  firstUpstreamRxBodyByteMs: number | undefined = undefined;
  lastUpstreamRxByteMs: number | undefined = undefined;
  firstDownstreamTxByteMs: number | undefined = undefined;
  lastDownstreamTxByteMs: number | undefined = undefined;
  durationMs: number | undefined = undefined;
  protocol: string | undefined = undefined;
  responseCode = 0;
  responseCodeDetails = "";
  responseFlags = 0;
  bytesReceived = 0;
  bytesSent = 0;
  downstreamBytes: ByteMeter | undefined = undefined;
  upstreamBytes: ByteMeter | undefined = undefined;
  routeName = "";
  virtualHostName = "";
  upstreamCluster: string | undefined = undefined;
  upstreamClusterStatName: string | undefined = undefined;
  upstreamClusterMetadata: Readonly<Record<string, unknown>> | undefined = undefined;
  upstreamRemoteAddress: string | undefined = undefined;
  upstreamLocalAddress: string | undefined = undefined;
  upstreamTransportFailureReason = "";
  upstreamRequestAttemptCount = 0;
  upstreamProtocol: string | undefined = undefined;
  upstreamHostName: string | undefined = undefined;
  upstreamPoolReadyMs: number | undefined = undefined;
  upstreamConnection: ConnectionInfo | undefined = undefined;
  upstreamSession: UpstreamSession | undefined = undefined;
  upstreamMetadata: Readonly<Record<string, unknown>> | undefined = undefined;
  virtualClusterName: string | undefined = undefined;
  connectionTerminationDetails: string | undefined = undefined;
  customFlags: string | undefined = undefined;
  traceReason: TraceReason | undefined = undefined;
  healthCheck = false;
  /** Counted where the connection manager has `RouteFigures`. */
  routeResolutions = 0;
  routeResolutionMs = 0;
  /** `:scheme` becomes that of the upstream's transport. */
  schemeMatchesUpstream = false;
  /** Upstreams are not told whom a request comes from (PROXY protocol), unless a listener filter knows. */
  hidesClient = false;
  private flagOrder: ResponseFlag[] | undefined = undefined;
  private metadata: Map<string, Record<string, unknown>> | undefined = undefined;
  upstreamFilterState: ReadonlyMap<string, unknown> | undefined = undefined;
  private state: FilterState | undefined = undefined;
  /** The connection's, for a request: its filter state is seen here too. */
  private readonly downstream: RequestStreamInfo | undefined;

  constructor(startTimeMs: number, startNowMs: number, downstream?: RequestStreamInfo) {
    this.downstream = downstream;
    this.startTimeMs = startTimeMs;
    this.startNowMs = startNowMs;
  }

  /**
   * That of the request which takes this one's place (an internal redirect), `wallMs` and `nowMs` being its start. What filters
   * keep in the filter state stays.
   */
  redirected(wallMs: number, nowMs: number): RequestStreamInfo {
    const info = new RequestStreamInfo(wallMs, nowMs, this.downstream);
    info.protocol = this.protocol;
    info.routeName = this.routeName;
    info.virtualHostName = this.virtualHostName;
    info.upstreamCluster = this.upstreamCluster;
    info.upstreamClusterStatName = this.upstreamClusterStatName;
    info.upstreamClusterMetadata = this.upstreamClusterMetadata;
    this.filterState.copyLasting(info.filterState);
    info.bytesReceived = this.bytesReceived;
    info.downstreamBytes = this.downstreamBytes;
    info.lastDownstreamRxByteMs = 0;
    info.schemeMatchesUpstream = this.schemeMatchesUpstream;
    info.hidesClient = this.hidesClient;
    return info;
  }

  setResponseFlag(flag: ResponseFlag): void {
    if ((this.responseFlags & flag) !== 0) return;
    this.responseFlags |= flag;
    this.flagOrder ??= [];
    this.flagOrder.push(flag);
  }

  get responseFlagOrder(): readonly ResponseFlag[] {
    return this.flagOrder ?? NO_FLAGS;
  }

  /** A try begins: what was known of the connection of the one before is not its own. */
  onUpstreamTry(host: AttemptedHost & { readonly metadata: StreamInfo["upstreamMetadata"] }): void {
    this.upstreamRemoteAddress = host.address;
    this.upstreamHostName = host.hostname;
    this.upstreamMetadata = host.metadata;
    this.upstreamTransportFailureReason = "";
    if (this.upstreamConnection === undefined) return;
    this.upstreamConnection = undefined;
    this.upstreamLocalAddress = undefined;
    this.upstreamFilterState = undefined;
    this.upstreamProtocol = undefined;
    this.upstreamPoolReadyMs = undefined;
    this.firstUpstreamTxByteMs = undefined;
    this.lastUpstreamTxByteMs = undefined;
    this.firstUpstreamRxByteMs = undefined;
    this.firstUpstreamRxBodyByteMs = undefined;
    this.lastUpstreamRxByteMs = undefined;
  }

  /** Of a try that begins `offsetMs` after this: the times of its exchange. */
  copyUpstreamTimes(to: RequestStreamInfo, offsetMs: number): void {
    const since = (ms: number | undefined): number | undefined =>
      ms === undefined ? undefined : Math.max(0, ms - offsetMs);
    to.firstUpstreamTxByteMs = since(this.firstUpstreamTxByteMs);
    to.lastUpstreamTxByteMs = since(this.lastUpstreamTxByteMs);
    to.firstUpstreamRxByteMs = since(this.firstUpstreamRxByteMs);
    to.firstUpstreamRxBodyByteMs = since(this.firstUpstreamRxBodyByteMs);
    to.lastUpstreamRxByteMs = since(this.lastUpstreamRxByteMs);
  }

  get upstreamConnectionId(): number | undefined {
    return this.upstreamConnection?.id;
  }

  get upstreamTls(): TlsInfo | undefined {
    return this.upstreamConnection?.tls;
  }

  /** A try has its connection; `readyMs`: how long it waited for it. */
  onUpstreamReady(connection: ConnectionInfo, protocol: string, readyMs: number): void {
    this.upstreamConnection = connection;
    this.upstreamLocalAddress = connection.localAddress;
    this.upstreamFilterState = connection.filterState;
    this.upstreamProtocol = protocol;
    this.upstreamPoolReadyMs = readyMs;
  }

  setHealthCheck(): void {
    this.healthCheck = true;
  }

  setConnectionTerminationDetails(details: string): void {
    this.connectionTerminationDetails = details;
  }

  getDynamicMetadata(filter: string): Readonly<Record<string, unknown>> | undefined {
    return this.metadata?.get(filter);
  }

  get dynamicMetadata(): ReadonlyMap<string, Readonly<Record<string, unknown>>> | undefined {
    return this.metadata;
  }

  setDynamicMetadata(filter: string, value: Record<string, unknown>): void {
    this.metadata ??= new Map();
    this.metadata.set(filter, { ...this.metadata.get(filter), ...value });
  }

  get filterState(): FilterState {
    this.state ??= new FilterState(this.downstream?.filterState);
    return this.state;
  }

  /** What filter state says of connections to upstreams; undefined: nothing. */
  get upstreamState(): UpstreamState | undefined {
    return upstreamStateOf(this.state ?? this.downstream?.state);
  }
}

const NO_FLAGS: readonly ResponseFlag[] = Object.freeze([]);
