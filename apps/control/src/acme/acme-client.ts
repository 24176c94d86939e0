import { setTimeout as sleep } from "node:timers/promises";
import type { AcmeAccess } from "@sluice/config";
import {
  OutboundError,
  type OutboundPolicy,
  type OutboundResponse,
  outboundRequest,
} from "@sluice/config/outbound";
import { AcmeError } from "./acme-error.ts";
import { bindAccount, keyAuthorization, newAccountKey, publicJwk, signJws } from "./jws.ts";
import type { Challenge, Prover } from "./prover.ts";

type Json = Readonly<Record<string, unknown>>;
type Account = NonNullable<AcmeAccess["account"]>;

const POLL_MS = 500;
const POLL_MS_MAX = 5_000;
const CALL_DEADLINE_MS = 20_000;
const ORDER_DEADLINE_MS = 90_000;
const NONCE_TRIES = 5;

/** RFC 8555 as far as certificates for host names need it. One authority, one order at a time. */
export class AcmeClient {
  readonly #access: AcmeAccess;
  readonly #policy: OutboundPolicy;
  readonly #signal: AbortSignal;
  #directory: Json | undefined;
  #nonce: string | undefined;
  #account: Account | undefined;

  constructor(access: AcmeAccess, policy: OutboundPolicy, signal: AbortSignal) {
    this.#access = access;
    this.#policy = policy;
    this.#account = access.account;
    this.#signal = signal;
  }

  /** Registers an account where there is none, or the authority does not know it any more; returns a new one to be kept. */
  async register(): Promise<Account | undefined> {
    if (this.#account !== undefined) return undefined;
    const { binding, email } = this.#access;
    const keyPem = newAccountKey();
    const url = await this.#address("newAccount");
    const meta = this.#directory?.meta;
    if (isJson(meta) && meta.externalAccountRequired === true && binding === undefined)
      throw new AcmeError("the authority wants an external account binding: put its key id and key");
    const reply = await this.#post(url, { jwk: publicJwk(keyPem) }, keyPem, {
      termsOfServiceAgreed: true,
      ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
      ...(binding === undefined ? {} : { externalAccountBinding: bindAccount(binding, url, keyPem) }),
    });
    const account = { url: locationOf(reply), keyPem };
    this.#account = account;
    return account;
  }

  /**
   * Orders a certificate.
   *
   * @param request DER of the signing request
   * @param prover puts up the answers to the challenges of its type, and takes them down again whatever comes of it
   * @returns the chain in PEM
   * @throws AcmeError
   */
  async order(names: readonly string[], request: Uint8Array, prover: Prover): Promise<string> {
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const placed = await this.#signed(await this.#address("newOrder"), { identifiers });
    const url = locationOf(placed);
    const order = bodyOf(placed);
    await this.#authorize(textsOf(order.authorizations), prover);
    await this.#signed(textOf(order.finalize), { csr: Buffer.from(request).toString("base64url") });
    const done = await this.#until(url, ({ status }) => status !== "processing" && status !== "ready");
    if (done.status !== "valid") throw problemOf(done.error, `the order became ${textOf(done.status)}`);
    return (await this.#signed(textOf(done.certificate), undefined)).body.toString();
  }

  async #authorize(urls: readonly string[], prover: Prover): Promise<void> {
    const open: { readonly url: string; readonly at: string; readonly challenge: Challenge }[] = [];
    for (const url of urls) {
      const authorization = bodyOf(await this.#signed(url, undefined));
      if (authorization.status === "valid") continue;
      const found = challengesOf(authorization).find(({ type }) => type === prover.type);
      const identifier = nameIn(authorization);
      if (found === undefined)
        throw new AcmeError(`${identifier}: the authority takes no proof by ${prover.type}`);
      const token = textOf(found.token);
      const value = keyAuthorization(token, this.#known().keyPem);
      open.push({
        url,
        at: textOf(found.url),
        challenge: { identifier, token, keyAuthorization: value },
      });
    }
    if (open.length === 0) return;
    const challenges = open.map(({ challenge }) => challenge);
    try {
      await prover.present(challenges);
      for (const { at } of open) await this.#signed(at, {});
      for (const { url } of open) await this.#decided(url);
    } finally {
      await prover.withdraw(challenges);
    }
  }

  async #decided(url: string): Promise<void> {
    const authorization = await this.#until(url, ({ status }) => status !== "pending");
    if (authorization.status === "valid") return;
    const name = nameIn(authorization);
    const failed = challengesOf(authorization).find(({ error }) => error !== undefined)?.error;
    throw problemOf(failed, `${name}: the authority did not see the proof`, name);
  }

  async #until(url: string, done: (body: Json) => boolean): Promise<Json> {
    const deadline = performance.now() + ORDER_DEADLINE_MS;
    for (let waitMs = POLL_MS; ; waitMs = Math.min(waitMs * 2, POLL_MS_MAX)) {
      const reply = await this.#signed(url, undefined);
      const body = bodyOf(reply);
      if (done(body)) return body;
      if (performance.now() > deadline) throw new AcmeError("the authority took too long to decide");
      await sleep(waitMs, undefined, { signal: this.#signal });
    }
  }

  async #signed(url: string, payload: object | undefined): Promise<OutboundResponse> {
    const { url: kid, keyPem } = this.#known();
    return await this.#post(url, { kid }, keyPem, payload);
  }

  async #post(
    url: string,
    who: Readonly<Record<string, unknown>>,
    keyPem: string,
    payload: object | undefined,
  ): Promise<OutboundResponse> {
    for (let left = NONCE_TRIES; ; left--) {
      const nonce = this.#nonce ?? (await this.#newNonce());
      this.#nonce = undefined;
      const reply = await this.#call(url, "POST", signJws(keyPem, { ...who, nonce, url }, payload));
      if (reply.status < 400) return reply;
      const error = problemOf(parsed(reply.body.toString()), `the authority answered ${reply.status}`);
      // Nonces get old, and authorities refuse some to see that clients bear it.
      if (error.type !== "badNonce" || left === 0) throw error;
    }
  }

  async #newNonce(): Promise<string> {
    await this.#call(await this.#address("newNonce"), "HEAD");
    if (this.#nonce === undefined) throw new AcmeError("the authority gives no nonce");
    return this.#nonce;
  }

  async #address(name: string): Promise<string> {
    if (this.#directory === undefined) {
      const reply = await this.#call(this.#access.directoryUrl, "GET");
      if (reply.status !== 200) throw new AcmeError(`the authority's directory answered ${reply.status}`);
      this.#directory = bodyOf(reply);
    }
    const url = textOf(this.#directory[name]);
    if (url === "") throw new AcmeError(`${this.#access.directoryUrl} is no ACME directory`);
    return url;
  }

  async #call(url: string, method: "GET" | "HEAD" | "POST", body?: string): Promise<OutboundResponse> {
    if (URL.parse(url)?.protocol !== "https:")
      throw new AcmeError(
        `the authority names an address that is not https: ${url.slice(0, DETAIL_LENGTH_MAX)}`,
      );
    const { trust } = this.#access;
    let reply: OutboundResponse;
    try {
      reply = await outboundRequest(this.#policy, {
        url,
        method,
        timeoutMs: CALL_DEADLINE_MS,
        signal: this.#signal,
        ...(body === undefined ? {} : { body, headers: { "content-type": "application/jose+json" } }),
        ...(trust === undefined ? {} : { ca: trust }),
      });
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error;
      throw new AcmeError(`the authority cannot be reached: ${error.message}`);
    }
    const nonce = reply.headers["replay-nonce"];
    if (typeof nonce === "string") this.#nonce = nonce;
    return reply;
  }

  #known(): Account {
    if (this.#account === undefined) throw new AcmeError("there is no account with the authority");
    return this.#account;
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function bodyOf({ body }: OutboundResponse): Json {
  const json = parsed(body.toString());
  if (!isJson(json)) throw new AcmeError("the authority's answer is no JSON");
  return json;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function locationOf({ headers }: OutboundResponse): string {
  const url = textOf(headers.location);
  if (url === "") throw new AcmeError("the authority does not say where to go on");
  return url;
}

function challengesOf({ challenges }: Json): readonly Json[] {
  return Array.isArray(challenges) ? challenges.filter(isJson) : [];
}

function nameIn({ identifier }: Json): string {
  return isJson(identifier) ? textOf(identifier.value) : "";
}

const DETAIL_LENGTH_MAX = 500;

function problemOf(problem: unknown, otherwise: string, name = ""): AcmeError {
  if (!isJson(problem)) return new AcmeError(otherwise);
  const type = textOf(problem.type).replace("urn:ietf:params:acme:error:", "");
  const detail = textOf(problem.detail).slice(0, DETAIL_LENGTH_MAX);
  const about = name === "" ? "" : `${name}: `;
  return new AcmeError(
    detail === "" ? otherwise : `${about}${detail}${type === "" ? "" : ` (${type})`}`,
    type,
  );
}
