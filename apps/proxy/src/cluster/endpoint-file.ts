import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { Message } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { checkYaml, unpackAny, validateMessage } from "@sluice/xds";
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { DiscoveryResponseSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";
import type { EndpointFileSource } from "./cluster-config.ts";
import { compileEndpoints, type LoadAssignment } from "./compile-endpoints.ts";

export interface EndpointFileCallbacks {
  onAttempt(): void;
  /** `undefined`: the file has no assignment of that name. */
  onUpdate(assignment: LoadAssignment | undefined): void;
  /** It cannot be read (`failure`) or is not taken (`rejected`); what was known stays. */
  onFailure(kind: "failure" | "rejected", message: string): void;
}

/** Reads a cluster's endpoints from a file, at once and whenever it is replaced by another (moved over it). */
export function watchEndpointFile(
  source: EndpointFileSource,
  serviceName: string,
  callbacks: EndpointFileCallbacks,
): () => void {
  const load = (): void => {
    callbacks.onAttempt();
    let text: string;
    try {
      text = readFileSync(source.path, "utf8");
    } catch (error) {
      callbacks.onFailure("failure", error instanceof Error ? error.message : String(error));
      return;
    }
    const read = readAssignment(text, source.path, serviceName);
    if (typeof read === "string") callbacks.onFailure("rejected", read);
    else callbacks.onUpdate(read.assignment);
  };
  let watcher: FSWatcher | undefined;
  const file = basename(source.path);
  try {
    const directory = source.watchedDirectory === "" ? dirname(source.path) : source.watchedDirectory;
    watcher = watch(directory, { persistent: false }, (event, name) => {
      // Files that are written in place may be read half-way: as in Envoy they must be moved there.
      if (event === "rename" && (source.watchedDirectory !== "" || name === file)) load();
    });
    watcher.on("error", (error) => callbacks.onFailure("failure", error.message));
  } catch (error) {
    callbacks.onFailure("failure", error instanceof Error ? error.message : String(error));
  }
  load();
  return () => watcher?.close();
}

/** The assignment of that name, or what is wrong. */
function readAssignment(
  text: string,
  file: string,
  serviceName: string,
): { readonly assignment: LoadAssignment | undefined } | string {
  const parsed = checkYaml(text, DiscoveryResponseSchema, { file });
  const errors: readonly Problem[] = parsed.problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0 || parsed.message === undefined) return describe(errors);
  let found: LoadAssignment | undefined;
  for (const [index, any] of parsed.message.resources.entries()) {
    const unpacked = unpackAny(any);
    if (!unpacked.ok) return `resources[${index}]: ${unpacked.message}`;
    if (unpacked.typeName !== ClusterLoadAssignmentSchema.typeName) {
      return `resources[${index}]: is a ${unpacked.typeName}, not a ClusterLoadAssignment`;
    }
    const message = asAssignment(unpacked.message);
    if (message.clusterName !== serviceName) continue;
    const rules = validateMessage(ClusterLoadAssignmentSchema, message);
    const compiled = compileEndpoints(message, false, `resources[${index}]`);
    if (rules.length > 0) return describe(rules);
    if (!compiled.ok) return describe(compiled.problems);
    found = compiled.value;
  }
  return { assignment: found };
}

function describe(problems: readonly Problem[]): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join("; ");
}

/** The caller has checked the type's name. */
function asAssignment(message: Message): ClusterLoadAssignment {
  return message as ClusterLoadAssignment;
}
