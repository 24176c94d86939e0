import { X509Certificate } from "node:crypto";
import {
  type AcmeContext,
  CHANNELS,
  type DueCertificate,
  dueCertificates,
  holdWorkLease,
  openAuthority,
  openDnsProvider,
  releaseWorkLease,
  storeAccount,
  storeFailure,
  storeIssued,
} from "@sluice/config";
import type { OutboundPolicy } from "@sluice/config/outbound";
import type { NotificationBus } from "@sluice/database";
import { createServerRequest } from "@sluice/join/certificates";
import { AcmeClient } from "./acme-client.ts";
import { AcmeError } from "./acme-error.ts";
import { renewAt, retryAt } from "./acme-schedule.ts";
import { dnsProver } from "./dns/dns-prover.ts";
import { withdrawLeftovers } from "./dns/withdraw-leftovers.ts";
import { alpnProver, httpProver } from "./node-provers.ts";
import type { Prover } from "./prover.ts";

export interface AcmeEngineOptions {
  readonly context: AcmeContext;
  readonly bus: NotificationBus;
  /** Where authorities may be. */
  readonly outbound: OutboundPolicy;
  /** Unique per process start. */
  readonly replica: string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onIssued: (name: string, notAfter: Date) => void;
  readonly onFailed: (name: string, reason: string) => void;
  readonly onTrouble: (error: unknown) => void;
}

const WORK = "acme";
/** Held on to while an order is under way: records take their time to spread. */
const LEASE_MS = 240_000;
const TICK_MS = 5_000;
const AGAIN_MS = 250;

/** Gets automatic certificates and renews them, while this replica holds the lease for it; one after the other. */
export class AcmeEngine {
  readonly #options: AcmeEngineOptions;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(options: AcmeEngineOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  start(): void {
    this.#wake();
    const wake = () => this.#wake();
    const { bus, onTrouble } = this.#options;
    // The tick looks all the same.
    bus.listen(CHANNELS.rollout, wake, wake).then((stop) => {
      this.#unlisten = stop;
    }, onTrouble);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#working;
    await this.#unlisten?.();
    const { context, replica, onTrouble } = this.#options;
    await releaseWorkLease(context, { work: WORK, holder: replica }).catch(onTrouble);
  }

  #wake(): void {
    if (this.#closing.signal.aborted) return;
    if (this.#working !== undefined) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#again = false;
    this.#working = this.#work()
      .catch(this.#options.onTrouble)
      .then(() => {
        this.#working = undefined;
        if (this.#closing.signal.aborted) return;
        if (this.#again) this.#timer = setTimeout(() => this.#wake(), AGAIN_MS);
        else this.#timer = setTimeout(() => this.#wake(), TICK_MS);
      });
  }

  async #work(): Promise<void> {
    const { context, outbound, replica, onTrouble } = this.#options;
    const hold = () => holdWorkLease(context, { work: WORK, holder: replica, ms: LEASE_MS });
    if (!(await hold())) return;
    const holding = setInterval(() => void hold().catch(onTrouble), LEASE_MS / 4);
    try {
      await withdrawLeftovers(context, outbound, onTrouble);
      while (await hold()) {
        const [due] = await dueCertificates(context);
        if (due === undefined || this.#closing.signal.aborted) return;
        await this.#tryOne(due);
      }
    } finally {
      clearInterval(holding);
    }
  }

  async #tryOne(due: DueCertificate): Promise<void> {
    const { context, random, onIssued, onFailed } = this.#options;
    try {
      const notAfter = await this.#obtain(due);
      onIssued(due.name, notAfter);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (!(error instanceof AcmeError)) this.#options.onTrouble(error);
      const reason =
        error instanceof AcmeError ? error.message : "something went wrong on the server; its log says what";
      const failures = due.failures + 1;
      await storeFailure(context, {
        name: due.name,
        failures,
        reason,
        dueAt: retryAt(context.now(), failures, random()),
      });
      onFailed(due.name, reason);
    }
  }

  async #obtain(due: DueCertificate): Promise<Date> {
    const { context, random } = this.#options;
    const { authority, keyType } = due.choice;
    const access = await openAuthority(context, authority);
    if (access === undefined)
      throw new AcmeError("no certificate authority is set up: add one on the page Certificates");
    const prover = await this.#proverOf(due);
    const client = new AcmeClient(access, this.#options.outbound, this.#closing.signal);
    const account = await client.register();
    if (account !== undefined) await storeAccount(context, access.name, account);
    const { keyPem, request } = await createServerRequest(due.names, keyType);
    const chain = await client.order(due.names, request, prover);
    const notAfter = new Date(new X509Certificate(chain).validTo);
    const dueAt = renewAt(context.now(), notAfter, random());
    const { name, renewal } = due;
    await storeIssued(context, { name, authority: access.name, chain, keyPem, notAfter, dueAt, renewal });
    return notAfter;
  }

  async #proverOf({ name, challenge, choice }: DueCertificate): Promise<Prover> {
    const { context, outbound } = this.#options;
    const options = { context, certificate: name, signal: this.#closing.signal };
    if (challenge === "http-01") return httpProver(options);
    if (challenge === "tls-alpn-01") return alpnProver(options);
    const provider = await openDnsProvider(context, choice.dnsProvider);
    if (provider === undefined)
      throw new AcmeError("no DNS provider is set up, which dns-01 needs: add one on the page Certificates");
    return dnsProver({ ...options, provider, outbound });
  }
}
