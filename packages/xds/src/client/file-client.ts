import { readFileSync } from "node:fs";
import {
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { parseYaml } from "../text/parse-yaml.ts";
import { watchFile } from "./watch-file.ts";
import { WholeResponses } from "./whole-response.ts";
import type { XdsClient, XdsSubscriptionOptions } from "./xds-client.ts";

export interface FileClientOptions {
  /** A DiscoveryResponse in YAML or JSON (`PathConfigSource.path`). */
  readonly path: string;
  /** `PathConfigSource.watched_directory`; "": the file itself is watched. */
  readonly watchedDirectory: string;
}

/** Takes resources from a file, at once and whenever another is moved into its place. A bad file leaves what was known. */
export function createFileClient(options: FileClientOptions): XdsClient {
  const closers = new Set<() => void>();
  return {
    connected: true,
    subscribe(typeUrl, names, handler, subscriptionOptions = {}) {
      const responses = new WholeResponses(typeUrl, names, handler);
      const reader = new FileReader(options, responses, subscriptionOptions);
      const close = (): void => {
        closers.delete(close);
        reader.close();
      };
      closers.add(close);
      return {
        setNames(wanted) {
          responses.names = wanted;
          reader.load();
        },
        close,
      };
    },
    async close() {
      for (const close of [...closers]) close();
    },
  };
}

class FileReader {
  readonly #options: FileClientOptions;
  readonly #responses: WholeResponses;
  readonly #callbacks: XdsSubscriptionOptions;
  #unwatch: (() => void) | undefined;
  #work: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(options: FileClientOptions, responses: WholeResponses, callbacks: XdsSubscriptionOptions) {
    this.#options = options;
    this.#responses = responses;
    this.#callbacks = callbacks;
    try {
      this.#unwatch = watchFile(
        options.path,
        options.watchedDirectory,
        () => this.load(),
        (message) => callbacks.onFailure?.(message),
      );
    } catch (error) {
      callbacks.onFailure?.(wordsOf(error));
    }
    this.load();
  }

  /** One reading at a time; what happens meanwhile is read in one more. */
  load(): void {
    if (this.#work !== undefined) {
      this.#again = true;
      return;
    }
    this.#work = this.#loadOnce().finally(() => {
      this.#work = undefined;
      if (!this.#again) return;
      this.#again = false;
      this.load();
    });
  }

  close(): void {
    this.#closed = true;
    this.#again = false;
    this.#unwatch?.();
  }

  async #loadOnce(): Promise<void> {
    // Whoever subscribes has the subscription in hand before the first update comes.
    await Promise.resolve();
    if (this.#closed) return;
    this.#callbacks.onAttempt?.();
    const response = readResponse(this.#options.path);
    if (typeof response === "string") {
      this.#callbacks.onFailure?.(`${this.#options.path}: ${response}`);
      return;
    }
    await this.#responses.take(response).then(
      (refusal) => {
        if (refusal !== undefined) this.#callbacks.onRejected?.(`${this.#options.path}: ${refusal}`);
      },
      (error: unknown) => this.#callbacks.onRejected?.(`internal error: ${wordsOf(error)}`),
    );
  }
}

/** The response in the file, or what is wrong with it. */
function readResponse(path: string): DiscoveryResponse | string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return wordsOf(error);
  }
  if (text.trim() === "") return "the file is empty";
  const { message, problems } = parseYaml(text, DiscoveryResponseSchema, { file: path });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (message !== undefined && errors.length === 0) return message;
  return errors.map((each) => `${each.path}: ${each.message}`).join("; ");
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
