import type { Problem, StatsScope } from "@sluice/extension-api";
import { type CompiledStringMatcher, compileStringMatcher } from "@sluice/matching";
import { unpackAny } from "@sluice/xds";
import {
  type Http1ProtocolOptions,
  type HttpProtocolOptions,
  HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores,
} from "@sluice/xds/gen/envoy/config/core/v3/protocol_pb.js";
import type { ExtensionRegistry } from "../../registry/extension-registry.ts";
import type { Http1ClientSettings } from "./client-codec.ts";
import { type HeaderSpelling, LOWER_CASE } from "./header-spelling.ts";
import type { Http1ServerOptions } from "./http1-server-options.ts";
import { createHttp1Stats } from "./http1-stats.ts";

type Report = (problem: Problem) => void;

/** `headBytesMax`, `headersMax`: what the connection manager allows a head. */
export function compileHttp1ServerOptions(
  http1: Http1ProtocolOptions | undefined,
  common: HttpProtocolOptions | undefined,
  headBytesMax: number,
  headersMax: number,
  { extensions, stats }: { readonly extensions: ExtensionRegistry; readonly stats: StatsScope },
  path: string,
  report: Report,
): Http1ServerOptions {
  const ignored: CompiledStringMatcher[] = [];
  http1?.ignoreHttp11Upgrade.forEach((matcher, i) => {
    const compiled = compileStringMatcher(matcher, `${path}.ignore_http_11_upgrade[${i}]`);
    if (compiled.ok) ignored.push(compiled.value);
    else for (const problem of compiled.problems) report(problem);
  });
  return {
    headBytesMax,
    headersMax,
    acceptHttp10: http1?.acceptHttp10 ?? false,
    defaultHostForHttp10: http1?.defaultHostForHttp10 ?? "",
    trailers: http1?.enableTrailers ?? false,
    underscores: underscoresAction(common?.headersWithUnderscoresAction),
    anyMethod: http1?.allowCustomMethods ?? false,
    allowChunkedLength: http1?.allowChunkedLength ?? false,
    allowAbsoluteUrl: http1?.allowAbsoluteUrl ?? true,
    httpsNeedsTls: false,
    ignoredUpgrades: ignored,
    keepsOpenOnInvalidMessage: http1?.overrideStreamErrorOnInvalidHttpMessage ?? false,
    spelling: compileHeaderSpelling(http1, extensions, path, report),
    stats: createHttp1Stats(stats),
  };
}

/** Plain data: it crosses threads. */
export function compileHttp1ClientOptions(
  http1: Http1ProtocolOptions | undefined,
  extensions: ExtensionRegistry,
  path: string,
  report: Report,
): Http1ClientSettings {
  return {
    trailers: http1?.enableTrailers ?? false,
    allowChunkedLength: http1?.allowChunkedLength ?? false,
    fullyQualifiedUrl: http1?.sendFullyQualifiedUrl ?? false,
    spelling: compileHeaderSpelling(http1, extensions, path, report),
  };
}

function underscoresAction(action: Underscores | undefined): "allow" | "reject" | "drop" {
  if (action === Underscores.REJECT_REQUEST) return "reject";
  return action === Underscores.DROP_HEADER ? "drop" : "allow";
}

function compileHeaderSpelling(
  http1: Http1ProtocolOptions | undefined,
  extensions: ExtensionRegistry,
  path: string,
  report: Report,
): HeaderSpelling {
  const format = http1?.headerKeyFormat?.headerFormat;
  if (format?.case === "properCaseWords") return { kind: "proper" };
  if (format?.case !== "statefulFormatter") return LOWER_CASE;
  const at = `${path}.header_key_format.stateful_formatter.typed_config`;
  const fail = (message: string): HeaderSpelling => {
    report({ path: at, message, severity: "error" });
    return LOWER_CASE;
  };
  const any = format.value.typedConfig;
  if (any === undefined) return fail(`${format.value.name} needs a typed_config`);
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return fail(unpacked.message);
  const found = extensions.find("envoy.http.stateful_header_formatters", unpacked.typeName);
  if (found === undefined) return fail(`header formatter ${unpacked.typeName} is not implemented`);
  return found.factory.compile(unpacked.message);
}
