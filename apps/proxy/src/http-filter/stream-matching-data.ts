import type { ConnectionInfo, HeaderMap, Runtime } from "@sluice/extension-api";
import {
  ConnectionMatchView,
  type ConnectionView,
  type MatchContext,
  type MatchingData,
} from "@sluice/matching";
import type { CelSubject } from "../cel/expression.ts";

/** What matchers read of a stream; the connection manager's stream is one. */
export type MatchedStream = CelSubject;

/** A stream as matchers see it, now: what arrives or is set later is seen later. */
export class StreamMatchingData implements MatchingData, MatchContext {
  readonly runtime: Runtime | undefined;
  private readonly stream: MatchedStream;
  private view: ConnectionView | undefined;

  constructor(stream: MatchedStream, runtime: Runtime | undefined) {
    this.stream = stream;
    this.runtime = runtime;
    this.view = undefined;
  }

  get attributes(): CelSubject {
    return this.stream;
  }
  get requestHeaders(): HeaderMap | undefined {
    return this.stream.request;
  }
  get responseHeaders(): HeaderMap | undefined {
    return this.stream.response;
  }
  get responseTrailers(): HeaderMap | undefined {
    return this.stream.responseTrailers;
  }
  get tls(): ConnectionInfo["tls"] {
    return this.stream.connection.tls;
  }
  get connection(): ConnectionView {
    this.view ??= new ConnectionMatchView(this.stream.connection);
    return this.view;
  }
  dynamicMetadata(filter: string): Readonly<Record<string, unknown>> | undefined {
    return this.stream.streamInfo.getDynamicMetadata(filter);
  }
  filterState(key: string): unknown {
    return this.stream.streamInfo.filterState.get(key);
  }
}
