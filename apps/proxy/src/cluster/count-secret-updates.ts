import type { StatsScope } from "@sluice/extension-api";
import type { FoundSecretConfig } from "../secret/find-secret-configs.ts";
import { type SecretLookup, secretKey } from "../secret/secret-lookup.ts";

/**
 * Counts what comes for the transport sockets of a cluster, once for all workers and, as in Envoy, from the first one on.
 * `stats`: `cluster.<name>.`
 */
export function countSecretUpdates(
  found: readonly FoundSecretConfig[],
  secrets: SecretLookup,
  stats: StatsScope,
): () => void {
  const ofSockets = found.filter(
    ({ path, config }) => path.startsWith("transport_socket") && config.sdsConfig !== undefined,
  );
  if (ofSockets.length === 0) return () => {};
  const updated = stats.scope("client_ssl_socket_factory").counter("ssl_context_update_by_sds");
  const stops = ofSockets.map(({ config }) => {
    const key = secretKey(config);
    if (secrets.get(key) !== undefined) updated.inc();
    return secrets.subscribe(key, () => updated.inc());
  });
  return () => {
    for (const stop of stops) stop();
  };
}
