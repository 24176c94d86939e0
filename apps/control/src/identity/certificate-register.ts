import { CHANNELS, liveCertificates, type NodeContext } from "@sluice/config";
import type { NotificationBus } from "@sluice/database";
import { NotifiedLoop } from "../server/notified-loop.ts";
import { withDeadline } from "../server/with-deadline.ts";

export interface CertificateRegisterOptions {
  readonly context: NodeContext;
  readonly bus: NotificationBus;
  readonly onTrouble: (error: unknown) => void;
  /** Default 5,000: a lost notification costs no more than that. */
  readonly pollMs?: number;
}

const RETRY_MS = 500;
const READ_DEADLINE_MS = 5_000;

/** Which certificates are revoked, in memory: read at start, at each notification and each poll; kept while Postgres is away. */
export class CertificateRegister {
  readonly #options: CertificateRegisterOptions;
  readonly #watchers = new Set<() => void>();
  #revoked: ReadonlySet<string> = new Set();
  #validUntilMs: ReadonlyMap<string, number> = new Map();
  readonly #loop: NotifiedLoop;
  readonly #loaded = Promise.withResolvers<void>();

  constructor(options: CertificateRegisterOptions) {
    this.#options = options;
    const { bus, pollMs = 5_000, onTrouble } = options;
    const look = () => this.#read();
    const times = { tickMs: pollMs, retryMs: RETRY_MS };
    this.#loop = new NotifiedLoop({ bus, channel: CHANNELS.join, look, ...times, onTrouble });
  }

  /** Resolves once it was read. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  isRevoked(serial: string): boolean {
    return this.#revoked.has(serial);
  }

  /** When the last of a node's certificates that are not revoked expires; 0: it has none. */
  validUntilMs(node: string): number {
    return this.#validUntilMs.get(node) ?? 0;
  }

  /** Calls back after each reading. */
  watch(onRead: () => void): void {
    this.#watchers.add(onRead);
  }

  start(): void {
    this.#loop.start();
  }

  close(): Promise<void> {
    return this.#loop.close();
  }

  async #read(): Promise<void> {
    const reading = liveCertificates(this.#options.context);
    const certificates = await withDeadline("reading the nodes' certificates", READ_DEADLINE_MS, reading);
    const revoked = new Set<string>();
    const validUntilMs = new Map<string, number>();
    for (const { serial, node, notAfter, revoked: isRevoked } of certificates) {
      if (isRevoked) revoked.add(serial);
      else validUntilMs.set(node, Math.max(notAfter.getTime(), validUntilMs.get(node) ?? 0));
    }
    this.#revoked = revoked;
    this.#validUntilMs = validUntilMs;
    this.#loaded.resolve();
    for (const watcher of this.#watchers) watcher();
  }
}
