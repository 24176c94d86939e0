import type { CertificateRegister } from "./certificate-register.ts";
import type { Peer } from "./peer.ts";

/** Where nodes may come without TLS. */
export const PLAINTEXT_POLICIES = ["loopback", "never", "anywhere"] as const;
export type PlaintextPolicy = (typeof PLAINTEXT_POLICIES)[number];

export interface AdmissionOptions {
  readonly plaintext: PlaintextPolicy;
  readonly register: Pick<CertificateRegister, "isRevoked" | "validUntilMs">;
  /** Wall clock. */
  readonly now: () => Date;
}

const JOIN_FIRST = "join this node first: `sluice join` with a token from the Nodes page";

/** Who may use the xDS and telemetry services. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * Why a peer may not, in words for the node's log; undefined: it may. Asked at each call, and of open connections whenever
   * something may have changed. A connection outlives the certificate that it began with while its node has a newer one, so
   * that renewing costs no stream.
   */
  refusal(peer: Peer): string | undefined {
    const { plaintext, register, now } = this.#options;
    switch (peer.kind) {
      case "plain":
        if (plaintext === "anywhere" || (plaintext === "loopback" && peer.loopback)) return undefined;
        return plaintext === "never"
          ? `plain text is not allowed here; ${JOIN_FIRST}`
          : `plain text is allowed from this machine only; ${JOIN_FIRST}`;
      case "anonymous":
        return `a client certificate is needed; ${JOIN_FIRST}`;
      case "untrusted":
        return peer.reason;
      case "node": {
        const { id, certificate } = peer.node;
        if (register.isRevoked(certificate)) return `the node '${id}' is revoked`;
        const nowMs = now().getTime();
        if (peer.notAfter.getTime() > nowMs || register.validUntilMs(id) > nowMs) return undefined;
        return `the certificate of node '${id}' has expired and was not renewed`;
      }
    }
  }
}
