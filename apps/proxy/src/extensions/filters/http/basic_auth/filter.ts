import { createHash, timingSafeEqual } from "node:crypto";
import {
  FilterHeadersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type {
  BasicAuth,
  BasicAuthPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/basic_auth/v3/basic_auth_pb.js";
import { decodeUnpaddedBase64 } from "../../../../http/decode-base64.ts";
import { originalUrl } from "../../../../http/original-url.ts";
import {
  type BasicAuthConfig,
  type BasicAuthRouteConfig,
  compileBasicAuth,
  compileBasicAuthPerRoute,
  type Users,
} from "./config.ts";
import { type BasicAuthStats, createBasicAuthStats } from "./stats.ts";

interface FilterConfig extends BasicAuthConfig {
  readonly stats: BasicAuthStats;
}

class BasicAuthFilter extends PassThroughFilter {
  private readonly config: FilterConfig;

  constructor(config: FilterConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { config } = this;
    const route = this.decoding.perRouteConfig<BasicAuthRouteConfig>();
    const value = credentialsIn(headers, config.authenticationHeader);
    if (value === undefined) {
      if (config.allowMissing) return FilterHeadersStatus.Continue;
      return this.refuse(headers, route, "Missing username and password.", "no_credential_for_basic_auth");
    }
    const credentials = parseCredentials(value);
    if (credentials === undefined) {
      if (config.allowMissing) return FilterHeadersStatus.Continue;
      return this.refuse(
        headers,
        route,
        "Expected 'Basic' authentication scheme.",
        "invalid_scheme_for_basic_auth",
      );
    }
    if (credentials === "format") {
      return this.refuse(headers, route, "Invalid basic credential format.", "invalid_format_for_basic_auth");
    }
    const [name, password] = credentials;
    if (!isUser(route?.users ?? config.users, name, password)) {
      return this.refuse(
        headers,
        route,
        "Invalid username/password combination.",
        "invalid_credential_for_basic_auth",
      );
    }
    if (config.forwardUsernameHeader !== "") headers.set(config.forwardUsernameHeader, name);
    if (config.emitDynamicMetadata) {
      this.decoding.streamInfo.setDynamicMetadata(this.decoding.filterConfigName, { username: name });
    }
    config.stats.allowed.inc();
    return FilterHeadersStatus.Continue;
  }

  private refuse(
    headers: HeaderMap,
    route: BasicAuthRouteConfig | undefined,
    why: string,
    details: string,
  ): FilterHeadersStatus {
    this.config.stats.denied.inc();
    const configured = route !== undefined && route.realm !== "" ? route.realm : this.config.realm;
    const realm = configured === "" ? originalUrl(headers) : configured;
    this.decoding.sendLocalReply(401, `User authentication failed. ${why}`, details, (out) =>
      out.set("www-authenticate", `Basic realm="${realm.replace(/["\\]/g, "\\$&")}"`),
    );
    return FilterHeadersStatus.StopIteration;
  }
}

/** As in Envoy the usual field is one, whose values are joined; of another one the first value counts. */
function credentialsIn(headers: HeaderMap, name: string): string | undefined {
  return name === "authorization" ? headers.getAll(name) : headers.get(name);
}

/** RFC 7617 §2; undefined: another scheme, which `basic` in lower case is to Envoy. */
function parseCredentials(value: string): readonly [string, string] | "format" | undefined {
  if (!value.startsWith("Basic ")) return undefined;
  const octets = decodeUnpaddedBase64(value.slice(6));
  const decoded = Buffer.from(octets ?? []).toString("latin1");
  const colon = decoded.indexOf(":");
  return colon < 0 ? "format" : [decoded.slice(0, colon), decoded.slice(colon + 1)];
}

function isUser(users: Users, name: string, password: string): boolean {
  const given = createHash("sha1").update(password, "latin1").digest();
  const wanted = users.get(name);
  if (wanted === undefined) return false;
  return timingSafeEqual(given, Buffer.from(wanted, "base64"));
}

export const basicAuthFactory: HttpFilterFactory<FilterConfig, BasicAuthRouteConfig> = {
  terminal: false,
  compile: (config, context) => {
    const compiled = compileBasicAuth(asConfig(config));
    if (!compiled.ok) return compiled;
    return { ok: true, value: { ...compiled.value, stats: createBasicAuthStats(context.stats) } };
  },
  compilePerRoute: (config) => compileBasicAuthPerRoute(asRouteConfig(config)),
  create: (config) => new BasicAuthFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): BasicAuth {
  return message as BasicAuth;
}
function asRouteConfig(message: unknown): BasicAuthPerRoute {
  return message as BasicAuthPerRoute;
}
