import {
  type EndpointMetadataInput,
  EndpointMetadataInputSchema,
  type FilterStateInput,
  FilterStateInputSchema,
  type LocalityMetadataInput,
  LocalityMetadataInputSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/transport_socket/v3/transport_socket_inputs_pb.js";
import type { Compiled } from "../contract.ts";
import { metadataValue } from "../metadata-value.ts";
import { fieldPath } from "../problem-list.ts";
import { filterStateText, type MatchInput, type MatchingData } from "./matching-data.ts";
import { type KnownExtensions, known, refuse } from "./typed-extension.ts";

const DEFAULT_FILTER = "envoy.lb";

/** The value as a text: what is no text as JSON, which of a value that is not there is `null`. Empty texts count as none. */
function metadataText(
  metadata: Readonly<Record<string, unknown>> | undefined,
  filter: string,
  keys: readonly string[],
): string | undefined {
  if (metadata === undefined) return undefined;
  const value = metadataValue(metadata, [filter, ...keys]);
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text === "" ? undefined : text;
}

function metadataInput(
  { filter, path }: EndpointMetadataInput | LocalityMetadataInput,
  at: string,
  whose: string,
  read: (data: MatchingData) => Readonly<Record<string, unknown>> | undefined,
): Compiled<MatchInput> {
  const keys = path.map(({ segment }) => (segment.case === "key" ? segment.value : ""));
  if (keys.length === 0 || keys.includes(""))
    return refuse(fieldPath(at, "path"), "a path of keys is required");
  const name = filter === "" ? DEFAULT_FILTER : filter;
  return {
    ok: true,
    value: {
      name: `metadata ${name} ${keys.join(".")} of the ${whose}`,
      get: (data) => metadataText(read(data), name, keys),
    },
  };
}

function sharedStateInput({ key }: FilterStateInput, at: string): Compiled<MatchInput> {
  if (key === "") return refuse(fieldPath(at, "key"), "a key is required");
  return {
    ok: true,
    value: {
      name: `shared filter state ${key}`,
      get: (data) => {
        const text = filterStateText(data.filterState?.(key));
        return text === "" ? undefined : text;
      },
    },
  };
}

/** What the transport socket of a connection to an upstream may be chosen by. */
export const TRANSPORT_SOCKET_INPUTS: KnownExtensions<MatchInput> = new Map([
  known<EndpointMetadataInput, MatchInput>(EndpointMetadataInputSchema, (message, at) =>
    metadataInput(message, at, "endpoint", (data) => data.endpointMetadata),
  ),
  known<LocalityMetadataInput, MatchInput>(LocalityMetadataInputSchema, (message, at) =>
    metadataInput(message, at, "locality", (data) => data.localityMetadata),
  ),
  known<FilterStateInput, MatchInput>(FilterStateInputSchema, sharedStateInput),
]);
