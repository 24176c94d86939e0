import { ensureAuthority, type KeyRing, type NodeContext } from "@sluice/config";
import type { Authority } from "@sluice/join/certificates";
import { withDeadline } from "../server/with-deadline.ts";

/** What the xDS port shows and trusts, PEM. */
export interface ServerCredentials {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly authorityPem: string;
}

export interface ServerIdentityOptions {
  readonly context: NodeContext;
  readonly ring: KeyRing;
  /** Names and addresses in the server certificate. */
  readonly hosts: readonly string[];
  /** Of the server certificate; a new one is made when a third of it is left. Default a week. */
  readonly lifetimeMs?: number;
  /** The first and each later certificate: connections that are open keep theirs. */
  readonly onCredentials: (credentials: ServerCredentials) => void;
  readonly onTrouble: (error: unknown) => void;
}

const WEEK_MS = 7 * 86_400_000;
const RETRY_MS = 1_000;
const LOAD_DEADLINE_MS = 10_000;
const TIMER_MS_MAX = 86_400_000;

/** The authority, opened, and the server certificate that this replica has from it; its key never leaves the process. */
export class ServerIdentity {
  readonly #options: ServerIdentityOptions;
  #authority: Authority | undefined;
  #renewAtMs = 0;
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #ready = Promise.withResolvers<void>();

  constructor(options: ServerIdentityOptions) {
    this.#options = options;
  }

  /** Undefined until Postgres has answered and the key ring has opened it. */
  get authority(): Authority | undefined {
    return this.#authority;
  }

  /** "ok", or why there is no TLS yet. */
  get state(): string {
    if (this.#authority !== undefined) return "ok";
    return this.#trouble ?? "waiting for Postgres";
  }

  /** Resolves with the first certificate. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(): void {
    this.#working = this.#work();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#working;
  }

  async #work(): Promise<void> {
    let waitMs = RETRY_MS;
    try {
      await this.#renew();
      this.#trouble = undefined;
      waitMs = Math.min(TIMER_MS_MAX, this.#renewAtMs - this.#options.context.now().getTime());
    } catch (error) {
      this.#trouble =
        error instanceof Error && error.name === "EnvelopeError" ? keyProblem(error) : undefined;
      this.#options.onTrouble(this.#trouble === undefined ? error : new Error(this.#trouble));
    }
    if (!this.#closed) this.#timer = setTimeout(() => this.start(), Math.max(RETRY_MS, waitMs));
  }

  async #renew(): Promise<void> {
    const { context, ring, hosts, onCredentials, lifetimeMs = WEEK_MS } = this.#options;
    this.#authority ??= await withDeadline(
      "opening the certificate authority",
      LOAD_DEADLINE_MS,
      ensureAuthority(context, ring),
    );
    const now = context.now();
    if (now.getTime() < this.#renewAtMs) return;
    const { certificatePem, keyPem, notAfter } = await this.#authority.issueForServer({
      hosts,
      now,
      lifetimeMs,
    });
    this.#renewAtMs = notAfter.getTime() - lifetimeMs / 3;
    onCredentials({ certificatePem, keyPem, authorityPem: this.#authority.certificatePem });
    this.#ready.resolve();
  }
}

function keyProblem(error: Error): string {
  return (
    `the certificate authority's key cannot be opened (${error.message}): ` +
    "set SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE to the key that it was made with"
  );
}
