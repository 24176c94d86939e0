import { CHANNELS, liveCertificates, type NodeContext } from "@sluice/config";
import type { NotificationBus } from "@sluice/database";
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
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => Promise<void>) | undefined;
  #closed = false;
  readonly #loaded = Promise.withResolvers<void>();

  constructor(options: CertificateRegisterOptions) {
    this.#options = options;
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
    void this.#look();
    void this.#listen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#unlisten?.();
  }

  #look(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#lookAgain = true;
      return this.#looking;
    }
    clearTimeout(this.#timer);
    this.#looking = this.#readUntilSettled().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #readUntilSettled(): Promise<void> {
    let failed = false;
    do {
      this.#lookAgain = false;
      try {
        await this.#read();
        failed = false;
      } catch (error) {
        failed = true;
        this.#options.onTrouble(error);
      }
    } while (this.#lookAgain && !failed && !this.#closed);
    const waitMs = failed ? RETRY_MS : (this.#options.pollMs ?? 5_000);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), waitMs);
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

  /** Postgres may not be there yet; once subscribed, the driver subscribes again by itself after it was away. */
  async #listen(): Promise<void> {
    const look = () => void this.#look();
    while (!this.#closed && this.#unlisten === undefined) {
      try {
        this.#unlisten = await this.#options.bus.listen(CHANNELS.join, look, look);
        look();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
