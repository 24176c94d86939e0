import type { Counter, StatsScope } from "@sluice/extension-api";

/** Below `listener.<address>.ssl.` or `cluster.<name>.ssl.`, under Envoy's names. */
export interface TlsStats {
  readonly connectionError: Counter;
  readonly handshake: Counter;
  readonly sessionReused: Counter;
  readonly noCertificate: Counter;
  readonly failVerifyNoCert: Counter;
  readonly failVerifyError: Counter;
  readonly failVerifySan: Counter;
  readonly failVerifyCertHash: Counter;
  readonly ocspStapleRequests: Counter;
  readonly ocspStapleResponses: Counter;
  readonly ocspStapleOmitted: Counter;
  readonly ocspStapleFailed: Counter;
  /** `ciphers.<suite>` and `versions.<version>`; made when one is first negotiated. */
  countNegotiated(cipher: string, version: string): void;
  /** `curves.<group>`, likewise. */
  countGroup(group: string): void;
  /** `was_key_usage_invalid`, likewise. */
  countInvalidKeyUsage(): void;
}

/** Of a cluster, below `cluster.<name>.`; `secretsNotReady`: connections that were refused for want of a secret. */
export function createClientTlsStats(cluster: StatsScope): {
  readonly tls: TlsStats;
  readonly secretsNotReady: Counter;
} {
  const scope = cluster.scope("client_ssl_socket_factory");
  // Counted on the main thread.
  scope.counter("ssl_context_update_by_sds");
  // Envoy's list of these is one for both directions.
  scope.counter("downstream_context_secrets_not_ready");
  return {
    tls: createTlsStats(cluster),
    secretsNotReady: scope.counter("upstream_context_secrets_not_ready"),
  };
}

/** `parent`: the one that is to hold `ssl.`. */
export function createTlsStats(parent: StatsScope): TlsStats {
  const scope = parent.scope("ssl");
  const named = new Map<string, Counter>();
  const count = (kind: string, name: string): void => {
    const key = `${kind}.${name}`;
    let counter = named.get(key);
    if (counter === undefined) {
      counter = scope.counter(key);
      named.set(key, counter);
    }
    counter.inc();
  };
  return {
    connectionError: scope.counter("connection_error"),
    handshake: scope.counter("handshake"),
    sessionReused: scope.counter("session_reused"),
    noCertificate: scope.counter("no_certificate"),
    failVerifyNoCert: scope.counter("fail_verify_no_cert"),
    failVerifyError: scope.counter("fail_verify_error"),
    failVerifySan: scope.counter("fail_verify_san"),
    failVerifyCertHash: scope.counter("fail_verify_cert_hash"),
    ocspStapleRequests: scope.counter("ocsp_staple_requests"),
    ocspStapleResponses: scope.counter("ocsp_staple_responses"),
    ocspStapleOmitted: scope.counter("ocsp_staple_omitted"),
    ocspStapleFailed: scope.counter("ocsp_staple_failed"),
    countNegotiated: (cipher, version) => {
      count("ciphers", cipher);
      count("versions", version);
    },
    countGroup: (group) => count("curves", group),
    countInvalidKeyUsage: () => scope.counter("was_key_usage_invalid").inc(),
  };
}
