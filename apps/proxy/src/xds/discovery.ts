import type { XdsUpdate } from "@sluice/xds/client";
import type { Refusal } from "./refusals.ts";

/** One kind of resource on the main thread: who needs which, and what they are now. Sources are named by `sourceKey`. */
export interface Discovery {
  /** Takes over what is good in an update, and tells what is not. */
  onUpdate(update: XdsUpdate, source: string): Promise<Refusal | undefined> | Refusal | undefined;
  /** These names were asked for, by a source that has no stream. */
  attempted?(source: string, names: readonly string[]): void;
  /** Nothing can be had of these names now, for the reason `message`; `final`: it is not worth waiting for. */
  failed?(source: string, names: readonly string[], final: boolean, message: string): void;
  /** What a new worker must be told is told by whoever owns the discovery. */
}
