import { request } from "node:http";
import { create, fromJsonString, type MessageInitShape, toJsonString } from "@bufbuild/protobuf";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NodeSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  DeltaDiscoveryRequestSchema,
  type DeltaDiscoveryResponse,
  DiscoveryRequestSchema,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { DISCOVERY_SERVICES, isDelta, isSotw } from "../discovery-services.ts";
import { apiRegistry } from "../registry/api-registry.ts";
import { REST_PATHS } from "../rest-paths.ts";
import type { XdsVariant } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import { contentOf } from "./any-content.ts";

/** A type as the probe has it: name to a text of its content. */
type Held = Map<string, string>;

interface Asked {
  names: string[];
  version: string;
  nonce: string;
  held: Held;
  versions: Map<string, string>;
  refuse: string | undefined;
  /** Names in the last response. */
  last: string[];
  told: string[];
}

/**
 * Speaks the protocol by its documents and not by this package's client: takes what a variant sends, and shows it in the
 * same form for all of them.
 */
export class ProbeClient {
  readonly variant: XdsVariant;
  readonly asked = new Map<string, Asked>();
  private readonly port: number;
  private readonly node: MessageInitShape<typeof NodeSchema>;
  private readonly streams = new Map<string, { send(message: unknown): void; close(): void }>();
  /** The polling that goes on; an earlier one ends. */
  private polling: symbol | undefined;
  private polled: Promise<void> = Promise.resolve();
  failure: string | undefined;

  constructor(
    variant: XdsVariant,
    port: number,
    node: MessageInitShape<typeof NodeSchema> = { id: "probe" },
  ) {
    this.variant = variant;
    this.port = port;
    this.node = node;
    if (variant === "rest") this.poll();
  }

  /** Asks for exactly these names of a type (`*`: all). */
  ask(typeUrl: string, names: readonly string[]): void {
    const known = this.asked.get(typeUrl);
    if (known === undefined) {
      const fresh = { version: "", nonce: "", held: new Map(), versions: new Map(), refuse: undefined };
      this.asked.set(typeUrl, { ...fresh, names: [...names], last: [], told: [] });
      this.open(typeUrl);
      return;
    }
    const before = known.names;
    known.names = [...names];
    for (const name of before) if (!names.includes(name)) known.held.delete(name);
    if (this.isDelta) {
      this.send(typeUrl, {
        resourceNamesSubscribe: names.filter((name) => !before.includes(name)),
        resourceNamesUnsubscribe: before.filter((name) => !names.includes(name)),
      });
    } else this.sendSotw(typeUrl, known);
  }

  held(typeUrl: string): string[] {
    return [...(this.asked.get(typeUrl)?.held.keys() ?? [])].sort();
  }

  content(typeUrl: string, name: string): string {
    return this.asked.get(typeUrl)?.held.get(name) ?? "";
  }

  /** The next response of the type is refused with these words. */
  refuseNext(typeUrl: string, words: string): void {
    const asked = this.asked.get(typeUrl);
    if (asked !== undefined) asked.refuse = words;
  }

  /** Ends the streams and begins anew with what it has. */
  reconnect(): void {
    this.close();
    for (const asked of this.asked.values()) Object.assign(asked, { nonce: "", last: [] });
    if (this.variant === "rest") this.poll();
    else for (const typeUrl of this.asked.keys()) this.open(typeUrl);
  }

  close(): void {
    this.polling = undefined;
    for (const stream of this.streams.values()) stream.close();
    this.streams.clear();
  }

  private get isDelta(): boolean {
    return this.variant === "delta" || this.variant === "delta-ads";
  }

  private open(typeUrl: string): void {
    const asked = this.asked.get(typeUrl);
    if (this.variant === "rest" || asked === undefined) return;
    if (!this.isDelta) {
      this.sendSotw(typeUrl, asked);
      return;
    }
    const isLegacy = asked.names.includes(WILDCARD) && WHOLE_SET_TYPES.has(typeUrl);
    this.send(typeUrl, {
      resourceNamesSubscribe: isLegacy ? [] : asked.names,
      initialResourceVersions: Object.fromEntries(asked.versions),
    });
  }

  private sendSotw(typeUrl: string, asked: Asked, refusal?: string): void {
    const isLegacy =
      asked.names.includes(WILDCARD) && asked.names.length === 1 && WHOLE_SET_TYPES.has(typeUrl);
    this.send(typeUrl, {
      versionInfo: asked.version,
      responseNonce: asked.nonce,
      resourceNames: isLegacy ? [] : asked.names,
      ...(refusal === undefined ? {} : { errorDetail: { code: 3, message: refusal } }),
    });
  }

  private send(
    typeUrl: string,
    init:
      | Omit<MessageInitShape<typeof DiscoveryRequestSchema>, "$typeName">
      | Omit<MessageInitShape<typeof DeltaDiscoveryRequestSchema>, "$typeName">,
  ): void {
    const key = this.variant === "ads" || this.variant === "delta-ads" ? "" : typeUrl;
    const { node } = this;
    const schema = this.isDelta ? DeltaDiscoveryRequestSchema : DiscoveryRequestSchema;
    const message = create(schema, { ...init, typeUrl, node: create(NodeSchema, node) });
    let stream = this.streams.get(key);
    if (stream === undefined) {
      stream = this.startStream(key === "" ? undefined : key);
      this.streams.set(key, stream);
    }
    stream.send(message);
  }

  private startStream(onlyType: string | undefined): { send(message: unknown): void; close(): void } {
    const queue: unknown[] = [];
    let wake: (() => void) | undefined;
    const ended = new AbortController();
    async function* requests(): AsyncGenerator<never> {
      while (!ended.signal.aborted) {
        const next = queue.shift();
        if (next !== undefined) yield next as never;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    }
    const transport = createGrpcTransport({ baseUrl: `http://127.0.0.1:${this.port}` });
    const methods = DISCOVERY_SERVICES.find(({ typeUrl }) => typeUrl === onlyType)?.service.methods ?? [];
    const method = methods.find((each) => (this.isDelta ? isDelta(each) : isSotw(each)));
    if (method === undefined) throw new Error(`no ${this.variant} service for ${onlyType}`);
    void (async () => {
      try {
        const response = await transport.stream(method as never, ended.signal, undefined, {}, requests());
        for await (const each of response.message) {
          if (ended.signal.aborted) return;
          if (this.isDelta) this.takeDelta(each as DeltaDiscoveryResponse);
          else this.takeSotw(each as DiscoveryResponse);
        }
      } catch (error) {
        if (!ended.signal.aborted) this.failure = String(error);
      }
    })();
    return {
      send: (message) => {
        queue.push(message);
        wake?.();
      },
      close: () => {
        ended.abort();
        wake?.();
      },
    };
  }

  private takeSotw(response: DiscoveryResponse): void {
    const asked = this.asked.get(response.typeUrl);
    if (asked === undefined) return;
    asked.nonce = response.nonce;
    const refusal = this.apply(asked, response.typeUrl, response);
    this.sendSotw(response.typeUrl, asked, refusal);
  }

  /** What a state-of-the-world response means; answers the refusal. */
  private apply(asked: Asked, typeUrl: string, response: DiscoveryResponse): string | undefined {
    const { refuse } = asked;
    asked.refuse = undefined;
    if (refuse !== undefined) return refuse;
    const got = response.resources.map((any) => contentOf(any));
    asked.version = response.versionInfo;
    asked.last = got.map(([name]) => name).sort();
    asked.told.push(...response.resourceErrors.map(({ errorDetail }) => errorDetail?.message ?? ""));
    if (WHOLE_SET_TYPES.has(typeUrl) || this.variant === "rest") asked.held.clear();
    for (const [name, content] of got) if (isWanted(asked, name)) asked.held.set(name, content);
    return undefined;
  }

  private takeDelta(response: DeltaDiscoveryResponse): void {
    const asked = this.asked.get(response.typeUrl);
    if (asked === undefined) return;
    const { refuse } = asked;
    asked.refuse = undefined;
    if (refuse === undefined) {
      asked.version = response.systemVersionInfo;
      asked.last = response.resources.map(({ name }) => name).sort();
      asked.told.push(...response.resourceErrors.map(({ errorDetail }) => errorDetail?.message ?? ""));
      for (const { name, version, resource, aliases } of response.resources) {
        asked.told.push(...aliases.map((alias) => `${name} is ${alias}`));
        if (resource === undefined || !isWanted(asked, name)) continue;
        asked.held.set(name, contentOf(resource)[1]);
        asked.versions.set(name, version);
      }
      for (const name of response.removedResources) {
        asked.held.delete(name);
        asked.versions.delete(name);
      }
    }
    const error = refuse === undefined ? {} : { errorDetail: { code: 3, message: refuse } };
    this.send(response.typeUrl, { responseNonce: response.nonce, ...error });
  }

  private poll(): void {
    const polling = Symbol("polling");
    this.polling = polling;
    const before = this.polled;
    this.polled = (async () => {
      await before;
      while (this.polling === polling) {
        try {
          for (const [typeUrl, asked] of this.asked) await this.pollOne(typeUrl, asked);
        } catch (error) {
          this.failure = String(error);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
  }

  private pollOne(typeUrl: string, asked: Asked): Promise<void> {
    const message = create(DiscoveryRequestSchema, {
      node: create(NodeSchema, this.node),
      typeUrl,
      versionInfo: asked.version,
      resourceNames: asked.names.filter((name) => name !== WILDCARD),
    });
    const body = toJsonString(DiscoveryRequestSchema, message, { registry: apiRegistry() });
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: this.port,
          path: REST_PATHS[typeUrl] ?? "/",
          method: "POST",
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            if (response.statusCode === 200) {
              const text = Buffer.concat(chunks).toString();
              this.apply(
                asked,
                typeUrl,
                fromJsonString(DiscoveryResponseSchema, text, { registry: apiRegistry() }),
              );
            } else if (response.statusCode !== 304) this.failure = `status ${response.statusCode}`;
            resolve();
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

/** What came although it was not asked for, or not any more, does not count. */
function isWanted({ names }: Asked, name: string): boolean {
  return names.includes(WILDCARD) || names.includes(name);
}
