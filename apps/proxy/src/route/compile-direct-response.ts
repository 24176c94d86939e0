import type { Compiled, HeaderMap } from "@sluice/extension-api";
import { requestLocation } from "@sluice/matching";
import type { DirectResponseAction } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { type CurrentData, watchDataSource } from "../config-message/watch-data-source.ts";
import { compileFormatOctets } from "../formatter/compile-line-format.ts";
import type { SubstitutionFormatter } from "../formatter/format-context.ts";
import { targetOf } from "./rewrite-path.ts";
import type { RouteAction } from "./route-entry.ts";

/** `direct_response`: a body from the configuration, a file (watched until `onClose` calls) or the environment, perhaps formatted. */
export function compileDirectResponse(
  config: DirectResponseAction,
  path: string,
  bodyBytesMax: number,
  onClose: (release: () => void) => void,
): Compiled<RouteAction> {
  const { status } = config;
  const body = watchDataSource(config.body, `${path}.body`, bodyBytesMax, onClose);
  if (!body.ok) return body;
  const data = body.value;
  const location = status === 201 || (status >= 300 && status < 400) ? ownAddress : undefined;
  if (config.bodyFormat === undefined) {
    const value = { kind: "direct", status, contentType: undefined, location, body: textOf(data) } as const;
    return { ok: true, value };
  }
  const { bodyFormat } = config;
  const text = textOf(data);
  const at = `${path}.body_format`;
  const format: Compiled<SubstitutionFormatter> = compileFormatOctets(bodyFormat, at);
  if (!format.ok) return format;
  const contentType =
    bodyFormat.contentType !== ""
      ? bodyFormat.contentType
      : bodyFormat.format.case === "jsonFormat"
        ? "application/json"
        : undefined;
  return {
    ok: true,
    value: {
      kind: "direct",
      status,
      contentType,
      location,
      body: (context) => format.value.format({ ...contextOf(context), localReplyBody: text() }),
    },
  };
}

/** Its octets as a binary string, made once as long as they stay the same. */
function textOf(data: CurrentData): () => string {
  let { bytes } = data;
  let text = bytes.toString("latin1");
  return () => {
    if (bytes !== data.bytes) {
      bytes = data.bytes;
      text = bytes.toString("latin1");
    }
    return text;
  };
}

/** The members that formats read; a stream has more, and getters among them. */
function contextOf(context: Parameters<SubstitutionFormatter["format"]>[0]): typeof context {
  const { request, response, responseTrailers, streamInfo, connection } = context;
  const { routeMetadata, virtualHostMetadata } = context;
  return {
    request,
    response,
    responseTrailers,
    streamInfo,
    connection,
    routeMetadata,
    virtualHostMetadata,
  };
}

/** Envoy sends Created and redirections with the address of the request itself. */
function ownAddress(headers: HeaderMap): string {
  return requestLocation(headers, targetOf(headers));
}
