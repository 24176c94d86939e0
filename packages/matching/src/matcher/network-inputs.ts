import type { DescMessage } from "@bufbuild/protobuf";
import {
  ApplicationProtocolInputSchema,
  DestinationIPInputSchema,
  DestinationPortInputSchema,
  DirectSourceIPInputSchema,
  type DynamicMetadataInput,
  DynamicMetadataInputSchema,
  type FilterStateInput,
  FilterStateInputSchema,
  ServerNameInputSchema,
  SourceIPInputSchema,
  SourcePortInputSchema,
  SourceTypeInputSchema,
  TransportProtocolInputSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/network/v3/network_inputs_pb.js";
import {
  DnsSanInputSchema,
  SubjectInputSchema,
  UriSanInputSchema,
} from "@sluice/xds/gen/envoy/extensions/matching/common_inputs/ssl/v3/ssl_inputs_pb.js";
import type { Compiled } from "../contract.ts";
import { isLoopback, parseIpAddress, sameAddress } from "../ip-address.ts";
import { metadataValue } from "../metadata-value.ts";
import { fieldPath } from "../problem-list.ts";
import { type ConnectionView, filterStateText, type MatchInput, MetadataValue } from "./matching-data.ts";
import { type KnownExtensions, known, refuse } from "./typed-extension.ts";

function connectionInput(
  schema: DescMessage,
  name: string,
  read: (connection: ConnectionView) => string | undefined,
) {
  const input: MatchInput = {
    name,
    get: ({ connection }) => (connection === undefined ? undefined : read(connection)),
  };
  return known<never, MatchInput>(schema, () => ({ ok: true, value: input }));
}

function portText(port: number | undefined): string | undefined {
  return port === undefined ? undefined : String(port);
}

/** `local` when the peer is this machine: a loopback address or the very address that it connected to. */
function sourceType({ sourceIp, destinationIp }: ConnectionView): string | undefined {
  const source = sourceIp === undefined ? undefined : parseIpAddress(sourceIp);
  if (source === undefined) return "local";
  const destination = destinationIp === undefined ? undefined : parseIpAddress(destinationIp);
  const local = isLoopback(source) || (destination !== undefined && sameAddress(source, destination));
  return local ? "local" : undefined;
}

/** Several names are one text, as in Envoy: `a.test,b.test`. */
function joined(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(",");
}

function filterStateInput({ key, field }: FilterStateInput, path: string): Compiled<MatchInput> {
  if (key === "") return refuse(fieldPath(path, "key"), "a key is required");
  return {
    ok: true,
    value: {
      name: `filter state ${key}${field === "" ? "" : `, field ${field}`}`,
      get: (data) => filterStateText(data.filterState?.(key), field),
    },
  };
}

function dynamicMetadataInput(config: DynamicMetadataInput, path: string): Compiled<MatchInput> {
  const keys = config.path.map(({ segment }) => (segment.case === "key" ? segment.value : ""));
  if (config.filter === "") return refuse(fieldPath(path, "filter"), "a filter name is required");
  if (keys.length === 0 || keys.includes(""))
    return refuse(fieldPath(path, "path"), "a path of keys is required");
  return {
    ok: true,
    value: {
      name: `metadata ${config.filter} ${keys.join(".")}`,
      get: (data) => new MetadataValue(metadataValue(data.dynamicMetadata?.(config.filter), keys)),
    },
  };
}

/** Inputs that both connections and requests have. */
export const CONNECTION_INPUTS: KnownExtensions<MatchInput> = new Map([
  connectionInput(DestinationIPInputSchema, "destination address", (at) => at.destinationIp),
  connectionInput(DestinationPortInputSchema, "destination port", (at) => portText(at.destinationPort)),
  connectionInput(SourceIPInputSchema, "source address", (at) => at.sourceIp),
  connectionInput(SourcePortInputSchema, "source port", (at) => portText(at.sourcePort)),
  connectionInput(DirectSourceIPInputSchema, "address of the peer", (at) => at.directSourceIp),
  connectionInput(SourceTypeInputSchema, "source type", sourceType),
  connectionInput(ServerNameInputSchema, "server name", (at) =>
    at.serverName === "" ? undefined : at.serverName,
  ),
  connectionInput(UriSanInputSchema, "URI SAN of the client", (at) => joined(at.uriSanPeer)),
  connectionInput(DnsSanInputSchema, "DNS SAN of the client", (at) => joined(at.dnsSanPeer)),
  connectionInput(SubjectInputSchema, "subject of the client", (at) =>
    at.subjectPeer === "" ? undefined : at.subjectPeer,
  ),
  known<FilterStateInput, MatchInput>(FilterStateInputSchema, filterStateInput),
  known<DynamicMetadataInput, MatchInput>(DynamicMetadataInputSchema, dynamicMetadataInput),
]);

/** What Envoy registers as `envoy.matching.network.input`: filter chain matchers and network filters. */
export const NETWORK_INPUTS: KnownExtensions<MatchInput> = new Map([
  ...[...CONNECTION_INPUTS].filter(([type]) => type !== DynamicMetadataInputSchema.typeName),
  connectionInput(TransportProtocolInputSchema, "transport protocol", (at) =>
    at.transportProtocol === "" ? undefined : at.transportProtocol,
  ),
  connectionInput(ApplicationProtocolInputSchema, "application protocols", (at) =>
    at.applicationProtocols.length === 0 ? undefined : `'${at.applicationProtocols.join("','")}'`,
  ),
]);
