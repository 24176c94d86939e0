import type { Problem } from "@sluice/extension-api";
import type { ClusterLoadAssignment } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { compileEndpoints, type LoadAssignment } from "../cluster/compile-endpoints.ts";
import type { EndpointDiscovery } from "../cluster/endpoint-discovery.ts";

type Watcher = (assignment: LoadAssignment | undefined) => void;

interface Entry {
  readonly watchers: Set<Watcher>;
  assignment: ClusterLoadAssignment | undefined;
  compiled: LoadAssignment | undefined;
  version: string;
}

/** EDS on the main thread: which assignments are needed, what they are now. */
export class EndpointRegistry implements EndpointDiscovery {
  readonly #entries = new Map<string, Entry>();
  readonly #onNames: (names: readonly string[]) => void;

  /** `onNames`: the set of names that some cluster needs has changed. */
  constructor(onNames: (names: readonly string[]) => void) {
    this.#onNames = onNames;
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  watch(serviceName: string, onUpdate: Watcher): () => void {
    let entry = this.#entries.get(serviceName);
    if (entry === undefined) {
      entry = { watchers: new Set(), assignment: undefined, compiled: undefined, version: "" };
      this.#entries.set(serviceName, entry);
      this.#onNames(this.names);
    }
    const watched = entry;
    watched.watchers.add(onUpdate);
    if (watched.compiled !== undefined) onUpdate(watched.compiled);
    return () => {
      watched.watchers.delete(onUpdate);
      if (watched.watchers.size > 0 || this.#entries.get(serviceName) !== watched) return;
      this.#entries.delete(serviceName);
      this.#onNames(this.names);
    };
  }

  check(assignment: ClusterLoadAssignment): readonly Problem[] {
    const compiled = compileEndpoints(assignment, false, "");
    return compiled.ok ? [] : compiled.problems;
  }

  /** Takes a checked assignment. */
  set(assignment: ClusterLoadAssignment, version: string): void {
    const entry = this.#entries.get(assignment.clusterName);
    const compiled = compileEndpoints(assignment, false, "");
    if (entry === undefined || !compiled.ok) return;
    entry.assignment = assignment;
    entry.compiled = compiled.value;
    entry.version = version;
    for (const onUpdate of entry.watchers) onUpdate(compiled.value);
  }

  /** The control plane has no such assignment (any more). */
  remove(name: string): void {
    for (const onUpdate of this.#entries.get(name)?.watchers ?? []) onUpdate(undefined);
  }

  list(): readonly { readonly assignment: ClusterLoadAssignment; readonly version: string }[] {
    const out: { assignment: ClusterLoadAssignment; version: string }[] = [];
    for (const { assignment, version } of this.#entries.values()) {
      if (assignment !== undefined) out.push({ assignment, version });
    }
    return out;
  }
}
