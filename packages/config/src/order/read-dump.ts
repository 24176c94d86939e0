import { toYaml } from "@sluice/xds";
import { ConfigError, type Context } from "../contract.ts";
import type { DumpEntry, DumpOutline, NodeComparison, OrderAction } from "./order-contract.ts";
import { getOrder, readOrderContent } from "./read-orders.ts";

type Json = Readonly<Record<string, unknown>>;

export interface DumpSearch {
  /** One list; default: all. */
  readonly list?: string | undefined;
  /** Case-insensitive; in names and contents. */
  readonly text?: string | undefined;
}

const ENTRIES_MAX = 1000;
/** Where an entry has its resource. */
const MEMBERS = ["listener", "route_config", "cluster", "endpoint_config", "secret", "ecds_filter"];

/** The resources of a `config_dump` that is done. `not_found`, `conflict`. */
export async function dumpOutline(
  context: Context,
  order: string,
  { list, text = "" }: DumpSearch = {},
): Promise<DumpOutline> {
  const dump = await contentOf(context, order, "config_dump");
  const all = entriesOf(dump);
  const lists: Record<string, number> = {};
  for (const entry of all) lists[entry.list] = (lists[entry.list] ?? 0) + 1;
  const wanted = text.toLowerCase();
  const found = all.filter(
    (entry) =>
      (list === undefined || entry.list === list) &&
      (wanted === "" || JSON.stringify(entry.json).toLowerCase().includes(wanted)),
  );
  return {
    source: dump.source === "control_plane" ? "control_plane" : "node",
    lists,
    entries: found.slice(0, ENTRIES_MAX).map(({ json: _, ...entry }) => entry),
    found: found.length,
  };
}

/** One of them whole, as YAML, secrets redacted. `not_found`, `conflict`. */
export async function dumpEntry(
  context: Context,
  order: string,
  index: number,
): Promise<DumpEntry & { readonly yaml: string }> {
  const found = entriesOf(await contentOf(context, order, "config_dump"))[index];
  if (found === undefined) throw new ConfigError("not_found", `the dump has no entry ${index}`);
  const { json, ...entry } = found;
  // Written as it is: the type is told for references between messages, which JSON has none of.
  return { ...entry, yaml: toYaml("google.protobuf.Struct", json) };
}

/** What a `compare` that is done has found. `not_found`, `conflict`. */
export async function nodeComparison(context: Context, order: string): Promise<NodeComparison> {
  return asComparison(await contentOf(context, order, "compare"));
}

async function contentOf(context: Context, id: string, action: OrderAction): Promise<Json> {
  const order = await getOrder(context, id);
  if (order.action !== action) throw new ConfigError("not_found", `the order '${id}' is no ${action}`);
  return objectOf(await readOrderContent(context, id));
}

function entriesOf(dump: Json): readonly (DumpEntry & { readonly json: Json })[] {
  const found: (DumpEntry & { readonly json: Json })[] = [];
  const add = (list: string, json: Json): void => {
    found.push({ index: found.length, list, ...describe(list, json), json });
  };
  for (const section of listOf(dump.configs)) {
    for (const [key, value] of Object.entries(section)) {
      if (key === "bootstrap") add("bootstrap", objectOf(value));
      else if (Array.isArray(value)) for (const entry of listOf(value)) add(key, entry);
      else if (key === "@type" && isElement(value)) add(listOfElement(section), section);
    }
  }
  return found;
}

/** With `resource`, a dump is a list of elements instead of sections. */
function isElement(type: unknown): boolean {
  return typeof type === "string" && /\.envoy\.admin\.v3\.\w+\.\w+$|admin\.v3\.\w+Dump\.\w+$/.test(type);
}

function listOfElement(element: Json): string {
  const name = String(element["@type"]).split(".").at(-1) ?? "";
  return name.replace(/[A-Z]/g, (letter, at: number) => `${at === 0 ? "" : "_"}${letter.toLowerCase()}`);
}

function describe(list: string, entry: Json): Omit<DumpEntry, "index" | "list"> {
  const error = objectOf(entry.error_state);
  const active = objectOf(entry.active_state ?? entry.warming_state ?? entry);
  const member = MEMBERS.find((key) => active[key] !== undefined);
  const resource = objectOf(member === undefined ? undefined : active[member]);
  const refused = entry.error_state !== undefined || entry.client_status === "NACKED";
  const warming = list.includes("warming") || entry.warming_state !== undefined;
  const nodeOf = objectOf(entry.node);
  return {
    name: textOf(entry.name ?? resource.name ?? resource.cluster_name ?? nodeOf.id),
    version: textOf(active.version_info),
    lastUpdated: textOf(active.last_updated),
    state: refused ? "refused" : warming ? "warming" : "active",
    refusal: textOf(error.details),
  };
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Written by the control plane, which made it as one. */
function asComparison(json: Json): NodeComparison {
  return json as unknown as NodeComparison;
}
