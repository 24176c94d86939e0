import { toBinary } from "@bufbuild/protobuf";
import type { Log, Problem } from "@sluice/extension-api";
import type { XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type SdsSecretConfig,
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { StatsRegistry } from "../stats/stats-registry.ts";
import { sourceKey } from "../xds/config-source.ts";
import type { ControlPlanes } from "../xds/control-planes.ts";
import type { Discovery } from "../xds/discovery.ts";
import { type Refusal, Refusals } from "../xds/refusals.ts";
import type { FoundSecretConfig } from "./find-secret-configs.ts";
import { inlineFiles } from "./inline-files.ts";
import { ManagedSecret } from "./managed-secret.ts";
import type { SecretCommand } from "./secret-command.ts";
import { secretKey, staticSecretKey } from "./secret-lookup.ts";
import { checkSecretSource, secretSource } from "./secret-source.ts";
import type { SecretStore } from "./secret-store.ts";

export interface SecretManagerOptions {
  readonly stats: StatsRegistry;
  readonly controlPlanes: ControlPlanes;
  /** The main thread's own. */
  readonly store: SecretStore;
  /** Everything wrong with a secret whose files have been read. */
  check(secret: Secret): readonly Problem[];
  broadcast(command: SecretCommand): Promise<unknown>;
  /** The set of names that somebody needs from a server has changed. */
  onNames(source: ConfigSource, names: readonly string[]): void;
  readonly log: Log;
}

/** All secrets, on the main thread: which are needed, where they come from, what they are now. */
export class SecretManager implements Discovery {
  readonly #options: SecretManagerOptions;
  readonly #secrets = new Map<string, ManagedSecret>();
  readonly #statics = new Map<string, Secret>();

  constructor(options: SecretManagerOptions) {
    this.#options = options;
  }

  /** A secret of the bootstrap; what is wrong with it. */
  addStatic(secret: Secret): readonly Problem[] {
    const inlined = inlineFiles(secret);
    const problems = this.#check(inlined.secret, inlined.problem);
    if (problems.length > 0) return problems;
    if (this.#statics.has(secret.name))
      return [{ path: "name", message: `duplicate secret '${secret.name}'`, severity: "error" }];
    this.#statics.set(secret.name, secret);
    void this.#publish(staticSecretKey(secret.name), inlined.secret);
    return [];
  }

  /** Everything wrong with references to secrets; changes nothing. */
  check(references: readonly FoundSecretConfig[]): readonly Problem[] {
    return references.flatMap(({ path, config }): readonly Problem[] => {
      if (config.sdsConfig !== undefined) return checkSecretSource(config.sdsConfig, path);
      if (this.#statics.has(config.name)) return [];
      return [{ path, message: `Unknown static secret: ${config.name}`, severity: "error" }];
    });
  }

  /** `ready` resolves when it is known in every worker, or its time is over. `release` when whoever needed it has gone. */
  acquire(config: SdsSecretConfig): { readonly ready: Promise<void>; release(): void } {
    const source = secretSource(config.sdsConfig);
    if (source.kind === "static") return { ready: Promise.resolve(), release() {} };
    const key = secretKey(config);
    let managed = this.#secrets.get(key);
    if (managed === undefined) {
      const lease = this.#options.stats.lease();
      const stats = lease.root.scope("sds").scope(config.name);
      const unwatch =
        source.kind === "server" ? this.#options.controlPlanes.watch(source.source, stats) : undefined;
      managed = new ManagedSecret(config, source, {
        stats,
        onStop: () => {
          unwatch?.();
          lease.release();
        },
        defineText: (name) => this.#options.stats.defineText(name),
        setText: (name, text) => this.#options.stats.setText(name, text),
        check: (secret, problem) => this.#check(secret, problem),
        publish: (secret) => this.#publish(key, secret),
        log: this.#options.log,
      });
      this.#secrets.set(key, managed);
      managed.start();
      if (source.kind === "server") this.#tellNames(source.source);
    }
    const held = managed;
    held.references++;
    let released = false;
    return {
      ready: held.ready(),
      release: () => {
        if (released) return;
        released = true;
        held.references--;
        if (held.references > 0) return;
        held.stop();
        this.#secrets.delete(key);
        this.#options.store.remove(key);
        void this.#options.broadcast({ type: "remove-secret", key });
        if (source.kind === "server") this.#tellNames(source.source);
      },
    };
  }

  onUpdate(update: XdsUpdate, source: string): Refusal | undefined {
    const refusals = new Refusals();
    for (const resource of update.updated)
      refusals.check(SecretSchema, resource, (secret) =>
        this.#from(source, [secret.name]).flatMap((managed) => managed.receive(secret, update.version)),
      );
    return refusals.outcome("SDS");
  }

  attempted(source: string, names: readonly string[]): void {
    for (const managed of this.#from(source, names)) managed.attempted();
  }

  failed(source: string, names: readonly string[]): void {
    for (const managed of this.#from(source, names)) managed.failed();
  }

  /** What a new worker must be told, before anything that refers to it. */
  replay(): readonly SecretCommand[] {
    return this.#options.store
      .entries()
      .map(([key, secret]) => ({ type: "secret", key, bytes: toBinary(SecretSchema, secret) }));
  }

  /** For `/config_dump` and `/certs`; as they came, files not read. */
  get statics(): readonly Secret[] {
    return [...this.#statics.values()];
  }
  get dynamics(): readonly ManagedSecret[] {
    return [...this.#secrets.values()];
  }

  stop(): void {
    for (const managed of this.#secrets.values()) managed.stop();
  }

  /** What is wrong with a secret that nothing asks for yet. */
  judge(secret: Secret): readonly Problem[] {
    return this.#check(secret, undefined);
  }

  #from(key: string, names: readonly string[]): readonly ManagedSecret[] {
    return [...this.#secrets.values()].filter(
      ({ source, name }) =>
        source.kind === "server" && names.includes(name) && sourceKey(source.source) === key,
    );
  }

  #tellNames(source: ConfigSource): void {
    const key = sourceKey(source);
    const names = [...this.#secrets.values()].flatMap((each) =>
      each.source.kind === "server" && sourceKey(each.source.source) === key ? [each.name] : [],
    );
    this.#options.onNames(source, [...new Set(names)]);
  }

  #check(secret: Secret, problem: string | undefined): readonly Problem[] {
    if (problem !== undefined) return [{ path: "", message: problem, severity: "error" }];
    return this.#options.check(secret);
  }

  async #publish(key: string, secret: Secret): Promise<void> {
    this.#options.store.set(key, secret);
    await this.#options.broadcast({ type: "secret", key, bytes: toBinary(SecretSchema, secret) });
  }
}
