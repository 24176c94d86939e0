import { createHash } from "node:crypto";
import { fromBinary, type Message, toJson } from "@bufbuild/protobuf";
import { apiRegistry, messageDescriptor } from "../registry/api-registry.ts";
import { typeNameOf } from "../registry/unknown-type.ts";
import type { NodeIdentity, Snapshot, SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import { sectionChange } from "./section-change.ts";
import { Subscription } from "./subscription.ts";
import { beatOf, knowsTtl } from "./time-to-live.ts";

export interface RestAnswer {
  readonly status: 200 | 304 | 400 | 503;
  /** JSON. */
  readonly body: string | undefined;
  readonly version: string;
  readonly section: SnapshotType | undefined;
  readonly resources: readonly SnapshotResource[];
}

const json = new WeakMap<SnapshotResource, string>();
const lists = new WeakMap<readonly SnapshotResource[], string>();

/**
 * The answer to one request. Its version is the type's where everything is asked for, else one of the names too: a node sends
 * its version with other names, and must not be told that it has them. Where there are TTLs each answer is whole.
 */
export function restAnswer(
  snapshot: Snapshot | undefined,
  typeUrl: string,
  names: readonly string[],
  known: string,
  node: NodeIdentity,
): RestAnswer {
  if (snapshot === undefined) {
    const body = JSON.stringify({ message: "the configuration is not known yet" });
    return { status: 503, body, version: "", section: undefined, resources: [] };
  }
  const section = snapshot.types.get(typeUrl) ?? { version: "0", resources: new Map() };
  const subscription = new Subscription(names);
  if (names.length === 0 && WHOLE_SET_TYPES.has(typeUrl)) subscription.add(WILDCARD);
  const resources = subscription.wildcard
    ? sectionChange(undefined, section).updated
    : [...subscription.select(section).values()];
  const version = subscription.wildcard ? section.version : versionOf(names, resources);
  const beats =
    knowsTtl(node, true) && (beatOf(section)?.resources.some(({ name }) => subscription.has(name)) ?? false);
  if (version === known && !beats) return { status: 304, body: undefined, version, section, resources };
  const encoded = beats
    ? resources.map((resource) => wrappedJson(typeUrl, resource)).join()
    : listJson(typeUrl, resources);
  const head = `"versionInfo":${JSON.stringify(version)},"typeUrl":${JSON.stringify(typeUrl)}`;
  return { status: 200, body: `{${head},"resources":[${encoded}]}`, version, section, resources };
}

function versionOf(names: readonly string[], resources: readonly SnapshotResource[]): string {
  const hash = createHash("sha256");
  for (const name of [...names].sort()) hash.update(`${name.length}:${name}`);
  for (const { name, version } of resources) hash.update(`|${name.length}:${name}${version}`);
  return hash.digest("hex").slice(0, 16);
}

function listJson(typeUrl: string, resources: readonly SnapshotResource[]): string {
  let found = lists.get(resources);
  if (found === undefined) {
    found = resources.map((resource) => resourceJson(typeUrl, resource)).join();
    lists.set(resources, found);
  }
  return found;
}

/** An Any in JSON: the message's own, with its type. */
function resourceJson(typeUrl: string, resource: SnapshotResource): string {
  let found = json.get(resource);
  if (found === undefined) {
    const descriptor = messageDescriptor(typeNameOf(typeUrl));
    const message: Message = fromBinary(descriptor, resource.value);
    const fields = JSON.stringify(toJson(descriptor, message, { registry: apiRegistry() })).slice(1);
    const separator = fields === "}" ? "" : ",";
    found = `{"@type":${JSON.stringify(typeUrl)}${separator}${fields}`;
    json.set(resource, found);
  }
  return found;
}

function wrappedJson(typeUrl: string, resource: SnapshotResource): string {
  if (resource.ttlMs === undefined) return resourceJson(typeUrl, resource);
  const { name, version, ttlMs } = resource;
  const head = `"@type":"type.googleapis.com/envoy.service.discovery.v3.Resource","name":${JSON.stringify(name)}`;
  const inner = resourceJson(typeUrl, resource);
  return `{${head},"version":${JSON.stringify(version)},"ttl":"${ttlMs / 1000}s","resource":${inner}}`;
}
