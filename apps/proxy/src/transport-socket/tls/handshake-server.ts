import { Server } from "node:tls";

/** Sessions that one filter chain keeps for clients without tickets, in one worker. */
const SESSIONS_MAX = 4096;

/** Sessions by their ids, the oldest forgotten first. What has timed out OpenSSL refuses by itself. */
export class SessionStore {
  private readonly sessions = new Map<string, Buffer>();

  put(id: Buffer, session: Buffer): void {
    this.sessions.set(id.toString("latin1"), session);
    if (this.sessions.size <= SESSIONS_MAX) return;
    for (const oldest of this.sessions.keys()) {
      this.sessions.delete(oldest);
      return;
    }
  }

  get(id: Buffer): Buffer | undefined {
    return this.sessions.get(id.toString("latin1"));
  }
}

/**
 * The server that a TLSSocket asks during its handshake. It never listens: node:tls puts these questions to a server only.
 * Undefined where nothing would be asked.
 */
export function createHandshakeServer(
  ocspResponse: Buffer | undefined,
  sessions: SessionStore | undefined,
): Server | undefined {
  if (ocspResponse === undefined && sessions === undefined) return undefined;
  const server = new Server();
  if (ocspResponse !== undefined)
    server.on("OCSPRequest", (_certificate, _issuer, answer) => answer(null, ocspResponse));
  if (sessions !== undefined) {
    server.on("newSession", (id, session, done) => {
      sessions.put(id, session);
      done();
    });
    server.on("resumeSession", (id, answer) => answer(null, sessions.get(id)));
  }
  return server;
}
