import { type HeaderMap, ResponseFlag } from "@sluice/extension-api";
import { ActiveFilter } from "./active-filter.ts";
import type { HttpFilterConfig } from "./filter-chain-config.ts";
import { isDecoder, isEncoder } from "./filter-direction.ts";
import { prepareLocalReply } from "./local-reply.ts";
import { RequestIteration } from "./request-iteration.ts";
import { ResponseIteration } from "./response-iteration.ts";
import type { StreamHost } from "./stream-host.ts";

/** The filters of one stream, both directions of the iteration through them, and the replies that take a response's place. */
export class FilterManager {
  readonly host: StreamHost;
  readonly request: RequestIteration;
  readonly response: ResponseIteration;
  private readonly filters: ActiveFilter[] = [];
  private destroyed = false;

  constructor(host: StreamHost) {
    this.host = host;
    this.request = new RequestIteration(this, this.filters);
    this.response = new ResponseIteration(this, this.filters);
  }

  get isDestroyed(): boolean {
    return this.destroyed;
  }

  /** `isEnabled` decides on filters that a route turns off or on. */
  createChain(chain: readonly HttpFilterConfig[], isEnabled: (filter: HttpFilterConfig) => boolean): void {
    for (let i = 0; i < chain.length; i++) {
      const entry = chain[i];
      if (entry === undefined || !isEnabled(entry)) continue;
      const instance = entry.factory.create(entry.config);
      const decoder = isDecoder(instance) ? instance : undefined;
      const encoder = isEncoder(instance) ? instance : undefined;
      const active = new ActiveFilter(this, entry.name, this.filters.length, decoder, encoder);
      this.filters.push(active);
      decoder?.setDecoderCallbacks(active);
      encoder?.setEncoderCallbacks(active);
    }
  }

  /** What is kept for filters, and what those keep that say so (the router), in octets. */
  get heldBytes(): number {
    let bytes = this.request.bufferedBytes + this.response.bufferedBytes;
    for (const { decoder } of this.filters) {
      if (decoder !== undefined && keepsBytes(decoder)) bytes += decoder.heldBytes;
    }
    return bytes;
  }

  /** The end of the stream, however it came. */
  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.request.release();
    this.response.release();
    for (const { decoder, encoder } of this.filters) {
      try {
        if (decoder !== undefined) decoder.onDestroy();
        else encoder?.onDestroy();
      } catch (error) {
        this.host.onFilterBug(error);
      }
    }
  }

  sendLocalReply(
    status: number,
    body: string,
    details: string,
    modify?: (headers: HeaderMap) => void,
    grpcStatus?: number,
    flag?: ResponseFlag,
  ): undefined {
    const { host, request, response } = this;
    if (this.destroyed || response.done) return;
    if (flag !== undefined && (host.answer !== undefined || response.headersWritten))
      host.streamInfo.setResponseFlag(flag);
    if (host.answer !== undefined) {
      request.stopped = true;
      response.stopped = true;
      host.answer(status, body, details, modify, grpcStatus);
      return;
    }
    host.streamInfo.responseCodeDetails = details.replaceAll(" ", "_");
    if (response.headersWritten) {
      // The client has a head already: all that is left is to end the message visibly short.
      host.abort();
      return;
    }
    // As in Envoy: what was wrong with this message may be wrong with what follows.
    if (status === 400) host.refuseReuse();
    request.stopped = true;
    host.beforeLocalReply(status);
    const reply = prepareLocalReply(host.requestHeaders, status, body, grpcStatus, modify, host);
    if (flag !== undefined) host.streamInfo.setResponseFlag(flag);
    response.replace(reply.headers, reply.body);
  }

  /** A filter threw. */
  failOnBug(error: unknown): undefined {
    this.host.onFilterBug(error);
    if (this.destroyed) return;
    this.host.streamInfo.setResponseFlag(ResponseFlag.LocalReset);
    if (this.response.headersWritten) this.host.abort();
    else this.sendLocalReply(500, "Internal Server Error", "filter_error");
  }
}

/** A filter that tells how much it keeps of the messages. */
interface KeepsBytes {
  readonly heldBytes: number;
}

function keepsBytes(filter: object): filter is KeepsBytes {
  return "heldBytes" in filter && typeof filter.heldBytes === "number";
}
