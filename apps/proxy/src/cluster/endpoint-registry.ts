import type { Problem } from "@sluice/extension-api";
import type { XdsUpdate } from "@sluice/xds/client";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { isStreamed, sourceKey } from "../xds/config-source.ts";
import type { ControlPlanes } from "../xds/control-planes.ts";
import type { Discovery } from "../xds/discovery.ts";
import { type Refusal, Refusals } from "../xds/refusals.ts";
import { compileEndpoints, type LoadAssignment } from "./compile-endpoints.ts";
import type { EndpointDiscovery, EndpointWatcher } from "./endpoint-discovery.ts";

interface Entry {
  /** Attempts are counted here, as each is followed by another one; otherwise where they are made. */
  readonly streamed: boolean;
  readonly watchers: Set<EndpointWatcher>;
  assignment: ClusterLoadAssignment | undefined;
  compiled: LoadAssignment | undefined;
  version: string;
}

/** What one source has: names and their assignments. */
type Entries = Map<string, Entry>;

/** EDS on the main thread: which assignments are needed, what they are now. */
export class EndpointRegistry implements EndpointDiscovery, Discovery {
  readonly #sources = new Map<string, Entries>();
  readonly #controlPlanes: ControlPlanes;
  readonly #onNames: (source: ConfigSource, names: readonly string[]) => void;

  /** `onNames`: the set of names that some cluster needs from a source has changed. */
  constructor(
    controlPlanes: ControlPlanes,
    onNames: (source: ConfigSource, names: readonly string[]) => void,
  ) {
    this.#controlPlanes = controlPlanes;
    this.#onNames = onNames;
  }

  watch(source: ConfigSource, serviceName: string, watcher: EndpointWatcher): () => void {
    const key = sourceKey(source);
    const entries: Entries = this.#sources.get(key) ?? new Map();
    this.#sources.set(key, entries);
    const known = entries.get(serviceName);
    const streamed = isStreamed(source);
    const entry = known ?? {
      streamed,
      watchers: new Set(),
      assignment: undefined,
      compiled: undefined,
      version: "",
    };
    entry.watchers.add(watcher);
    const unwatch = this.#controlPlanes.watch(source, watcher.stats);
    if (streamed) watcher.onAttempt();
    if (known === undefined) {
      entries.set(serviceName, entry);
      this.#onNames(source, [...entries.keys()]);
    }
    if (entry.compiled !== undefined) watcher.onUpdate(entry.compiled, entry.version);
    return () => {
      entry.watchers.delete(watcher);
      unwatch();
      if (entry.watchers.size > 0 || entries.get(serviceName) !== entry) return;
      entries.delete(serviceName);
      if (entries.size === 0) this.#sources.delete(key);
      this.#onNames(source, [...entries.keys()]);
    };
  }

  check(assignment: ClusterLoadAssignment): readonly Problem[] {
    const compiled = compileEndpoints(assignment, false, "");
    return compiled.ok ? [] : compiled.problems;
  }

  onUpdate(update: XdsUpdate, source: string): Refusal | undefined {
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const assignment = refusals.check(ClusterLoadAssignmentSchema, resource, (message) =>
        this.check(message),
      );
      if (assignment === undefined) this.#rejected(source, resource.name, "is refused");
      else this.#set(source, assignment, update.version);
    }
    for (const name of update.removed) this.#remove(source, name);
    return refusals.outcome("EDS");
  }

  /** These names were asked for, by a source that has no stream. */
  attempted(key: string, names: readonly string[]): void {
    for (const entry of this.#entriesOf(key, names)) {
      if (entry.streamed) continue;
      for (const watcher of entry.watchers) watcher.onAttempt();
    }
  }

  /** Nothing can be had of these names now. */
  failed(key: string, names: readonly string[], _final: boolean, message: string): void {
    for (const entry of this.#entriesOf(key, names)) tell(entry, (watcher) => watcher.onFailure(message));
  }

  /** Takes a checked assignment. */
  #set(key: string, assignment: ClusterLoadAssignment, version: string): void {
    const entry = this.#sources.get(key)?.get(assignment.clusterName);
    const compiled = compileEndpoints(assignment, false, "");
    if (entry === undefined || !compiled.ok) return;
    entry.assignment = assignment;
    entry.compiled = compiled.value;
    entry.version = version;
    tell(entry, (watcher) => watcher.onUpdate(compiled.value, version));
  }

  /** The source has no such assignment (any more). */
  #remove(key: string, name: string): void {
    tell(this.#sources.get(key)?.get(name), (watcher) => watcher.onUpdate(undefined, ""));
  }

  /** Something wrong came for it. */
  #rejected(key: string, name: string, message: string): void {
    tell(this.#sources.get(key)?.get(name), (watcher) => watcher.onRejected(message));
  }

  #entriesOf(key: string, names: readonly string[]): readonly Entry[] {
    const entries = this.#sources.get(key);
    return names.flatMap((name) => entries?.get(name) ?? []);
  }

  /** What each source has sent, as it came. */
  list(): readonly { readonly assignment: ClusterLoadAssignment; readonly version: string }[] {
    const out: { assignment: ClusterLoadAssignment; version: string }[] = [];
    for (const entries of this.#sources.values()) {
      for (const { assignment, version } of entries.values()) {
        if (assignment !== undefined) out.push({ assignment, version });
      }
    }
    return out;
  }
}

function tell(entry: Entry | undefined, what: (watcher: EndpointWatcher) => void): void {
  for (const watcher of entry?.watchers ?? []) {
    what(watcher);
    if (entry?.streamed === true) watcher.onAttempt();
  }
}
