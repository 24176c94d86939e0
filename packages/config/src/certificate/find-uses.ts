import type { ResourceRef } from "../contract.ts";
import { isMap } from "../text/item-keys.ts";
import type { CertificateUse } from "./certificate.ts";

/** The secrets that a resource takes by SDS, by name, each with where. */
export function findUses(
  resource: ResourceRef,
  json: unknown,
): ReadonlyMap<string, readonly CertificateUse[]> {
  const uses = new Map<string, CertificateUse[]>();
  const add = (value: unknown, filterChain: string | undefined, serverNames: readonly string[]) => {
    for (const name of new Set(sdsNames(value)))
      uses.set(name, [...(uses.get(name) ?? []), { resource, filterChain, serverNames }]);
  };
  if (!isMap(json)) return uses;
  const { filter_chains: chains, default_filter_chain: fallback, ...rest } = json;
  for (const [index, chain] of (Array.isArray(chains) ? chains : []).entries())
    add(chain, nameOf(chain) ?? `filter_chains[${index}]`, serverNamesOf(chain));
  if (fallback !== undefined) add(fallback, "default_filter_chain", []);
  add(rest, undefined, []);
  return uses;
}

function sdsNames(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(sdsNames);
  if (!isMap(value)) return [];
  const own = isMap(value.sds_config) && typeof value.name === "string" ? [value.name] : [];
  return [...own, ...Object.values(value).flatMap(sdsNames)];
}

function nameOf(chain: unknown): string | undefined {
  return isMap(chain) && typeof chain.name === "string" && chain.name !== "" ? chain.name : undefined;
}

function serverNamesOf(chain: unknown): readonly string[] {
  const match = isMap(chain) ? chain.filter_chain_match : undefined;
  const names = isMap(match) ? match.server_names : undefined;
  return Array.isArray(names) ? names.map(String) : [];
}
