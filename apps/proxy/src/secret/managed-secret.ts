import { dirname } from "node:path";
import { equals } from "@bufbuild/protobuf";
import type { Log, Problem, StatsScope } from "@sluice/extension-api";
import {
  type SdsSecretConfig,
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { DirectoryWatch } from "../config-message/directory-watch.ts";
import { durationMs } from "../config-message/duration-ms.ts";
import { isStreamed } from "../xds/config-source.ts";
import { recordUpdate, UPDATE_DURATION } from "../xds/update-duration.ts";
import { hashVersion } from "../xds/version-hash.ts";
import { inlineFiles } from "./inline-files.ts";
import { readSecretFile, readText } from "./read-secret-file.ts";
import type { SecretSource } from "./secret-source.ts";

const INITIAL_FETCH_TIMEOUT_MS = 15_000;

export interface ManagedSecretOptions {
  /** `sds.<name>.` */
  readonly stats: StatsScope;
  defineText(name: string): void;
  setText(name: string, text: string): void;
  onStop(): void;
  /** `problem`: a file of it could not be read. */
  check(secret: Secret, problem: string | undefined): readonly Problem[];
  /** Resolves when every worker has it. */
  publish(secret: Secret): Promise<void>;
  readonly log: Log;
}

/** One dynamic secret: its subscription, the files it names, and who waits for it. */
export class ManagedSecret {
  readonly name: string;
  readonly source: SecretSource;
  references = 0;
  /** As it came; its files are not read in it. */
  secret: Secret | undefined;
  /** What the workers have: files read. */
  published: Secret | undefined;
  version = "";
  updatedAt = new Date();
  readonly #options: ManagedSecretOptions;
  readonly #waiting = new Set<() => void>();
  readonly #timeoutMs: number;
  #sourceWatch: DirectoryWatch | undefined;
  #fileWatch: DirectoryWatch | undefined;
  #watched = "";
  #timer: NodeJS.Timeout | undefined;
  /** Whether whoever needs it goes on without. */
  #given = false;
  /** What its file held when it was looked at last. */
  #text: string | undefined;
  readonly #streamed: boolean;

  constructor(config: SdsSecretConfig, source: SecretSource, options: ManagedSecretOptions) {
    this.name = config.name;
    this.source = source;
    this.#options = options;
    this.#streamed = source.kind === "server" && isStreamed(source.source);
    this.#timeoutMs = durationMs(config.sdsConfig?.initialFetchTimeout, INITIAL_FETCH_TIMEOUT_MS);
    for (const counter of [
      "update_attempt",
      "update_success",
      "update_failure",
      "update_rejected",
      "init_fetch_timeout",
      "key_rotation_failed",
    ])
      options.stats.counter(counter);
    for (const gauge of ["update_time", "version"]) options.stats.gauge(gauge).set(0);
    options.stats.histogram(UPDATE_DURATION);
    options.defineText(`${options.stats.prefix}version_text`);
  }

  start(): void {
    const { source } = this;
    if (this.#streamed) this.#options.stats.counter("update_attempt").inc();
    if (this.#timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        this.#options.stats.counter("init_fetch_timeout").inc();
        this.#goOn();
      }, this.#timeoutMs);
    }
    if (source.kind === "file") {
      this.#sourceWatch = new DirectoryWatch([source.watchedDirectory ?? dirname(source.path)], () =>
        this.#readFile(source.path),
      );
      this.#readFile(source.path);
    }
  }

  /** A server that is polled was asked. */
  attempted(): void {
    if (!this.#streamed) this.#options.stats.counter("update_attempt").inc();
  }

  failed(): void {
    this.#count("update_failure");
  }

  /** As Envoy: what is refused is not waited for. */
  #goOn(): void {
    clearTimeout(this.#timer);
    this.#given = true;
    this.#settle();
  }

  #count(outcome: string): void {
    this.#options.stats.counter(outcome).inc();
    if (this.#streamed) this.#options.stats.counter("update_attempt").inc();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#sourceWatch?.close();
    this.#fileWatch?.close();
    this.#settle();
    this.#options.onStop();
  }

  ready(): Promise<void> {
    if (this.published !== undefined || this.#given) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** A version that its source sent: what is wrong with it, or it is on its way to the workers. */
  receive(secret: Secret, version: string): readonly Problem[] {
    const sinceMs = performance.now();
    const inlined = inlineFiles(secret);
    // Also of one that is refused: its files may be there in a moment.
    this.#watchFiles(inlined.directories, () => this.#reloadFiles());
    const problems = this.#options.check(inlined.secret, inlined.problem);
    if (problems.length > 0) {
      this.#count("update_rejected");
      if (this.published === undefined) this.secret = secret;
      this.#goOn();
      return problems;
    }
    this.secret = secret;
    this.version = version;
    this.updatedAt = new Date();
    this.#count("update_success");
    this.#options.stats.gauge("update_time").set(Date.now());
    this.#options.stats.gauge("version").set(hashVersion(version));
    this.#options.setText(`${this.#options.stats.prefix}version_text`, version);
    this.#publish(inlined.secret);
    if (this.#streamed) recordUpdate(this.#options.stats, sinceMs);
    return [];
  }

  #readFile(path: string): void {
    const { text, problem } = readText(path);
    // Another file of the directory has changed.
    if (problem === undefined && text === this.#text) return;
    this.#text = problem === undefined ? text : undefined;
    const { stats, log } = this.#options;
    stats.counter("update_attempt").inc();
    const read =
      problem === undefined
        ? readSecretFile(path, text, this.name)
        : { problem, outcome: "update_failure" as const };
    if ("problem" in read) {
      stats.counter(read.outcome).inc();
      log.warn(`secret '${this.name}': ${read.problem}`);
      if (problem === undefined) this.#goOn();
      return;
    }
    const problems = this.receive(read.secret, read.version);
    for (const { path: at, message } of problems)
      this.#options.log.warn(`secret '${this.name}' is refused: ${at}: ${message}`);
  }

  #watchFiles(directories: readonly string[], onChange: () => void): void {
    const watched = directories.join("\n");
    if (watched === this.#watched) return;
    this.#watched = watched;
    this.#fileWatch?.close();
    this.#fileWatch = directories.length === 0 ? undefined : new DirectoryWatch(directories, onChange);
  }

  /** Certificate and key are read together; a pair that does not fit (yet) leaves the old one in force. */
  #reloadFiles(): void {
    if (this.secret === undefined) return;
    const inlined = inlineFiles(this.secret);
    if (this.published !== undefined && equals(SecretSchema, this.published, inlined.secret)) return;
    const problems = this.#options.check(inlined.secret, inlined.problem);
    if (problems.length > 0) {
      this.#options.stats.counter("key_rotation_failed").inc();
      for (const { path, message } of problems)
        this.#options.log.warn(`files of secret '${this.name}' are not used: ${path}: ${message}`);
      return;
    }
    this.updatedAt = new Date();
    this.#options.log.info(`files of secret '${this.name}' have changed and are in force`);
    this.#publish(inlined.secret);
  }

  #publish(secret: Secret): void {
    this.published = secret;
    clearTimeout(this.#timer);
    void this.#options.publish(secret).then(() => this.#settle());
  }

  #settle(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
