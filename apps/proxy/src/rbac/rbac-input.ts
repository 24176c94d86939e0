import type { ConnectionInfo, StreamInfo } from "@sluice/extension-api";
import {
  ConnectionMatchView,
  type ConnectionView,
  type HeaderView,
  type MatchContext,
  type MatchingData,
} from "@sluice/matching";

/** No request: what conditions on headers see of a bare connection. */
const NO_HEADERS: HeaderView = { get: () => undefined, getAll: () => undefined, forEach() {} };

/** What permissions and principals are held against: a connection, and a request on it where there is one. */
export class RbacInput implements MatchContext, MatchingData {
  readonly info: ConnectionInfo;
  readonly headers: HeaderView;
  readonly requestHeaders: HeaderView | undefined;
  readonly connection: ConnectionView;
  private readonly streamInfo: StreamInfo;

  constructor(info: ConnectionInfo, streamInfo: StreamInfo, requestHeaders?: HeaderView) {
    this.info = info;
    this.streamInfo = streamInfo;
    this.requestHeaders = requestHeaders;
    this.headers = requestHeaders ?? NO_HEADERS;
    this.connection = new ConnectionMatchView(info);
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
