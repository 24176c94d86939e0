import { PROBE_BODY_BYTES_MAX, type ProbeObservation, type ProbeRequest, settleProbe } from "@sluice/config";
import { OutboundError, type OutboundPolicy, outboundRequest } from "@sluice/config/outbound";
import type { Database } from "@sluice/database";

export interface ProbeSenderOptions {
  readonly context: { readonly db: Database; readonly now: () => Date };
  readonly policy: OutboundPolicy;
  readonly onTrouble: (error: unknown) => void;
}

const AT_ONCE_MAX = 32;

/** Sends the synthetic requests of nodes that take no orders, to the addresses that were given for them, within the outbound policy. */
export class ProbeSender {
  readonly #options: ProbeSenderOptions;
  readonly #sending = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: ProbeSenderOptions) {
    this.#options = options;
  }

  /** How many more may be on their way. */
  get room(): number {
    return AT_ONCE_MAX - this.#sending.size;
  }

  /** Returns at once. */
  send(request: ProbeRequest): void {
    const sending = this.#observe(request)
      .then((observed) =>
        this.#closing.signal.aborted ? undefined : settleProbe(this.#options.context, request, observed),
      )
      .catch(this.#options.onTrouble)
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#sending);
  }

  async #observe({ address, probe }: ProbeRequest): Promise<ProbeObservation> {
    const { method, headers, timeoutMs, bodyContains } = probe;
    const url = new URL(probe.url);
    const startedMs = performance.now();
    try {
      const { status, body } = await outboundRequest(this.#options.policy, {
        url: `${url.protocol}//${address}${url.pathname}${url.search}`,
        serverName: url.hostname,
        method,
        headers: {
          "user-agent": "sluice-probe",
          ...Object.fromEntries(headers.map(({ name, value }) => [name, value])),
          host: url.host,
        },
        timeoutMs,
        responseBytesMax: PROBE_BODY_BYTES_MAX,
        overlong: "cut",
        signal: this.#closing.signal,
      });
      const durationMs = Math.round(performance.now() - startedMs);
      return { status, bodyMatches: body.includes(bodyContains), durationMs };
    } catch (error) {
      if (error instanceof OutboundError) return { error: error.message };
      throw error;
    }
  }
}
