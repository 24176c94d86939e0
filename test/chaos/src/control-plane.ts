import { createHash } from "node:crypto";
import { createServer, type ServerHttp2Session } from "node:http2";
import { toBinary } from "@bufbuild/protobuf";
import {
  messageDescriptor,
  parseYaml,
  type Snapshot,
  type SnapshotResource,
  type SnapshotSource,
  type SnapshotType,
  type XdsServerObserver,
} from "@sluice/xds";
import { createXdsServer } from "@sluice/xds/server";

const PREFIX = "type.googleapis.com/";

/** Message name → resource name → YAML. */
export type Resources = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A control plane in this process, that remembers what the node answered. */
export class ControlPlane implements SnapshotSource, XdsServerObserver {
  port = 0;
  acks = 0;
  /** The node's words, not yet taken by `takeNacks`. */
  #nacks: string[] = [];
  #snapshot: Snapshot | undefined;
  readonly #acknowledged = new Map<string, string>();
  #encoded = new Map<string, SnapshotResource>();
  readonly #watchers = new Set<(affected: () => boolean) => void>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #xds = createXdsServer({ source: this, observer: this });
  readonly #server = createServer((request, response) => {
    if (!this.#xds.handleGrpc(request, response)) response.stream.close();
  });

  snapshotFor(): Snapshot | undefined {
    return this.#snapshot;
  }
  watch(onChange: (affected: () => boolean) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }
  onStreamOpened(): void {}
  onStreamClosed(): void {}
  onSent(): void {}
  onUnchanged(_stream: unknown, typeUrl: string, version: string): void {
    this.#acknowledged.set(typeUrl, version);
  }
  onAck(_stream: unknown, typeUrl: string, version: string): void {
    this.acks++;
    this.#acknowledged.set(typeUrl, version);
  }
  onNack(_stream: unknown, typeUrl: string, version: string, message: string): void {
    this.#acknowledged.set(typeUrl, version);
    this.#nacks.push(`${typeUrl.slice(typeUrl.lastIndexOf(".") + 1)}: ${message}`);
  }

  takeNacks(): readonly string[] {
    const nacks = this.#nacks;
    this.#nacks = [];
    return nacks;
  }

  publish(resources: Resources): void {
    const encoded = new Map<string, SnapshotResource>();
    const types = new Map<string, SnapshotType>();
    for (const [type, texts] of Object.entries(resources)) {
      const hash = createHash("sha256");
      const section = new Map<string, SnapshotResource>();
      for (const [name, text] of Object.entries(texts)) {
        const key = `${type} ${text}`;
        const resource = this.#encoded.get(key) ?? encode(type, name, text);
        encoded.set(key, resource);
        section.set(name, resource);
        hash.update(name).update(resource.version);
      }
      types.set(PREFIX + type, { version: hash.digest("hex").slice(0, 16), resources: section });
    }
    this.#encoded = encoded;
    this.#snapshot = { version: "", types };
    for (const onChange of this.#watchers) onChange(() => true);
  }

  /** Whether the node has answered (ACK or NACK) the newest version of each type. */
  answered(): boolean {
    for (const [url, { version }] of this.#snapshot?.types ?? []) {
      if (this.#acknowledged.get(url) !== version) return false;
    }
    return true;
  }

  async start(): Promise<void> {
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
      session.on("error", () => {});
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
  }

  async stop(): Promise<void> {
    this.#xds.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const session of this.#sessions) session.destroy();
    await closed;
  }
}

function encode(type: string, name: string, text: string): SnapshotResource {
  const { message, problems } = parseYaml(text, type);
  if (message === undefined) throw new Error(`${type} ${name}: ${JSON.stringify(problems)}\n${text}`);
  const value = toBinary(messageDescriptor(type), message);
  return { name, version: createHash("sha256").update(value).digest("hex").slice(0, 16), value };
}
