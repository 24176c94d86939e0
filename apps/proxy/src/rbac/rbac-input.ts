import type { ConnectionInfo, HeaderMap, StreamInfo } from "@sluice/extension-api";
import {
  ConnectionMatchView,
  type ConnectionView,
  type HeaderView,
  type MatchContext,
  type MatchingData,
  splitAddress,
} from "@sluice/matching";
import type { CelSubject } from "../cel/expression.ts";

/** No request: what conditions on headers see of a bare connection. */
const NO_HEADERS: HeaderView = { get: () => undefined, getAll: () => undefined, forEach() {} };

/** A request on a connection. */
export interface RbacRequest {
  readonly headers: HeaderMap;
  readonly stream: {
    /** The connection itself, where `info` has the client that x-forwarded-for tells. */
    readonly socketConnection: ConnectionInfo;
    readonly virtualHostMetadata?: Readonly<Record<string, unknown>> | undefined;
  };
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
  private readonly request: RbacRequest | undefined;

  constructor(info: ConnectionInfo, streamInfo: StreamInfo, request?: RbacRequest) {
    this.info = info;
    this.streamInfo = streamInfo;
    this.request = request;
    this.routeMetadata = request?.routeMetadata;
    const requestHeaders = request?.headers;
    this.requestHeaders = requestHeaders;
    this.headers = requestHeaders ?? NO_HEADERS;
    this.connection = new ConnectionMatchView(info);
  }

  /** Whom the connection is from, whoever the request says it is from. */
  get connectionSourceIp(): string | undefined {
    return splitAddress((this.request?.stream.socketConnection ?? this.info).remoteAddress)?.ip;
  }

  /** What expressions see. */
  get attributes(): CelSubject {
    const { request, streamInfo, info } = this;
    return {
      request: request?.headers,
      response: undefined,
      responseTrailers: undefined,
      streamInfo,
      connection: info,
      routeMetadata: request?.routeMetadata,
      virtualHostMetadata: request?.stream.virtualHostMetadata,
    };
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
