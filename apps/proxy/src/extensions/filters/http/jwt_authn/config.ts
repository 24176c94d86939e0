import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import type {
  JwtAuthentication,
  JwtRequirement,
  PerRouteConfig,
} from "@sluice/xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.js";
import type { HttpFactoryContext } from "../../../../http-filter/filter-chain-config.ts";
import { compileProvider } from "./compile-provider.ts";
import { Audiences, Providers } from "./provider.ts";
import type { Requirement } from "./requirement.ts";
import { compileRuleMatch, type RuleMatch } from "./rule-match.ts";
import { createJwtStats } from "./stats.ts";
import { TokenLocations } from "./token-locations.ts";

export interface JwtConfig {
  readonly providers: Providers;
  /** The first that matches counts; without a requirement requests pass. */
  readonly rules: readonly { readonly match: RuleMatch; readonly requirement: Requirement | undefined }[];
  /** Where no rule matches. */
  readonly filterStateRules:
    | { readonly key: string; readonly requirements: ReadonlyMap<string, Requirement> }
    | undefined;
  readonly requirements: ReadonlyMap<string, Requirement>;
  readonly bypassesPreflight: boolean;
  readonly stripsFailures: boolean;
}

/** `requirementName` undefined: the filter lets the route's requests pass. */
export interface JwtRouteConfig {
  readonly requirementName: string | undefined;
}

const UNVERIFIED_HEADER = "x-jwt-signature-verified";

export function compileJwtAuthentication(
  config: JwtAuthentication,
  context: HttpFactoryContext,
): Compiled<JwtConfig> {
  const problems: Problem[] = [];
  const take = gatherProblems(problems);
  const { worker } = context;
  const stats = createJwtStats(context.stats, config.statPrefix);
  const compiled = Object.entries(config.providers).map(([name, provider]) =>
    take(compileProvider(name, provider, stats, context)),
  );
  const list = compiled.filter((provider) => provider !== undefined);
  const providers = new Providers(list, stats, worker.clock);
  const compiler = new RequirementCompiler(providers, new Set(Object.keys(config.providers)), problems);
  const named = (map: Readonly<Record<string, JwtRequirement>>, path: string) =>
    new Map(
      Object.entries(map).map(([name, requirement]) => [
        name,
        compiler.compile(requirement, `${path}[${JSON.stringify(name)}]`),
      ]),
    );
  const requirements = named(config.requirementMap, "requirement_map");
  const rules = config.rules.map(({ match, requirementType }, i) => {
    const at = `rules[${i}]`;
    const compiledMatch = take(compileRuleMatch(match, `${at}.match`));
    let requirement: Requirement | undefined;
    if (requirementType.case === "requires")
      requirement = compiler.compile(requirementType.value, `${at}.requires`);
    else if (requirementType.case === "requirementName") {
      requirement = requirements.get(requirementType.value);
      if (requirement === undefined)
        problems.push({
          path: `${at}.requirement_name`,
          message: wrongRequirementName(requirementType.value, requirements),
          severity: "error",
        });
    }
    return { match: compiledMatch, requirement };
  });
  const { filterStateRules } = config;
  const byState =
    filterStateRules === undefined
      ? undefined
      : {
          key: filterStateRules.name,
          requirements: named(filterStateRules.requires, "filter_state_rules.requires"),
        };
  if (problems.length > 0) {
    for (const { jwks } of list) jwks.close();
    return { ok: false, problems };
  }
  return {
    ok: true,
    value: Object.freeze({
      providers,
      rules: rules.flatMap(({ match, requirement }) => (match === undefined ? [] : [{ match, requirement }])),
      filterStateRules: byState,
      requirements,
      bypassesPreflight: config.bypassCorsPreflight,
      stripsFailures: config.stripFailureResponse,
    }),
  };
}

export function compileJwtPerRoute({ requirementSpecifier }: PerRouteConfig): Compiled<JwtRouteConfig> {
  const requirementName =
    requirementSpecifier.case === "requirementName" ? requirementSpecifier.value : undefined;
  return { ok: true, value: Object.freeze({ requirementName }) };
}

export function wrongRequirementName(name: string, known: ReadonlyMap<string, unknown>): string {
  return `Wrong requirement_name: ${name}. It should be one of [${[...known.keys()].sort().join(",")}]`;
}

class RequirementCompiler {
  readonly #providers: Providers;
  /** Also of those that could not be compiled. */
  readonly #names: ReadonlySet<string>;
  readonly #problems: Problem[];

  constructor(providers: Providers, names: ReadonlySet<string>, problems: Problem[]) {
    this.#providers = providers;
    this.#names = names;
    this.#problems = problems;
  }

  compile({ requiresType: type }: JwtRequirement, path: string): Requirement {
    switch (type.case) {
      case "providerName":
        return this.#ofProvider(type.value, [], `${path}.provider_name`);
      case "providerAndAudiences":
        return this.#ofProvider(
          type.value.providerName,
          type.value.audiences,
          `${path}.provider_and_audiences.provider_name`,
        );
      case "requiresAny":
        return this.#any(type.value.requirements, `${path}.requires_any`);
      case "requiresAll": {
        const parts = type.value.requirements.map((part, i) =>
          this.compile(part, `${path}.requires_all.requirements[${i}]`),
        );
        return { kind: "all", parts };
      }
      case "allowMissing":
        return this.#ofAll({ allowsMissing: true, allowsFailed: false, unverifiedHeader: "" });
      case "allowMissingOrFailed":
        return this.#ofAll({ allowsMissing: true, allowsFailed: true, unverifiedHeader: "" });
      case "extractOnlyWithoutValidation": {
        const unverifiedHeader = type.value.verificationStatusHeader.toLowerCase() || UNVERIFIED_HEADER;
        return this.#ofAll({ allowsMissing: true, allowsFailed: true, unverifiedHeader });
      }
      default:
        return { kind: "nothing" };
    }
  }

  #any(list: readonly JwtRequirement[], path: string): Requirement {
    let allowsMissing = false;
    let allowsFailed = false;
    const parts: Requirement[] = [];
    for (const [i, part] of list.entries()) {
      if (part.requiresType.case === "allowMissing") allowsMissing = true;
      else if (part.requiresType.case === "allowMissingOrFailed") allowsFailed = true;
      else parts.push(this.compile(part, `${path}.requirements[${i}]`));
    }
    if (parts.length === 0)
      parts.push(this.#ofAll({ allowsMissing: true, allowsFailed, unverifiedHeader: "" }));
    return { kind: "any", parts, allowsMissing, allowsFailed };
  }

  #ofProvider(name: string, audiences: readonly string[], path: string): Requirement {
    const provider = this.#providers.list.find((one) => one.name === name);
    if (provider === undefined) {
      if (!this.#names.has(name))
        this.#problems.push({
          path,
          message: `Required provider ['${name}'] is not configured.`,
          severity: "error",
        });
      return { kind: "nothing" };
    }
    return {
      kind: "tokens",
      rule: {
        providers: this.#providers,
        provider,
        audiences: audiences.length === 0 ? undefined : new Audiences(audiences),
        locations: new TokenLocations([provider.locations]),
        allowsMissing: false,
        allowsFailed: false,
        unverifiedHeader: "",
      },
    };
  }

  #ofAll(allowances: {
    allowsMissing: boolean;
    allowsFailed: boolean;
    unverifiedHeader: string;
  }): Requirement {
    const providers = this.#providers;
    const locations = new TokenLocations(providers.list.map((provider) => provider.locations));
    return {
      kind: "tokens",
      rule: { providers, provider: undefined, audiences: undefined, locations, ...allowances },
    };
  }
}
