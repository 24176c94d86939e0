import { Document, isAlias, isMap, isScalar, isSeq, type Node, YAMLMap } from "yaml";
import {
  CONTROL_CLUSTER,
  ConfigError,
  KIND_TYPES,
  RESOURCE_KINDS,
  type ResourceKind,
} from "../../contract.ts";
import { findPair } from "../../text/find-pair.ts";
import type { FoundContent, FoundResource, ImportFile, ImportNote } from "./import-contract.ts";
import { invalidAt, readText } from "./read-text.ts";

/** Where a resource of each kind can be told by its fields alone, when it carries no `@type`. */
const TELLING_FIELDS: readonly (readonly [string, ResourceKind])[] = [
  ["filter_chains", "listeners"],
  ["virtual_hosts", "routes"],
  ["cluster_name", "endpoints"],
  ["load_assignment", "clusters"],
  ["connect_timeout", "clusters"],
  ["eds_cluster_config", "clusters"],
  ["tls_certificate", "secrets"],
  ["validation_context", "secrets"],
  ["generic_secret", "secrets"],
  ["session_ticket_keys", "secrets"],
];

type Take = (node: Node | null | undefined, kind: ResourceKind | undefined, path: string) => void;

/** Takes Envoy configuration apart into resources, each with its comments. `invalid` when the text is no YAML. */
export function findResources(file: ImportFile): FoundContent {
  const { doc, position } = readText(file);
  const resources: FoundResource[] = [];
  const notes: ImportNote[] = [];
  const at = (node: unknown) => position(rangeOf(node));
  const ignore = (path: string, reason: string, node: unknown) =>
    notes.push({ kind: "ignored", path, reason, position: at(node) });
  const take = (
    node: Node | null | undefined,
    kind: ResourceKind | undefined,
    path: string,
    comment?: string | null,
  ) => {
    const found = kind ?? kindOf(node);
    if (found === undefined || !isMap(node))
      notes.push({
        kind: "not_understood",
        path,
        reason: "it is no resource that Sluice keeps",
        position: at(node),
      });
    else if (found === "clusters" && isControlCluster(node))
      ignore(path, "every node's bootstrap has it: the control plane itself", node);
    else
      resources.push({ kind: found, path, yaml: textOf(doc, node, file.path, comment), position: at(node) });
  };
  const takeList: Take = (node, kind, path) => {
    const items = isSeq(node) ? node.items : node === null || node === undefined ? [] : [node];
    items.forEach((item, index) => {
      // What stands before the first item belongs to the list, as the parser sees it.
      const comment = index === 0 && isSeq(node) ? node.commentBefore : undefined;
      take(unwrap(item as Node), kind, `${path}[${index}]`, comment);
    });
  };
  const root = doc.contents;
  if (isSeq(root)) takeList(root, undefined, "");
  else if (!isMap(root)) throw invalidAt(file.path, at(root), "there is no configuration in it");
  else if (
    findPair(root, "static_resources") ||
    findPair(root, "dynamic_resources") ||
    findPair(root, "admin")
  ) {
    for (const pair of root.items) {
      const key = String(isScalar(pair.key) ? pair.key.value : "");
      if (key === "static_resources" || key === "staticResources") {
        takeStatic(pair.value as Node | null, takeList, ignore);
      } else ignore(key, "it belongs to the node's own bootstrap", pair.key);
    }
  } else if (findPair(root, "resources"))
    takeList(findPair(root, "resources")?.value, undefined, "resources");
  else take(unwrap(root), undefined, "");
  return { resources, notes };
}

function takeStatic(
  node: Node | null,
  takeList: Take,
  ignore: (path: string, reason: string, node: unknown) => void,
): void {
  if (!isMap(node)) return;
  for (const pair of node.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : "");
    const path = `static_resources.${key}`;
    if (key === "listeners" || key === "clusters" || key === "secrets")
      takeList(pair.value as Node | null, key, path);
    else ignore(path, "a bootstrap's static resources are listeners, clusters and secrets", pair.key);
  }
}

function isControlCluster(node: Node): boolean {
  const name = isMap(node) ? findPair(node, "name")?.value : undefined;
  return isScalar(name) && name.value === CONTROL_CLUSTER;
}

function rangeOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
}

/** A delta response wraps each resource: `{name, version, resource: {"@type": …}}`. */
function unwrap(node: Node): Node {
  const inner =
    isMap(node) && findPair(node, "@type") === undefined ? findPair(node, "resource")?.value : undefined;
  return isMap(inner) ? inner : node;
}

function kindOf(node: Node | null | undefined): ResourceKind | undefined {
  if (!isMap(node)) return undefined;
  const type = findPair(node, "@type")?.value;
  if (isScalar(type)) {
    const name = String(type.value).split("/").at(-1);
    return RESOURCE_KINDS.find((kind) => KIND_TYPES[kind] === name);
  }
  return TELLING_FIELDS.find(([field]) => findPair(node, field) !== undefined)?.[1];
}

/** The node as a text of its own, without its `@type`; aliases into the rest of the file are written out. */
function textOf(doc: Document, node: Node, file: string, comment?: string | null): string {
  const own = new Document(usesAlias(node) ? unfold(doc, node, file) : node);
  if (isMap(own.contents)) {
    const type = findPair(own.contents, "@type");
    const items = own.contents.items.filter((pair) => pair !== type);
    // A map of its own, over the same inner nodes: copies of all of them are what takes the time in a large file.
    own.contents = Object.assign(new YAMLMap(), own.contents, { items, flow: false });
  }
  if (comment) own.commentBefore = comment;
  return own.toString({ lineWidth: 0 });
}

function unfold(doc: Document, node: Node, file: string): unknown {
  try {
    return node.toJS(doc, { maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError("invalid", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function usesAlias(node: unknown): boolean {
  if (isAlias(node)) return true;
  if (isSeq(node)) return node.items.some(usesAlias);
  return isMap(node) && node.items.some(({ value }) => usesAlias(value));
}
