import type { Host } from "../cluster/thread-local-cluster.ts";

/** What ends when its host's health fails. */
interface Session {
  onHostFailed(): void;
}

const sessions = new WeakMap<Host, Set<Session>>();

/** Of a cluster with `close_connections_on_host_health_failure`. Answers how to take it back. */
export function addHostSession(host: Host, session: Session): () => void {
  let found = sessions.get(host);
  if (found === undefined) {
    found = new Set();
    sessions.set(host, found);
  }
  const those = found;
  those.add(session);
  return () => void those.delete(session);
}

export function endHostSessions(host: Host): void {
  for (const session of [...(sessions.get(host) ?? [])]) session.onHostFailed();
}
