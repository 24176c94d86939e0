import {
  type Counter,
  type ListenerFilter,
  type ListenerFilterCallbacks,
  type ListenerFilterFactory,
  ListenerFilterStatus,
} from "@sluice/extension-api";
import { detectHttp, type HttpVersion } from "./detect-http.ts";

/** A request line that is longer is taken for something else. */
const INSPECTED_BYTES_MAX = 64 * 1024;

interface HttpInspectorConfig {
  readonly found: Readonly<Record<HttpVersion, Counter>>;
  readonly notFound: Counter;
}

class HttpInspectorFilter implements ListenerFilter {
  readonly readBytesMax = INSPECTED_BYTES_MAX + 1;
  private readonly config: HttpInspectorConfig;
  private callbacks: ListenerFilterCallbacks | undefined = undefined;

  constructor(config: HttpInspectorConfig) {
    this.config = config;
  }

  onAccept(callbacks: ListenerFilterCallbacks): ListenerFilterStatus {
    this.callbacks = callbacks;
    const encrypted = callbacks.accepted.transportProtocol !== "raw_buffer";
    return encrypted ? ListenerFilterStatus.Continue : ListenerFilterStatus.StopIteration;
  }

  onData(bytes: Uint8Array): ListenerFilterStatus {
    const detected = detectHttp(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (detected === "more" && bytes.length < INSPECTED_BYTES_MAX) return ListenerFilterStatus.StopIteration;
    if (detected === "more" || detected === "none") this.config.notFound.inc();
    else {
      this.config.found[detected].inc();
      if (this.callbacks !== undefined) this.callbacks.accepted.applicationProtocols = [detected];
    }
    return ListenerFilterStatus.Continue;
  }
}

export const httpInspectorFactory: ListenerFilterFactory<HttpInspectorConfig> = {
  compile: (_message, context) => {
    const scope = context.stats.scope("http_inspector");
    scope.counter("read_error");
    const found = {
      "http/1.0": scope.counter("http10_found"),
      "http/1.1": scope.counter("http11_found"),
      h2c: scope.counter("http2_found"),
    };
    return { ok: true, value: { found, notFound: scope.counter("http_not_found") } };
  },
  create: (config) => new HttpInspectorFilter(config),
};
