import {
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  type HeaderMap,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import { filterStateText } from "@sluice/matching";
import type {
  JwtAuthentication,
  PerRouteConfig,
} from "@sluice/xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import { originalUrl } from "../../../../http/original-url.ts";
import { asHttpContext } from "../../../../http-filter/filter-chain-config.ts";
import type { AuthenticatedRequest } from "./authentication.ts";
import {
  compileJwtAuthentication,
  compileJwtPerRoute,
  type JwtConfig,
  type JwtRouteConfig,
  wrongRequirementName,
} from "./config.ts";
import { type JwtStatus, statusText } from "./jwt-status.ts";
import { type Requirement, RequirementCheck } from "./requirement.ts";

const METADATA = "envoy.filters.http.jwt_authn";

class JwtAuthnFilter extends PassThroughFilter {
  private readonly config: JwtConfig;
  private check: RequirementCheck | undefined = undefined;
  private state: "checking" | "passed" | "answered" = "passed";
  private url = "";

  constructor(config: JwtConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(headers: HeaderMap): FilterHeadersStatus {
    const { providers, bypassesPreflight } = this.config;
    for (const name of providers.ownHeaders) headers.remove(name);
    if (bypassesPreflight && isPreflight(headers)) {
      providers.stats.corsPreflightBypassed.inc();
      return this.pass();
    }
    const route = this.decoding.perRouteConfig<JwtRouteConfig>();
    if (route === undefined) return this.require(this.requirementFor(headers), headers);
    const { requirementName: name } = route;
    if (name === undefined) return this.pass();
    const requirement = this.config.requirements.get(name);
    return requirement === undefined ? this.refuseRoute(name) : this.require(requirement, headers);
  }

  override decodeData(): FilterDataStatus {
    return this.state === "checking" ? FilterDataStatus.StopIterationAndWatermark : FilterDataStatus.Continue;
  }

  override decodeTrailers(): FilterTrailersStatus {
    return this.state === "checking" ? FilterTrailersStatus.StopIteration : FilterTrailersStatus.Continue;
  }

  override onDestroy(): void {
    this.check?.cancel();
    this.check = undefined;
  }

  private requirementFor(headers: HeaderMap): Requirement | undefined {
    const { rules, filterStateRules } = this.config;
    for (const { match, requirement } of rules) if (match.matches(headers)) return requirement;
    if (filterStateRules === undefined) return undefined;
    const object = this.decoding.streamInfo.filterState.get(filterStateRules.key);
    const text = filterStateText(object);
    return text === undefined ? undefined : filterStateRules.requirements.get(text);
  }

  private require(requirement: Requirement | undefined, headers: HeaderMap): FilterHeadersStatus {
    if (requirement === undefined) return this.pass();
    this.url = originalUrl(headers);
    this.state = "checking";
    const request: AuthenticatedRequest = {
      headers,
      extracted: new Map(),
      clearRouteCache: () => this.decoding.clearRouteCache(),
    };
    let stopped = false;
    this.check = new RequirementCheck(request, (status) => {
      this.check = undefined;
      if (request.extracted.size > 0)
        this.decoding.streamInfo.setDynamicMetadata(METADATA, Object.fromEntries(request.extracted));
      if (status !== "Ok") this.deny(status);
      else {
        this.pass();
        if (stopped) this.decoding.continueDecoding();
      }
    });
    this.check.start(requirement);
    if (this.isPassed()) return FilterHeadersStatus.Continue;
    stopped = true;
    return FilterHeadersStatus.StopIteration;
  }

  private isPassed(): boolean {
    return this.state === "passed";
  }

  private pass(): FilterHeadersStatus {
    this.config.providers.stats.allowed.inc();
    this.state = "passed";
    return FilterHeadersStatus.Continue;
  }

  private deny(status: JwtStatus): void {
    const { providers, stripsFailures } = this.config;
    providers.stats.denied.inc();
    this.state = "answered";
    const text = statusText(status);
    const challenge = `Bearer realm="${this.url}"${status === "JwtMissed" ? "" : ', error="invalid_token"'}`;
    this.decoding.sendLocalReply(
      status === "JwtAudienceNotAllowed" ? 403 : 401,
      stripsFailures ? "" : text,
      detailsOf(text),
      stripsFailures ? undefined : (reply) => reply.set("www-authenticate", challenge),
    );
  }

  /** Its configuration names a requirement that there is not. */
  private refuseRoute(name: string): FilterHeadersStatus {
    const { providers, requirements, stripsFailures } = this.config;
    providers.stats.denied.inc();
    this.state = "answered";
    const text = wrongRequirementName(name, requirements);
    const body = stripsFailures ? "" : `Failed JWT authentication: ${text}`;
    this.decoding.sendLocalReply(403, body, detailsOf(text));
    return FilterHeadersStatus.StopIteration;
  }
}

/** Details hold no spaces. */
function detailsOf(text: string): string {
  return `jwt_authn_access_denied{${text.replaceAll(" ", "_")}}`;
}

function isPreflight(headers: HeaderMap): boolean {
  return (
    headers.get(":method") === "OPTIONS" &&
    (headers.get("origin") ?? "") !== "" &&
    (headers.get("access-control-request-method") ?? "") !== ""
  );
}

export const jwtAuthnFactory: HttpFilterFactory<JwtConfig, JwtRouteConfig> = {
  terminal: false,
  compile: (message, context) => compileJwtAuthentication(asConfig(message), asHttpContext(context)),
  compilePerRoute: (message) => compileJwtPerRoute(asRouteConfig(message)),
  create: (config) => new JwtAuthnFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): JwtAuthentication {
  return message as JwtAuthentication;
}
function asRouteConfig(message: unknown): PerRouteConfig {
  return message as PerRouteConfig;
}
