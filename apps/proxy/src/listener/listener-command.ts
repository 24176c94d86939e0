import type { ListenerSpec } from "./listener-spec.ts";

/** What workers are told of listeners. */
export type ListenerCommand =
  | { readonly type: "listener"; readonly spec: ListenerSpec }
  | { readonly type: "remove-listener"; readonly name: string }
  /** Ends what is left of drained configurations, but for connections on the chains of these keys. */
  | { readonly type: "close-listener"; readonly id: number; readonly kept: readonly string[] | undefined }
  /** Tells the connections of these listeners that they are to end in the course of the drain time. */
  | { readonly type: "drain-listeners"; readonly names: readonly string[] }
  /** Stops accepting on these listeners; connections live on. */
  | { readonly type: "stop-listeners"; readonly names: readonly string[] }
  /** Stops accepting everywhere; connections end as soon as they can. */
  | { readonly type: "end-listeners" };
