import { fromBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { createXdsClient, type XdsClient, type XdsSubscription, type XdsUpdate } from "@sluice/xds/client";
import type { Node } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { ResolveCluster } from "../grpc/grpc-stream.ts";
import type { GrpcSecretSource } from "./secret-manager.ts";

const SDS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

export interface SecretServersOptions {
  node(): Node;
  readonly resolve: ResolveCluster;
  onProblem(message: string): void;
}

type OnSecret = (secret: Secret, version: string) => readonly Problem[];

/** SDS servers beside ADS (`api_config_source`): one stream for each, whatever the number of secrets. */
export class SecretServers {
  readonly #options: SecretServersOptions;
  readonly #servers = new Map<string, SecretServer>();

  constructor(options: SecretServersOptions) {
    this.#options = options;
  }

  subscribe(source: GrpcSecretSource, name: string, onSecret: OnSecret): () => void {
    const key = JSON.stringify(source);
    let server = this.#servers.get(key);
    if (server === undefined) {
      server = new SecretServer(source, this.#options);
      this.#servers.set(key, server);
    }
    return server.subscribe(name, onSecret);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }
}

class SecretServer {
  readonly #client: XdsClient;
  readonly #wanted = new Map<string, Set<OnSecret>>();
  #subscription: XdsSubscription | undefined;

  constructor(source: GrpcSecretSource, options: SecretServersOptions) {
    this.#client = createXdsClient({
      target: () => {
        const host = options.resolve(source.cluster);
        if (host === undefined) return undefined;
        return { authority: host.address, secure: host.secure, connect: () => host.connect() };
      },
      node: options.node(),
      variant: source.delta ? "delta" : "sotw",
      metadata: source.metadata,
      random: Math.random,
      onState: (state) => {
        if (!state.connected)
          options.onProblem(`no connection to the secret server '${source.cluster}': ${state.detail}`);
      },
    });
  }

  subscribe(name: string, onSecret: OnSecret): () => void {
    const known = this.#wanted.get(name) ?? new Set();
    this.#wanted.set(name, known);
    known.add(onSecret);
    this.#tellNames();
    return () => {
      known.delete(onSecret);
      if (known.size > 0) return;
      this.#wanted.delete(name);
      this.#tellNames();
    };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #tellNames(): void {
    const names = [...this.#wanted.keys()];
    if (names.length === 0) {
      this.#subscription?.close();
      this.#subscription = undefined;
    } else if (this.#subscription === undefined) {
      this.#subscription = this.#client.subscribe(SDS, names, async (update) => this.#onUpdate(update));
    } else this.#subscription.setNames(names);
  }

  #onUpdate(update: XdsUpdate): string | undefined {
    const refused: string[] = [];
    for (const { name, value } of update.updated) {
      let secret: Secret;
      try {
        secret = fromBinary(SecretSchema, value);
      } catch (error) {
        refused.push(`${name}: cannot be decoded: ${String(error)}`);
        continue;
      }
      for (const onSecret of this.#wanted.get(secret.name) ?? []) {
        const problems = onSecret(secret, update.version);
        if (problems.length > 0)
          refused.push(`${name}: ${problems.map((each) => `${each.path}: ${each.message}`).join("; ")}`);
      }
    }
    return refused.length === 0 ? undefined : `SDS: ${refused.join("\n")}`;
  }
}
