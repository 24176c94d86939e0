import { type Authorities, type KeyRing, type NodeContext, openAuthorities } from "@sluice/config";
import { withDeadline } from "../server/with-deadline.ts";

/** What the xDS port shows and trusts, PEM. */
export interface ServerCredentials {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Of the root that signed the certificate. */
  readonly authorityPem: string;
  /** Of every root whose certificates count. */
  readonly trustedPem: string;
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

/**
 * The authority's roots, opened, and the server certificate that this replica has from the one that signs; its key never leaves the
 * process. `look` again when roots may have changed.
 */
export class ServerIdentity {
  readonly #options: ServerIdentityOptions;
  #authorities: Authorities | undefined;
  #issued: Awaited<ReturnType<Authorities["signing"]["issueForServer"]>> | undefined;
  #renewAtMs = 0;
  #trouble: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #started = false;
  #busy = false;
  #closed = false;
  readonly #ready = Promise.withResolvers<void>();

  constructor(options: ServerIdentityOptions) {
    this.#options = options;
  }

  /** Undefined until Postgres has answered and the key ring has opened them. */
  get authorities(): Authorities | undefined {
    return this.#authorities;
  }

  /** "ok", or why there is no TLS yet. */
  get state(): string {
    if (this.#authorities !== undefined) return "ok";
    return this.#trouble ?? "waiting for Postgres";
  }

  /** Resolves with the first certificate. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(): void {
    this.#started = true;
    this.look();
  }

  /** Reads the roots again, unless that is under way or not begun yet. */
  look(): void {
    if (!this.#started || this.#closed || this.#busy) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#working = this.#work().finally(() => {
      this.#busy = false;
    });
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
    if (!this.#closed) this.#timer = setTimeout(() => this.look(), Math.max(RETRY_MS, waitMs));
  }

  async #renew(): Promise<void> {
    const { context, ring, hosts, onCredentials, lifetimeMs = WEEK_MS } = this.#options;
    const authorities = await withDeadline(
      "opening the certificate authority",
      LOAD_DEADLINE_MS,
      openAuthorities(context, ring),
    );
    const before = this.#authorities;
    this.#authorities = authorities;
    const { signing, trustedPem } = authorities;
    const now = context.now();
    const isSigner = before?.signing.certificatePem === signing.certificatePem;
    if (isSigner && before.trustedPem === trustedPem && now.getTime() < this.#renewAtMs) return;
    if (!isSigner || this.#issued === undefined || now.getTime() >= this.#renewAtMs) {
      this.#issued = await signing.issueForServer({ hosts, now, lifetimeMs });
      this.#renewAtMs = this.#issued.notAfter.getTime() - lifetimeMs / 3;
    }
    const { certificatePem, keyPem } = this.#issued;
    onCredentials({ certificatePem, keyPem, authorityPem: signing.certificatePem, trustedPem });
    this.#ready.resolve();
  }
}

function keyProblem(error: Error): string {
  return (
    `the certificate authority's key cannot be opened (${error.message}): ` +
    "set SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE to the key that it was made with"
  );
}
