import type { RunningProxy } from "@sluice/harness";
import type { SeenResponse, Target } from "./conformance-case.ts";
import { discovered, dumpSections, fileSource, replaceFile, untilStat } from "./xds-files.ts";

const HTTP = "envoy.extensions.filters.http";
export const HEADER_MUTATION = `${HTTP}.header_mutation.v3.HeaderMutation`;
export const BUFFER = `${HTTP}.buffer.v3.Buffer`;

/** One mutation of fields: another value of `x-filter`. */
export const appended = (value: string): string =>
  `{ append: { header: { key: x-filter, value: ${value} }, append_action: APPEND_IF_EXISTS_OR_ADD } }`;
const marking = (value: string): string =>
  `mutations: { request_mutations: [${appended(value)}], response_mutations: [${appended(value)}] }`;

const typedConfig = (type: string, fields: string): string =>
  `{ "@type": type.googleapis.com/${type}${fields === "" ? "" : `, ${fields}`} }`;

/** The ECDS configuration `found`: a DiscoveryResponse; `fields`: YAML in one line of what its type has. */
export function foundConfig(version: string, type: string, fields = ""): string {
  return discovered(version, "envoy.config.core.v3.TypedExtensionConfig", [
    `name: found, typed_config: ${typedConfig(type, fields)}`,
  ]);
}

/** As `found`, a filter that adds `x-filter` to requests and responses. */
export const foundMark = (version: string, value: string): string =>
  foundConfig(version, HEADER_MUTATION, marking(value));

/** As `found`, a filter that is none of those that add fields. */
export const foundBuffer = (version: string): string => foundConfig(version, BUFFER, "max_request_bytes: 10");

/** Where a filter says that `found` comes from `ecds.yaml`; `more`: other fields, each after a comma. */
export function foundDiscovery(types: readonly string[], more = ""): string {
  const urls = types.map((type) => `type.googleapis.com/${type}`);
  return `{ config_source: ${fileSource("ecds.yaml")}, type_urls: [${urls.join(", ")}]${more} }`;
}

/** For `more` of `foundDiscovery`: what holds until something comes. */
export const markedByDefault = `, default_config: ${typedConfig(HEADER_MUTATION, marking("default"))}`;

/** An HTTP filter of that discovery, for a list of filters. */
export const foundHttpFilter = (types: readonly string[] = [HEADER_MUTATION], more = ""): string =>
  `- { name: found, config_discovery: ${foundDiscovery(types, more)} }`;

/** The stats of the subscription to `found`; `kind`: of filter, as `http_filter`. */
export function foundStats(kind: string): string[] {
  return [
    "config_reload",
    "config_fail",
    "config_conflict",
    "update_attempt",
    "update_success",
    "update_rejected",
    "update_failure",
  ].map((name) => `extension_config_discovery.${kind}.found.${name}`);
}

/** Puts `found` at its source, and waits until it has come so far that a stat of its subscription has that value. */
export async function putFound(
  proxy: RunningProxy,
  kind: string,
  text: string,
  [name, value]: readonly [stat: string, value: number],
): Promise<void> {
  await replaceFile(proxy, "ecds.yaml", text);
  await untilStat(proxy, `extension_config_discovery.${kind}.found.${name}`, value);
}

const fieldsNow = async ({ send }: Target): Promise<SeenResponse["fields"]> =>
  (await send({ path: "/" })).fields;

/** What cases look at behind a first configuration, alike for all kinds of HTTP filters. */
export function foundObservations(
  kind: "http_filter" | "upstream_http_filter",
): Readonly<Record<"changes" | "refusals" | "arrival" | "misplaced", (target: Target) => Promise<unknown>>> {
  return {
    /** It changes, and comes once more as it is. */
    changes: async (target: Target): Promise<unknown> => {
      const { proxy, upstream } = target;
      await putFound(proxy, kind, foundMark("2", "two"), ["config_reload", 2]);
      const changed = await fieldsNow(target);
      await putFound(proxy, kind, foundMark("3", "two"), ["update_success", 3]);
      upstream.clear();
      return { changed, dump: await dumpSections(proxy, ["EcdsConfigDump", "ScopedRoutesConfigDump"]) };
    },
    /** What comes is of another type, and then nothing that can be read. */
    refusals: async (target: Target): Promise<unknown> => {
      await putFound(target.proxy, kind, foundBuffer("2"), ["update_rejected", 1]);
      const other = await fieldsNow(target);
      await putFound(target.proxy, kind, "{ broken", ["update_failure", 1]);
      return [other, await fieldsNow(target)];
    },
    /** The first one that can be used comes. */
    arrival: async (target: Target): Promise<unknown> => {
      await putFound(target.proxy, kind, foundMark("3", "found"), ["config_reload", 1]);
      return fieldsNow(target);
    },
    /** One comes that may not stand at the end of a chain. */
    misplaced: async ({ proxy, send }: Target): Promise<unknown> => {
      await putFound(proxy, kind, foundMark("2", "two"), ["update_rejected", 1]);
      return (await send({ path: "/" })).status;
    },
  };
}
