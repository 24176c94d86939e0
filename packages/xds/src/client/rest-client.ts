import { request } from "node:http";
import { create, toJsonString } from "@bufbuild/protobuf";
import type { Node } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { apiRegistry } from "../registry/api-registry.ts";
import { REST_PATHS } from "../rest-paths.ts";
import { parseYaml } from "../text/parse-yaml.ts";
import { WholeResponses } from "./whole-response.ts";
import type { XdsClient, XdsConnectTarget, XdsSubscriptionOptions } from "./xds-client.ts";

export interface RestClientOptions {
  /** Asked before each request; undefined: not known yet. */
  readonly target: () => XdsConnectTarget | undefined;
  /** Sent with each request. */
  readonly node: Node;
  /** `ApiConfigSource.refresh_delay`: the next request follows a response after so long, and up to as long again. */
  readonly refreshDelayMs: number;
  /** `ApiConfigSource.request_timeout`; Envoy's default is 1 s. */
  readonly requestTimeoutMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const INITIAL_FETCH_TIMEOUT_MS = 15_000;
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/** Polls a management server by HTTP/1.1 and JSON (`ApiConfigSource.REST`). A bad answer leaves what was known. */
export function createRestClient(options: RestClientOptions): XdsClient {
  const pollers = new Set<Poller>();
  return {
    get connected() {
      return pollers.size > 0 && [...pollers].every((poller) => poller.answered);
    },
    subscribe(typeUrl, names, handler, subscriptionOptions = {}) {
      const responses = new WholeResponses(typeUrl, names, handler);
      const poller = new Poller(options, responses, subscriptionOptions);
      pollers.add(poller);
      return {
        setNames(wanted) {
          responses.names = wanted;
          responses.version = "";
          poller.askSoon();
        },
        close() {
          pollers.delete(poller);
          poller.close();
        },
      };
    },
    async close() {
      for (const poller of pollers) poller.close();
      pollers.clear();
    },
  };
}

class Poller {
  /** Whether the last request had an answer. */
  answered = false;
  readonly #options: RestClientOptions;
  readonly #responses: WholeResponses;
  readonly #callbacks: XdsSubscriptionOptions;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #firstTimer: NodeJS.Timeout | undefined;
  #asking = false;
  #again = false;

  constructor(options: RestClientOptions, responses: WholeResponses, callbacks: XdsSubscriptionOptions) {
    this.#options = options;
    this.#responses = responses;
    this.#callbacks = callbacks;
    const timeoutMs = callbacks.initialFetchTimeoutMs ?? INITIAL_FETCH_TIMEOUT_MS;
    if (timeoutMs > 0) {
      this.#firstTimer = setTimeout(() => callbacks.onInitialFetchTimeout?.(), timeoutMs);
    }
    this.askSoon();
  }

  askSoon(): void {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), 0);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#firstTimer);
    this.#closing.abort();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#callbacks.onAttempt?.();
    const { names } = this.#responses;
    const answer = await this.#fetch();
    if (this.#closing.signal.aborted) return;
    this.answered = answer.kind !== "failure";
    if (answer.kind === "failure") this.#callbacks.onFailure?.(answer.message);
    if (answer.kind === "response") {
      clearTimeout(this.#firstTimer);
      const refusal = await this.#responses
        .take(answer.response, names)
        .catch((error: unknown) => `internal error: ${String(error)}`);
      if (refusal !== undefined) this.#callbacks.onRejected?.(refusal);
    }
    if (this.#closing.signal.aborted) return;
    this.#asking = false;
    const { refreshDelayMs, random } = this.#options;
    const delayMs = this.#again ? 0 : refreshDelayMs + Math.floor(random() * refreshDelayMs);
    this.#again = false;
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }

  #fetch(): Promise<Answer> {
    const { target: find, node, requestTimeoutMs } = this.#options;
    const { typeUrl, names, version } = this.#responses;
    const target = find();
    const path = REST_PATHS[typeUrl];
    if (target === undefined) return failure("the management server's address is not known");
    if (path === undefined) return failure(`${typeUrl} has no HTTP/JSON service`);
    const discoveryRequest = create(DiscoveryRequestSchema, {
      node,
      typeUrl,
      versionInfo: version,
      resourceNames: names === "*" ? [] : [...names],
    });
    const body = toJsonString(DiscoveryRequestSchema, discoveryRequest, { registry: apiRegistry() });
    return new Promise((resolve) => {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(requestTimeoutMs)]);
      const fail = (error: Error): void =>
        resolve({
          kind: "failure",
          message: signal.aborted ? `no answer within ${requestTimeoutMs} ms` : error.message,
        });
      const outgoing = request(
        {
          method: "POST",
          path,
          createConnection: () => target.connect(),
          headers: {
            host: target.authority,
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          },
          signal,
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on("data", (chunk: Buffer) => {
            size += chunk.length;
            if (size > BODY_BYTES_MAX) response.destroy(new Error("the response is too large"));
            else chunks.push(chunk);
          });
          response.on("error", fail);
          response.on("end", () => resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks))));
        },
      );
      outgoing.on("error", fail);
      outgoing.end(body);
    });
  }
}

type Answer =
  | { readonly kind: "response"; readonly response: DiscoveryResponse }
  | { readonly kind: "unchanged" }
  | { readonly kind: "failure"; readonly message: string };

function readAnswer(status: number, body: Buffer): Answer {
  if (status === 304) return { kind: "unchanged" };
  if (status !== 200) return { kind: "failure", message: `the management server answered ${status}` };
  const { message, problems } = parseYaml(body.toString("utf8"), DiscoveryResponseSchema, { format: "json" });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (message !== undefined && errors.length === 0) return { kind: "response", response: message };
  return { kind: "failure", message: errors.map((each) => `${each.path}: ${each.message}`).join("; ") };
}

const failure = (message: string): Promise<Answer> => Promise.resolve({ kind: "failure", message });
