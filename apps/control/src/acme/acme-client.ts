import { setTimeout as sleep } from "node:timers/promises";
import type { AcmeAccess } from "@sluice/config";
import {
  OutboundError,
  type OutboundPolicy,
  type OutboundResponse,
  outboundRequest,
} from "@sluice/config/outbound";
import { bindAccount, keyAuthorization, newAccountKey, publicJwk, signJws } from "./jws.ts";

/** Why there is no certificate, in words for people: the authority's own where it gave some. */
export class AcmeError extends Error {
  override readonly name = "AcmeError";
  /** The problem's type (RFC 8555, 6.7), without the prefix. */
  readonly type: string;

  constructor(message: string, type = "") {
    super(message);
    this.type = type;
  }
}

export interface HttpChallenge {
  readonly token: string;
  readonly keyAuthorization: string;
}

type Json = Readonly<Record<string, unknown>>;
type Account = NonNullable<AcmeAccess["account"]>;

const POLL_MS = 500;
const POLL_MS_MAX = 5_000;
const CALL_DEADLINE_MS = 20_000;
const ORDER_DEADLINE_MS = 90_000;
const NONCE_TRIES = 5;

/** RFC 8555 as far as certificates for host names over HTTP-01 need it. One authority, one order at a time. */
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
   * Orders a certificate. `answer` is told each challenge, and returns when every node answers it.
   *
   * @param request DER of the signing request
   * @returns the chain in PEM
   * @throws AcmeError
   */
  async order(
    names: readonly string[],
    request: Uint8Array,
    answer: (challenges: readonly HttpChallenge[]) => Promise<void>,
  ): Promise<string> {
    const identifiers = names.map((value) => ({ type: "dns", value }));
    const placed = await this.#signed(await this.#address("newOrder"), { identifiers });
    const url = locationOf(placed);
    const order = bodyOf(placed);
    await this.#authorize(textsOf(order.authorizations), answer);
    await this.#signed(textOf(order.finalize), { csr: Buffer.from(request).toString("base64url") });
    const done = await this.#until(url, ({ status }) => status !== "processing" && status !== "ready");
    if (done.status !== "valid") throw problemOf(done.error, `the order became ${textOf(done.status)}`);
    return (await this.#signed(textOf(done.certificate), undefined)).body.toString();
  }

  async #authorize(
    urls: readonly string[],
    answer: (challenges: readonly HttpChallenge[]) => Promise<void>,
  ): Promise<void> {
    const open: { readonly url: string; readonly challenge: string; readonly answer: HttpChallenge }[] = [];
    for (const url of urls) {
      const authorization = bodyOf(await this.#signed(url, undefined));
      if (authorization.status === "valid") continue;
      const challenges = Array.isArray(authorization.challenges)
        ? authorization.challenges.filter(isJson)
        : [];
      const found = challenges.find(({ type }) => type === "http-01");
      if (found === undefined)
        throw new AcmeError(`${nameIn(authorization)}: the authority offers no proof over HTTP`);
      const token = textOf(found.token);
      const value = keyAuthorization(token, this.#known().keyPem);
      open.push({ url, challenge: textOf(found.url), answer: { token, keyAuthorization: value } });
    }
    if (open.length === 0) return;
    await answer(open.map((each) => each.answer));
    for (const { challenge } of open) await this.#signed(challenge, {});
    for (const { url } of open) {
      const authorization = await this.#until(url, ({ status }) => status !== "pending");
      if (authorization.status === "valid") continue;
      const challenges = Array.isArray(authorization.challenges)
        ? authorization.challenges.filter(isJson)
        : [];
      const failed = challenges.find(({ error }) => error !== undefined)?.error;
      throw problemOf(
        failed,
        `${nameIn(authorization)}: the authority did not see the proof`,
        nameIn(authorization),
      );
    }
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
