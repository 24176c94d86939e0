import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AcmeAccess,
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
import { Turns } from "./turns.ts";

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
/** While orders are under way. */
const LOOK_MS = 1_000;

interface Order {
  /** "" for the default one. */
  readonly authority: string;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** Orders that are under way with one authority, so that a slow one holds up its own alone. */
const ORDERS_MAX = 4;

/** Gets automatic certificates and renews them, while this replica holds the lease for it; several at once. */
export class AcmeEngine {
  readonly #options: AcmeEngineOptions;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #again = false;
  readonly #turns = new Turns();
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
    const orders = new Map<string, Order>();
    let troubled = false;
    const trouble = (error: unknown): void => {
      troubled = true;
      onTrouble(error);
    };
    try {
      await withdrawLeftovers(context, outbound, onTrouble);
      while (!troubled && (await hold()) && !this.#closing.signal.aborted) {
        for (const due of await dueCertificates(context)) this.#begin(orders, due, trouble);
        if (orders.size === 0) return;
        await Promise.race([...orders.values()].map(({ ended }) => ended).concat(this.#pause()));
      }
    } finally {
      await Promise.all([...orders.values()].map(({ ended }) => ended));
      clearInterval(holding);
    }
  }

  /** What falls due meanwhile is seen. */
  async #pause(): Promise<void> {
    await sleep(LOOK_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #begin(orders: Map<string, Order>, due: DueCertificate, onTrouble: (error: unknown) => void): void {
    const authority = due.choice.authority ?? "";
    const beside = [...orders.values()].filter((order) => order.authority === authority);
    if (orders.has(due.name) || beside.length >= ORDERS_MAX) return;
    const ended = this.#tryOne(due)
      .catch(onTrouble)
      .then(() => void orders.delete(due.name));
    orders.set(due.name, { authority, ended });
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
    const prover = await this.#proverOf(due);
    const { client, access } = await this.#clientOf(authority);
    const { keyPem, request } = await createServerRequest(due.names, keyType);
    const chain = await client.order(due.names, request, prover);
    const notAfter = new Date(new X509Certificate(chain).validTo);
    const dueAt = renewAt(context.now(), notAfter, random());
    const { name, renewal } = due;
    await storeIssued(context, { name, authority: access.name, chain, keyPem, notAfter, dueAt, renewal });
    return notAfter;
  }

  /** Orders that begin together make one account. */
  async #clientOf(authority: string | undefined): Promise<{ client: AcmeClient; access: AcmeAccess }> {
    const { context, outbound } = this.#options;
    return await this.#turns.take(`authority/${authority ?? ""}`, async () => {
      const access = await openAuthority(context, authority);
      if (access === undefined)
        throw new AcmeError("no certificate authority is set up: add one on the page Certificates");
      const client = new AcmeClient(access, outbound, this.#closing.signal);
      const account = await client.register();
      if (account !== undefined) await storeAccount(context, access.name, account);
      return { client, access };
    });
  }

  async #proverOf({ name, challenge, choice }: DueCertificate): Promise<Prover> {
    const { context, outbound } = this.#options;
    const options = { context, certificate: name, signal: this.#closing.signal };
    if (challenge === "http-01") return httpProver(options);
    if (challenge === "tls-alpn-01") return alpnProver(options);
    const provider = await openDnsProvider(context, choice.dnsProvider);
    if (provider === undefined)
      throw new AcmeError("no DNS provider is set up, which dns-01 needs: add one on the page Certificates");
    return dnsProver({ ...options, provider, outbound, turns: this.#turns });
  }
}
