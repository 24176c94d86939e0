import { createHash } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { messageDescriptor } from "../registry/api-registry.ts";
import type { SnapshotResource, SnapshotType, XdsServerObserver } from "../snapshot-source.ts";
import { parseYaml } from "../text/parse-yaml.ts";
import { MutableSource, type RunningServer, type ServerPlace, startXdsServer } from "./xds-fixture.ts";

/** Message name (`envoy.config.cluster.v3.Cluster`) → resource name → YAML. */
export type YamlResources = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a node refused, in its own words. */
export interface Nack {
  /** Message name. */
  readonly type: string;
  readonly version: string;
  readonly message: string;
}

const PREFIX = "type.googleapis.com/";

/**
 * A control plane in this process, for tests of nodes: a real xDS server (ADS, each type by its service, delta, REST) on a
 * port of 127.0.0.1 that has the same for every node, and remembers what they answer.
 *
 * `start`, then `publish` as often as is wanted, before nodes come or after; `stop` at the end. Stopped, it keeps what was
 * published and may start again.
 */
export class ControlPlane {
  /** 0 before `start`. */
  port = 0;
  /** How many responses were taken. */
  acks = 0;
  #nacks: Nack[] = [];
  readonly #answered = new Map<string, string>();
  #published: ReadonlyMap<string, SnapshotType> = new Map();
  /** Of the last publish, by type and text, since most of a large configuration stays. */
  #encoded = new Map<string, SnapshotResource>();
  readonly #source = new MutableSource();
  readonly #otherwise: ServerPlace["otherwise"];
  #server: RunningServer | undefined;

  /** `otherwise`: takes the HTTP/2 requests that are not for xDS. By default their streams are closed. */
  constructor(otherwise?: ServerPlace["otherwise"]) {
    this.#otherwise = otherwise;
  }

  /** `port`: 0 for one of the system's choice. */
  async start(port = 0): Promise<void> {
    const options = { source: this.#source, observer: this.#observer() };
    this.#server = await startXdsServer(options, {
      port,
      ...(this.#otherwise && { otherwise: this.#otherwise }),
    });
    this.port = this.#server.port;
  }

  /** Ends the nodes' streams and connections. */
  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  /**
   * Takes the place of all that was published before. A type's version is `version`, and all of the type is sent again;
   * without one it comes from the content, so that only what changed is sent. Throws at YAML that is no such message.
   */
  publish(resources: YamlResources, version?: string): void {
    const encoded = new Map<string, SnapshotResource>();
    const types = new Map<string, SnapshotType>();
    for (const [type, texts] of Object.entries(resources)) {
      const section = new Map<string, SnapshotResource>();
      for (const [name, text] of Object.entries(texts)) {
        const key = `${type} ${name} ${text}`;
        const resource = this.#encoded.get(key) ?? encode(type, name, text);
        encoded.set(key, resource);
        section.set(
          name,
          version === undefined ? resource : { ...resource, version: `${version} ${resource.version}` },
        );
      }
      types.set(PREFIX + type, { version: version ?? contentVersion(section), resources: section });
    }
    this.#encoded = encoded;
    this.#published = types;
    this.#source.replace({ version: version ?? "", types });
  }

  /** Whether a node has taken or refused the newest version of each type. */
  answered(): boolean {
    for (const [url, { version }] of this.#published) if (this.#answered.get(url) !== version) return false;
    return true;
  }

  /** Why a node refused that version of a type (`envoy.config.cluster.v3.Cluster`); `undefined` as long as none did. */
  refusal(type: string, version: string): string | undefined {
    return this.#nacks.find((nack) => nack.type === type && nack.version === version)?.message;
  }

  /** What was refused since the last call, oldest first; `refusal` no longer tells of it. */
  takeNacks(): readonly Nack[] {
    const nacks = this.#nacks;
    this.#nacks = [];
    return nacks;
  }

  #observer(): XdsServerObserver {
    const nothing = (): void => {};
    return {
      onStreamOpened: nothing,
      onStreamClosed: nothing,
      onSent: nothing,
      onUnchanged: (_stream, url, version) => void this.#answered.set(url, version),
      onAck: (_stream, url, version) => {
        this.acks++;
        this.#answered.set(url, version);
      },
      onNack: (_stream, url, version, message) => {
        this.#answered.set(url, version);
        this.#nacks.push({ type: url.slice(PREFIX.length), version, message });
      },
    };
  }
}

function encode(type: string, name: string, text: string): SnapshotResource {
  const { message, problems } = parseYaml(text, type);
  if (message === undefined) throw new Error(`${type} ${name}: ${JSON.stringify(problems)}\n${text}`);
  const value = toBinary(messageDescriptor(type), message);
  return { name, version: createHash("sha256").update(value).digest("hex").slice(0, 16), value };
}

function contentVersion(resources: ReadonlyMap<string, SnapshotResource>): string {
  const hash = createHash("sha256");
  for (const { name, version } of resources.values()) hash.update(name).update(version);
  return hash.digest("hex").slice(0, 16);
}
