"use client";

import { useSyncExternalStore } from "react";

/** `live`: changes arrive by themselves. `reconnecting`: what is shown may be old. `offline`: for longer than 5 s. */
export type ConnectionState = "connecting" | "live" | "reconnecting" | "offline";

const OFFLINE_AFTER_MS = 5_000;

let state: ConnectionState = "connecting";
let timer: ReturnType<typeof setTimeout> | undefined;
let lostAt: Date | undefined;
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
    lostAt = undefined;
    set("live");
  },
  closed(): void {
    if (state === "offline") return;
    lostAt ??= new Date();
    set("reconnecting");
    timer ??= setTimeout(() => {
      timer = undefined;
      set("offline");
    }, OFFLINE_AFTER_MS);
  },
};

/** Since when nothing comes any more; undefined while it does. */
export function connectionLostAt(): Date | undefined {
  return lostAt;
}

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
