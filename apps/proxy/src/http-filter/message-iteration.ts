import type { HeaderMap } from "@sluice/extension-api";
import { Headers } from "../http/header-map.ts";
import type { ActiveFilter } from "./active-filter.ts";
import { BodyBuffer } from "./body-buffer.ts";
import type { FilterManager } from "./filter-manager.ts";

/** What a message's way through the filters has with it in either direction; who walks it is the subclass. */
export abstract class MessageIteration {
  /** No filter sees anything of the message any more. */
  stopped = false;
  protected readonly manager: FilterManager;
  protected readonly filters: readonly ActiveFilter[];
  protected trailers: Headers | undefined = undefined;
  protected buffered: BodyBuffer | undefined = undefined;
  /** A filter waits for what is buffered as for a stream: the limit refuses nothing. */
  protected streaming = false;
  /** A filter is being called. */
  protected depth = 0;

  constructor(manager: FilterManager, filters: readonly ActiveFilter[]) {
    this.manager = manager;
    this.filters = filters;
  }

  release(): void {
    this.stopped = true;
    this.buffered = undefined;
  }

  get bufferedBytes(): number {
    return this.buffered?.bytes ?? 0;
  }

  bufferedBody(): Uint8Array | undefined {
    return this.buffered?.joined();
  }

  setBufferedBody(body: Uint8Array): void {
    this.buffered ??= new BodyBuffer();
    this.buffered.replace(body);
  }

  addTrailers(): HeaderMap {
    this.trailers ??= new Headers();
    return this.trailers;
  }
}
