import type { ConnectionInfo, StreamInfo } from "@sluice/extension-api";
import {
  ConnectionMatchView,
  type ConnectionView,
  type HeaderView,
  type MatchContext,
  type MatchingData,
  splitAddress,
} from "@sluice/matching";

/** No request: what conditions on headers see of a bare connection. */
const NO_HEADERS: HeaderView = { get: () => undefined, getAll: () => undefined, forEach() {} };

/** A request on a connection. */
export interface RbacRequest {
  readonly headers: HeaderView;
  /** The connection itself, where `info` has the client that x-forwarded-for tells. */
  readonly socket: ConnectionInfo;
  readonly routeMetadata: Readonly<Record<string, unknown>> | undefined;
}

/** What permissions and principals are held against: a connection, and a request on it where there is one. */
export class RbacInput implements MatchContext, MatchingData {
  readonly info: ConnectionInfo;
  readonly headers: HeaderView;
  readonly requestHeaders: HeaderView | undefined;
  readonly connection: ConnectionView;
  /** `filter_metadata` of the request's route. */
  readonly routeMetadata: Readonly<Record<string, unknown>> | undefined;
  private readonly streamInfo: StreamInfo;
  private readonly socket: ConnectionInfo;

  constructor(info: ConnectionInfo, streamInfo: StreamInfo, request?: RbacRequest) {
    this.info = info;
    this.streamInfo = streamInfo;
    this.socket = request?.socket ?? info;
    this.routeMetadata = request?.routeMetadata;
    const requestHeaders = request?.headers;
    this.requestHeaders = requestHeaders;
    this.headers = requestHeaders ?? NO_HEADERS;
    this.connection = new ConnectionMatchView(info);
  }

  /** Whom the connection is from, whoever the request says it is from. */
  get connectionSourceIp(): string | undefined {
    return splitAddress(this.socket.remoteAddress)?.ip;
  }

  get tls(): MatchContext["tls"] {
    return this.info.tls;
  }

  dynamicMetadata(filter: string): Readonly<Record<string, unknown>> | undefined {
    return this.streamInfo.getDynamicMetadata(filter);
  }

  filterState(key: string): unknown {
    return this.streamInfo.filterState.get(key);
  }
}

/** One permission or principal, compiled. */
export type RbacTest = (input: RbacInput) => boolean;
