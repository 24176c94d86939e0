import type { Server } from "node:https";

/** What the dashboard serves HTTPS with, PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

export interface TlsWatchOptions {
  readonly everyMs: number;
  readonly onReload: () => void;
  /** Said once for each reason for which nothing could be read; the last good material stays. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Gives new connections what `read` tells, within `everyMs` of a change. Contents are compared, since renewals replace files,
 * directories or links. Returns how to stop.
 */
export function followTls(
  server: Pick<Server, "setSecureContext">,
  read: () => TlsMaterial | Promise<TlsMaterial>,
  first: TlsMaterial,
  { everyMs, onReload, onTrouble }: TlsWatchOptions,
): () => void {
  let current = first;
  let trouble = "";
  let reading = false;
  const look = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      const next = await read();
      trouble = "";
      if (next.cert === current.cert && next.key === current.key) return;
      server.setSecureContext(next);
      current = next;
      onReload();
    } catch (error) {
      const words = String(error);
      if (words !== trouble) onTrouble(error);
      trouble = words;
    } finally {
      reading = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs);
  return () => clearInterval(timer);
}
