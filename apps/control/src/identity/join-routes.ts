import {
  type Authorities,
  exchangeJoinToken,
  type IssueContext,
  type IssuedNodeCertificate,
  JoinRefusal,
  type JoinRefusalCode,
  type NodeContext,
  renewNodeCertificate,
} from "@sluice/config";
import type { Admission } from "./admission.ts";
import { FailureLimiter } from "./failure-limiter.ts";
import { type JoinAnswer, type JoinHandler, type JoinRequest, readJsonBody, refuse } from "./join-http.ts";
import type { Peer } from "./peer.ts";

export interface JoinRoutesOptions {
  readonly context: NodeContext;
  readonly admission: Admission;
  /** Of the certificates that nodes get. */
  readonly lifetimeMs: number;
  readonly authorities: () => Authorities | undefined;
  readonly onJoined: (issued: IssuedNodeCertificate, peer: Peer, renewed: boolean) => void;
  readonly onRefused: (code: string, message: string, peer: Peer) => void;
  readonly onTrouble: (error: unknown) => void;
}

const STATUS: Readonly<Record<JoinRefusalCode, number>> = {
  unknown_token: 401,
  expired: 403,
  revoked: 403,
  spent: 403,
  wrong_node: 403,
  taken: 409,
  invalid: 400,
};
const IN_FLIGHT_MAX = 32;
const MINUTE_MS = 60_000;

/**
 * `GET /join/authority`, `POST /join` (a token for a certificate) and `POST /join/renew` (a certificate for a new one), JSON.
 * Who guesses tokens waits: ten refusals a minute and address; a node renews at most ten times a minute.
 */
export class JoinRoutes implements JoinHandler {
  readonly #options: JoinRoutesOptions;
  readonly #refusals = new FailureLimiter({ failuresMax: 10, windowMs: MINUTE_MS });
  readonly #renewals = new FailureLimiter({ failuresMax: 10, windowMs: MINUTE_MS });
  #inFlight = 0;

  constructor(options: JoinRoutesOptions) {
    this.#options = options;
  }

  async handle(request: JoinRequest, answer: JoinAnswer, peer: Peer): Promise<void> {
    const authorities = this.#options.authorities();
    if (peer.kind === "plain") return refuse(answer, 403, "plain_text", "nodes join over TLS: use https");
    if (authorities === undefined)
      return refuse(answer, 503, "unavailable", "the control plane is starting: try again in a moment");
    const call = `${request.method} ${request.path}`;
    switch (call) {
      case "GET /join/authority":
        answer.writeHead(200, { "content-type": "application/x-pem-file" });
        answer.end(authorities.trustedPem);
        return;
      case "POST /join":
        return await this.#limited(request, answer, peer, hostOf(peer), this.#refusals, (body, context) =>
          exchangeJoinToken(context, {
            token: textOf(body.token),
            node: body.node === undefined ? undefined : textOf(body.node),
            request: textOf(body.request),
            peer: peer.address,
          }),
        );
      case "POST /join/renew": {
        const refusal = this.#options.admission.refusal(peer);
        if (peer.kind !== "node" || refusal !== undefined)
          return refuse(answer, 401, "unauthenticated", refusal ?? "a client certificate is needed");
        const { id, certificate: serial } = peer.node;
        return await this.#limited(request, answer, peer, id, this.#renewals, (body, context) =>
          renewNodeCertificate(context, {
            node: id,
            serial,
            request: textOf(body.request),
            peer: peer.address,
          }),
        );
      }
      default:
        return refuse(answer, 404, "not_found", "this is a control plane: gRPC, and /join for nodes");
    }
  }

  async #limited(
    request: JoinRequest,
    answer: JoinAnswer,
    peer: Peer,
    key: string,
    limiter: FailureLimiter,
    work: (body: Readonly<Record<string, unknown>>, context: IssueContext) => Promise<IssuedNodeCertificate>,
  ): Promise<void> {
    const { context, lifetimeMs, onJoined, onTrouble } = this.#options;
    const authorities = this.#options.authorities();
    const nowMs = context.now().getTime();
    const waitMs = limiter.waitMs(key, nowMs);
    if (waitMs > 0 || this.#inFlight >= IN_FLIGHT_MAX || authorities === undefined) {
      const seconds = Math.max(1, Math.ceil(waitMs / 1000));
      return refuse(answer, 429, "too_many", `too many attempts: wait ${seconds} s`, {
        "retry-after": String(seconds),
      });
    }
    const renewing = limiter === this.#renewals;
    if (renewing) limiter.count(key, nowMs);
    try {
      const body = await readJsonBody(request);
      const { signing, trustedPem } = authorities;
      const issued = await this.#counted(
        work(body, { ...context, authority: signing, trustedPem, lifetimeMs }),
      );
      onJoined(issued, peer, renewing);
      answer.writeHead(200, { "content-type": "application/json" });
      answer.end(JSON.stringify(answerOf(issued, trustedPem)));
    } catch (error) {
      if (!(error instanceof JoinRefusal)) {
        onTrouble(error);
        return refuse(
          answer,
          503,
          "unavailable",
          "the control plane cannot do this now: try again in a moment",
        );
      }
      if (!renewing) limiter.count(key, nowMs);
      this.#options.onRefused(error.code, error.message, peer);
      refuse(answer, STATUS[error.code], error.code, error.message);
    }
  }

  async #counted<T>(work: Promise<T>): Promise<T> {
    this.#inFlight++;
    try {
      return await work;
    } finally {
      this.#inFlight--;
    }
  }
}

function answerOf(issued: IssuedNodeCertificate, trustedPem: string): object {
  return {
    node: issued.node,
    labels: issued.labels,
    certificate: issued.certificatePem,
    authority: trustedPem,
    notAfter: issued.notAfter.toISOString(),
  };
}

/** One address may use many ports. */
function hostOf({ address }: Peer): string {
  return address.slice(0, address.lastIndexOf(":"));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
