"use client";

import { useSyncExternalStore } from "react";

/** `live`: changes arrive by themselves. `reconnecting`: what is shown may be old. `offline`: for longer than 5 s. */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "offline";

const OFFLINE_AFTER_MS = 5_000;

let state: ConnectionState = "connecting";
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function set(next: ConnectionState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

/** Told by the WebSocket; read by `useConnectionState`. */
export const connectionStore = {
  opened(): void {
    clearTimeout(timer);
    timer = undefined;
    set("live");
  },
  closed(): void {
    if (state === "offline") return;
    set("reconnecting");
    timer ??= setTimeout(() => {
      timer = undefined;
      set("offline");
    }, OFFLINE_AFTER_MS);
  },
};

export function useConnectionState(): ConnectionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
    () => "connecting",
  );
}
