import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import type { AlpnCertificate } from "@sluice/config";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { SocketAddress_Protocol } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import {
  AggregatedConfigSourceSchema,
  ApiVersion,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import {
  type FilterChain,
  type FilterChainMatch,
  FilterChainMatch_ConnectionSourceType,
  FilterChainMatchSchema,
  FilterChainSchema,
  ListenerFilterSchema,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { TlsInspectorSchema } from "@sluice/xds/gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { EchoSchema } from "@sluice/xds/gen/envoy/extensions/filters/network/echo/v3/echo_pb.js";
import { SdsSecretConfigSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";

/** What an authority offers, and nothing else (RFC 8737). */
const ACME_TLS = "acme-tls/1";
const INSPECTOR = "envoy.filters.listener.tls_inspector";
const HTTPS_PORT = 443;

/**
 * Has a listener answer TLS-ALPN-01 for those of the certificates that concern it: the inspector that reads what a client offers, and,
 * while something is being proven, filter chains with the answering certificates. In place; true when something was added.
 *
 * A chain for the name alone would take the name's other clients too, since nodes match names before protocols and do not go back.
 * So each chain with TLS gets a twin that matches as it does, and the protocol besides; clients that do not offer it see no difference.
 */
export function addAlpnChains(listener: Listener, certificates: readonly AlpnCertificate[]): boolean {
  const concerned = certificates.filter((certificate) => concerns(listener, certificate));
  if (concerned.length === 0 || listener.filterChainMatcher !== undefined) return false;
  const added = addInspector(listener);
  if (added === undefined) return false;
  const secrets = [...new Set(concerned.flatMap((each) => each.secrets))];
  const twins = secrets.length === 0 ? [] : twinMatches(listener);
  for (const [index, match] of twins.entries())
    listener.filterChains.push(challengeChain(index, match, secrets));
  return added || twins.length > 0;
}

function concerns(listener: Listener, { name, listener: wanted }: AlpnCertificate): boolean {
  const tls = chainsOf(listener).flatMap((chain) => downstreamTls(chain) ?? []);
  if (tls.length === 0 || listener.udpListenerConfig !== undefined) return false;
  if (wanted !== undefined) return listener.name === wanted;
  const uses = tls.some(({ commonTlsContext }) =>
    commonTlsContext?.tlsCertificateSdsSecretConfigs.some((config) => config.name === name),
  );
  const addresses = [listener.address, ...listener.additionalAddresses.map(({ address }) => address)];
  return uses || addresses.some(isHttpsPort);
}

function isHttpsPort(address: Address | undefined): boolean {
  if (address?.address.case !== "socketAddress") return false;
  const { portSpecifier, protocol } = address.address.value;
  return portSpecifier.value === HTTPS_PORT && protocol === SocketAddress_Protocol.TCP;
}

/** Undefined where it cannot be: clients of a chain without TLS may wait for the server to begin, and are not looked into. */
function addInspector(listener: Listener): boolean | undefined {
  const there = listener.listenerFilters.some(
    ({ name, configType }) =>
      name === INSPECTOR ||
      (configType.case === "typedConfig" && configType.value.typeUrl.endsWith(TlsInspectorSchema.typeName)),
  );
  if (there) return false;
  if (!chainsOf(listener).every((chain) => downstreamTls(chain) !== undefined)) return undefined;
  const value = packed(TlsInspectorSchema.typeName, toBinary(TlsInspectorSchema, create(TlsInspectorSchema)));
  // Behind what is there: a PROXY header comes before TLS.
  listener.listenerFilters.push(
    create(ListenerFilterSchema, { name: INSPECTOR, configType: { case: "typedConfig", value } }),
  );
  return true;
}

/** From wherever an authority comes; none where the user answers the protocol already. */
function twinMatches(listener: Listener): readonly FilterChainMatch[] {
  const twins = new Map<string, FilterChainMatch>();
  for (const chain of chainsOf(listener)) {
    const { filterChainMatch: own } = chain;
    if (own?.applicationProtocols.includes(ACME_TLS)) return [];
    if (downstreamTls(chain) === undefined || own?.transportProtocol === "raw_buffer") continue;
    const twin = own === undefined ? create(FilterChainMatchSchema) : clone(FilterChainMatchSchema, own);
    twin.applicationProtocols = [ACME_TLS];
    twin.directSourcePrefixRanges = [];
    twin.sourceType = FilterChainMatch_ConnectionSourceType.ANY;
    twin.sourcePrefixRanges = [];
    twin.sourcePorts = [];
    twins.set(Buffer.from(toBinary(FilterChainMatchSchema, twin)).toString("base64"), twin);
  }
  return [...twins.values()];
}

/** The authority reads the certificate and goes; the echo only keeps the connection open until it has. */
function challengeChain(index: number, match: FilterChainMatch, secrets: readonly string[]): FilterChain {
  const ads = { case: "ads", value: create(AggregatedConfigSourceSchema) } as const;
  const sdsConfig = create(ConfigSourceSchema, {
    configSourceSpecifier: ads,
    resourceApiVersion: ApiVersion.V3,
  });
  const tls = create(DownstreamTlsContextSchema, {
    commonTlsContext: create(CommonTlsContextSchema, {
      alpnProtocols: [ACME_TLS],
      tlsCertificateSdsSecretConfigs: secrets.map((name) =>
        create(SdsSecretConfigSchema, { name, sdsConfig }),
      ),
    }),
  });
  const socket = packed(DownstreamTlsContextSchema.typeName, toBinary(DownstreamTlsContextSchema, tls));
  const echo = packed(EchoSchema.typeName, toBinary(EchoSchema, create(EchoSchema)));
  return create(FilterChainSchema, {
    name: `sluice_acme_${index}`,
    filterChainMatch: match,
    transportSocket: {
      name: "envoy.transport_sockets.tls",
      configType: { case: "typedConfig", value: socket },
    },
    filters: [{ name: "envoy.filters.network.echo", configType: { case: "typedConfig", value: echo } }],
  });
}

function chainsOf({ filterChains, defaultFilterChain }: Listener): readonly FilterChain[] {
  return defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
}

function downstreamTls({ transportSocket }: FilterChain) {
  if (transportSocket?.configType.case !== "typedConfig") return undefined;
  const { typeUrl, value } = transportSocket.configType.value;
  return typeUrl.endsWith(`/${DownstreamTlsContextSchema.typeName}`)
    ? fromBinary(DownstreamTlsContextSchema, value)
    : undefined;
}

function packed(typeName: string, value: Uint8Array): Any {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}`, value });
}
