import type { X509Certificate } from "node:crypto";

/** A session, and whose it is: a handshake that resumes it shows no certificate, but is judged by it all the same. */
export interface KeptSession {
  readonly session: Buffer;
  readonly leaf: X509Certificate | undefined;
}

/** Sessions to resume, `max_session_keys` of them at most; the longest kept goes first. Each is used once (RFC 8446 §C.4). */
export class SessionCache {
  private readonly max: number;
  private readonly sessions = new Map<string, KeptSession>();

  constructor(max: number) {
    this.max = max;
  }

  take(key: string): KeptSession | undefined {
    const session = this.sessions.get(key);
    if (session !== undefined) this.sessions.delete(key);
    return session;
  }

  put(key: string, session: KeptSession): void {
    if (this.max === 0) return;
    this.sessions.delete(key);
    this.sessions.set(key, session);
    for (const oldest of this.sessions.keys()) {
      if (this.sessions.size <= this.max) break;
      this.sessions.delete(oldest);
    }
  }
}
