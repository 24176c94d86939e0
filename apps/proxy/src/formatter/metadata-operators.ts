import { filterStateJson, filterStateText } from "@sluice/matching";
import { HashableText } from "../filter-state/hashable-text.ts";
import type { FormatContext, MetadataSource } from "./format-context.ts";
import type { FormatValue, OperatorCompiler, OperatorTable } from "./operator.ts";
import { metadataNumber } from "./print-double.ts";

/** A value below `filter_metadata[namespace]` of a source; undefined when there is none. */
export function readMetadata(
  context: FormatContext,
  source: MetadataSource,
  namespace: string,
  keys: readonly string[],
): FormatValue {
  let value = read(context, source, namespace);
  for (const key of keys) value = memberOf(value, key);
  return typeof value === "number" ? metadataNumber(value) : asFormatValue(value);
}

/** `NAMESPACE(:KEY)*` of one source of metadata. */
function metadataOf(source: MetadataSource): OperatorCompiler {
  return (argument, name) => {
    if (argument === undefined) return `%${name}(NAMESPACE:KEY*)% needs a namespace`;
    const [namespace = "", ...keys] = argument.split(":");
    return (context) => readMetadata(context, source, namespace, keys);
  };
}

function read(context: FormatContext, source: MetadataSource, namespace: string): unknown {
  return source === "DYNAMIC"
    ? context.streamInfo.getDynamicMetadata(namespace)
    : memberOf(CONFIGURED[source](context), namespace);
}

type Configured = Exclude<MetadataSource, "DYNAMIC">;

const CONFIGURED: Readonly<Record<Configured, (context: FormatContext) => unknown>> = {
  CLUSTER: ({ streamInfo }) => streamInfo.upstreamClusterMetadata,
  ROUTE: ({ routeMetadata }) => routeMetadata,
  UPSTREAM_HOST: ({ streamInfo }) => streamInfo.upstreamMetadata,
  LISTENER: ({ connection }) => connection.listenerMetadata,
  VIRTUAL_HOST: ({ virtualHostMetadata }) => virtualHostMetadata,
  LISTENER_FILTER_CHAIN: ({ connection }) => connection.filterChainMetadata,
};

const SOURCES: readonly MetadataSource[] = [
  "DYNAMIC",
  "CLUSTER",
  "ROUTE",
  "UPSTREAM_HOST",
  "LISTENER",
  "VIRTUAL_HOST",
  "LISTENER_FILTER_CHAIN",
];

/** `%METADATA(TYPE:NAMESPACE:KEY*)%`. */
const metadata: OperatorCompiler = (argument, name) => {
  const [type = "", ...rest] = (argument ?? "").split(":");
  const source = SOURCES.find((each) => each === type);
  if (source === undefined) return `%${name}(${type})%: the types are ${SOURCES.join(", ")}`;
  return metadataOf(source)(rest.join(":"), name);
};

type PickState = (context: FormatContext) => ReadonlyMap<string, unknown> | undefined;

/** `%FILTER_STATE(KEY:PLAIN|TYPED|FIELD:NAME)%`. */
const filterStateOf =
  (pick: PickState): OperatorCompiler =>
  (argument, name) => {
    const [key = "", given = "", field = ""] = (argument ?? "").split(":");
    if (key === "") return "Invalid filter state configuration, key cannot be empty.";
    const kind = given || "TYPED";
    if (!["PLAIN", "TYPED", "FIELD"].includes(kind) || (kind === "FIELD") !== (field !== "")) {
      return `%${name}(${argument})%: KEY, KEY:PLAIN, KEY:TYPED and KEY:FIELD:NAME are possible`;
    }
    return (context) => {
      const object: unknown = pick(context)?.get(key);
      if (field !== "") return asFormatValue(memberOf(object, field) ?? filterStateText(object, field));
      // As serialised JSON, Envoy's default, a text keeps its quotes; what has no such form is absent.
      const text = filterStateText(object);
      // What has fields and no text is shown by its fields alone.
      if (text === undefined && hasFields(object)) return undefined;
      if (typeof object === "object" && object !== null && text !== undefined && kind === "TYPED")
        return object instanceof HashableText ? JSON.stringify(text) : filterStateJson(object);
      const shown = asFormatValue(text !== undefined && typeof object === "object" ? text : object);
      return kind === "TYPED" && typeof shown === "string" ? JSON.stringify(shown) : shown;
    };
  };

export const METADATA_OPERATORS: OperatorTable = {
  DYNAMIC_METADATA: metadataOf("DYNAMIC"),
  CLUSTER_METADATA: metadataOf("CLUSTER"),
  UPSTREAM_METADATA: metadataOf("UPSTREAM_HOST"),
  METADATA: metadata,
  FILTER_STATE: filterStateOf(({ streamInfo }) => streamInfo.filterState),
  UPSTREAM_FILTER_STATE: filterStateOf(({ streamInfo }) => streamInfo.upstreamFilterState),
};

function hasFields(object: unknown): boolean {
  return typeof object === "object" && object !== null && "getField" in object;
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

function asFormatValue(value: unknown): FormatValue {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "object":
      return value === null ? undefined : sorted(value);
    default:
      return value === undefined ? undefined : String(value);
  }
}

/** Envoy prints the members of a struct in the order of their names. */
function sorted(value: object): object {
  if (Array.isArray(value)) return value.map((item: unknown) => (isObject(item) ? sorted(item) : item));
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    out[key] = isObject(member) ? sorted(member) : member;
  }
  return out;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
