import type { Headers } from "../http/header-map.ts";
import type {
  AsyncClient,
  AsyncFailure,
  AsyncStream,
  AsyncStreamCallbacks,
  AsyncStreamOptions,
} from "./async-client.ts";

export interface AsyncResponse {
  readonly headers: Headers;
  readonly body: Buffer;
  readonly trailers: Headers | undefined;
}

/** One of the two, once. */
export interface AsyncRequestCallbacks {
  onResponse(response: AsyncResponse): void;
  onFailure(reason: AsyncFailure, transportFailure: string): void;
}

export interface AsyncRequestOptions extends AsyncStreamOptions {
  /** A longer response is a failure. */
  readonly responseBytesMax: number;
}

/** A whole request for a whole response. Undefined: it failed, as `callbacks` were told. */
export function sendRequest(
  client: AsyncClient,
  cluster: string,
  headers: Headers,
  body: Uint8Array | undefined,
  callbacks: AsyncRequestCallbacks,
  options: AsyncRequestOptions,
): { cancel(): void } | undefined {
  const collector = new ResponseCollector(callbacks, options.responseBytesMax);
  const stream = client.start(cluster, headers, collector, options);
  if (stream === undefined) return undefined;
  collector.stream = stream;
  if (body === undefined || body.length === 0) stream.endHeaders();
  else {
    if (!headers.has("content-length")) headers.set("content-length", String(body.length));
    stream.sendData(body, true);
  }
  return stream;
}

/** Outside the hot path. Resolves with a failure rather than rejecting. */
export function requestPromise(
  client: AsyncClient,
  cluster: string,
  headers: Headers,
  body: Uint8Array | undefined,
  options: AsyncRequestOptions,
): Promise<AsyncResponse | { readonly failure: AsyncFailure; readonly transportFailure: string }> {
  return new Promise((resolve) => {
    const callbacks: AsyncRequestCallbacks = {
      onResponse: resolve,
      onFailure: (failure, transportFailure) => resolve({ failure, transportFailure }),
    };
    sendRequest(client, cluster, headers, body, callbacks, options);
  });
}

class ResponseCollector implements AsyncStreamCallbacks {
  stream: AsyncStream | undefined = undefined;
  private readonly callbacks: AsyncRequestCallbacks;
  private readonly bytesMax: number;
  private headers: Headers | undefined = undefined;
  private chunks: Uint8Array[] = [];
  private bytes = 0;

  constructor(callbacks: AsyncRequestCallbacks, bytesMax: number) {
    this.callbacks = callbacks;
    this.bytesMax = bytesMax;
  }

  onHeaders(headers: Headers, endStream: boolean): void {
    this.headers = headers;
    if (endStream) this.finish(undefined);
  }

  onData(chunk: Uint8Array, endStream: boolean): void {
    this.bytes += chunk.length;
    if (this.bytes > this.bytesMax) {
      this.chunks = [];
      this.stream?.cancel();
      this.callbacks.onFailure("response too large", "");
      return;
    }
    if (chunk.length > 0) this.chunks.push(Buffer.from(chunk));
    if (endStream) this.finish(undefined);
  }

  onTrailers(trailers: Headers): void {
    this.finish(trailers);
  }

  onFailure(reason: AsyncFailure, transportFailure: string): void {
    this.callbacks.onFailure(reason, transportFailure);
  }

  private finish(trailers: Headers | undefined): void {
    const { headers } = this;
    if (headers === undefined) return;
    this.callbacks.onResponse({ headers, body: Buffer.concat(this.chunks), trailers });
  }
}
