import { create, type JsonObject, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Any, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ConnectionInfo, StreamInfo, TlsInfo } from "@sluice/extension-api";
import { splitAddress } from "@sluice/matching";
import type { AddressSchema } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { CheckRequestSchema } from "@sluice/xds/gen/envoy/service/auth/v3/external_auth_pb.js";
import { type SeenHeader, textOf } from "./header-list.ts";

/** What a service is asked about a request. */
export interface CheckQuestion {
  /** As far as the service may see them; pseudo-headers included. */
  readonly headers: readonly SeenHeader[];
  /** What there is of it, or what is sent of it; undefined: the service gets none. */
  readonly body: Uint8Array | undefined;
  /** The body is bytes, not a text. */
  readonly packAsBytes: boolean;
  /** The encoded `envoy.service.auth.v3.CheckRequest`. */
  encode(): Uint8Array;
}

/** Of `AttributeContext`, what every request has. Texts are binary strings. */
export interface RequestFacts {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly scheme: string;
  readonly streamInfo: StreamInfo;
  readonly connection: ConnectionInfo;
  /** `x-envoy-downstream-service-cluster`. */
  readonly callingService: string;
}

/** What configuration adds. */
export interface ContextFacts {
  readonly destinationLabels: Readonly<Record<string, string>>;
  readonly contextExtensions: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, JsonObject>>;
  readonly routeMetadata: Readonly<Record<string, JsonObject>>;
  readonly routeTypedMetadata: Readonly<Record<string, Any>>;
  readonly includePeerCertificate: boolean;
  readonly includeTlsSession: boolean;
  /** Headers are told as they are, in a list. */
  readonly rawHeaders: boolean;
}

export function encodeCheckRequest(
  request: RequestFacts,
  context: ContextFacts,
  { headers, body, packAsBytes }: Pick<CheckQuestion, "headers" | "body" | "packAsBytes">,
): Uint8Array {
  const { connection, streamInfo } = request;
  const { tls } = connection;
  const certificate = context.includePeerCertificate ? urlEncodedPem(tls?.peer?.pem) : "";
  const sni = tls?.requestedServerName || connection.requestedServerName;
  const octets = body === undefined ? "" : Buffer.from(body).toString("latin1");
  const { rawHeaders } = context;
  return toBinary(
    CheckRequestSchema,
    create(CheckRequestSchema, {
      attributes: {
        source: {
          address: addressOf(connection.remoteAddress),
          service: textOf(request.callingService),
          principal: textOf(peerPrincipal(tls)),
          certificate,
        },
        destination: {
          address: addressOf(connection.localAddress),
          labels: { ...context.destinationLabels },
          principal: textOf(localPrincipal(tls)),
        },
        request: {
          time: timestampFromMs(streamInfo.startTimeMs),
          http: {
            id: request.id,
            method: textOf(request.method),
            headers: rawHeaders
              ? {}
              : Object.fromEntries(headers.map(([name, value]) => [textOf(name), textOf(value)])),
            ...(rawHeaders && {
              headerMap: {
                headers: headers.map(([key, value]) => ({
                  key: textOf(key),
                  rawValue: Buffer.from(value, "latin1"),
                })),
              },
            }),
            path: textOf(request.path),
            host: textOf(request.host),
            scheme: textOf(request.scheme),
            size: BigInt(streamInfo.bytesReceived),
            protocol: streamInfo.protocol ?? "",
            ...(packAsBytes ? { rawBody: Buffer.from(octets, "latin1") } : { body: textOf(octets) }),
          },
        },
        contextExtensions: { ...context.contextExtensions },
        metadataContext: { filterMetadata: { ...context.metadata } },
        routeMetadataContext: {
          filterMetadata: { ...context.routeMetadata },
          typedFilterMetadata: { ...context.routeTypedMetadata },
        },
        ...(context.includeTlsSession && { tlsSession: { sni: sni ?? "" } }),
      },
    }),
  );
}

function addressOf(address: string): MessageInitShape<typeof AddressSchema> {
  const split = splitAddress(address);
  if (split === undefined) return { address: { case: "pipe", value: { path: address } } };
  const portSpecifier = { case: "portValue" as const, value: split.port ?? 0 };
  return { address: { case: "socketAddress", value: { address: split.ip, portSpecifier } } };
}

/** A SAN that is a URI, else one that is a name, else the subject. */
function peerPrincipal(tls: TlsInfo | undefined): string {
  return tls?.uriSanPeer[0] ?? tls?.dnsSanPeer[0] ?? tls?.subjectPeer ?? "";
}

function localPrincipal(tls: TlsInfo | undefined): string {
  const local = tls?.local;
  return local?.uriSans[0] ?? local?.dnsSans[0] ?? local?.subject ?? "";
}

/** As in x-forwarded-client-cert. */
function urlEncodedPem(pem: string | undefined): string {
  return pem === undefined ? "" : encodeURIComponent(pem);
}
