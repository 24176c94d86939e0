import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type RunningProxy, waitFor } from "@sluice/harness";

/** A source of configuration: a file in the proxy's directory. */
export const fileSource = (name: string): string =>
  `{ path_config_source: { path: "{{dir}}/${name}" }, resource_api_version: V3 }`;

/** Moves a file of that text into the place of another one. */
export async function replaceFile({ dir }: RunningProxy, name: string, text: string): Promise<void> {
  await writeFile(join(dir, "next"), text.replaceAll("{{dir}}", dir));
  await rename(join(dir, "next"), join(dir, name));
}

export async function untilStat(proxy: RunningProxy, stat: string, value: number): Promise<void> {
  await waitFor(stat, async () => (await proxy.stats(stat)).get(stat) === value);
}

/** Of updates of `<type>.yaml`, one behind the other, by what each is about: whether it is taken. `type`: `lds` or `cds`. */
export async function judgeUpdates(
  proxy: RunningProxy,
  type: "lds" | "cds",
  updates: readonly (readonly [what: string, text: string])[],
): Promise<Readonly<Record<string, "taken" | "refused">>> {
  const prefix = `${type === "lds" ? "listener" : "cluster"}_manager.${type}.update_`;
  const counts = async (): Promise<readonly [done: number, refused: number]> => {
    const stats = await proxy.stats(`^${prefix}`);
    const [success = 0, rejected = 0, failure = 0] = ["success", "rejected", "failure"].map((each) =>
      stats.get(`${prefix}${each}`),
    );
    return [success + rejected + failure, rejected + failure];
  };
  const seen: Record<string, "taken" | "refused"> = {};
  for (const [what, text] of updates) {
    const [done, refused] = await counts();
    await replaceFile(proxy, `${type}.yaml`, text);
    const now = await waitFor(what, async () => {
      const counted = await counts();
      return counted[0] > done && counted;
    });
    seen[what] = now[1] > refused ? "refused" : "taken";
  }
  return seen;
}

/** A DiscoveryResponse of resources that are YAML in one line, without their types. */
export function discovered(version: string, type: string, resources: readonly string[]): string {
  const items = resources.map((each) => `- { "@type": type.googleapis.com/${type}, ${each} }\n`);
  return `version_info: "${version}"\nresources:\n${items.join("")}`;
}

/** The ECDS configuration `found`: a DiscoveryResponse; `fields`: YAML in one line of what its type has. */
export function foundConfig(version: string, type: string, fields = ""): string {
  return discovered(version, "envoy.config.core.v3.TypedExtensionConfig", [
    `name: found, typed_config: ${typedConfig(type, fields)}`,
  ]);
}

/** Where a filter says that `found` comes from `ecds.yaml`; `more`: other fields, each after a comma. */
export function foundDiscovery(types: readonly string[], more = ""): string {
  const urls = types.map((type) => `type.googleapis.com/${type}`);
  return `{ config_source: ${fileSource("ecds.yaml")}, type_urls: [${urls.join(", ")}]${more} }`;
}

/** For `more` of `foundDiscovery`: what holds until something comes. */
export const foundDefault = (type: string, fields: string): string =>
  `, default_config: ${typedConfig(type, fields)}`;

/** The stats of the subscription to `found`; `kind`: of filter, as `http_filter`. */
export function foundStats(kind: string): string[] {
  return [
    "config_reload",
    "config_fail",
    "config_conflict",
    "update_attempt",
    "update_success",
    "update_rejected",
  ].map((name) => `extension_config_discovery.${kind}.found.${name}`);
}

const typedConfig = (type: string, fields: string): string =>
  `{ "@type": type.googleapis.com/${type}${fields === "" ? "" : `, ${fields}`} }`;

/** The sections of `/config_dump` of some types, without times. */
export async function dumpSections(proxy: RunningProxy, types: readonly string[]): Promise<unknown> {
  const dump: unknown = JSON.parse(await proxy.admin("/config_dump"), (key, value: unknown) =>
    key === "last_updated" ? "<time>" : value,
  );
  const configs: unknown = typeof dump === "object" && dump !== null && "configs" in dump ? dump.configs : [];
  return (Array.isArray(configs) ? configs : []).filter((each: unknown) =>
    types.some((type) =>
      JSON.stringify(each).startsWith(`{"@type":"type.googleapis.com/envoy.admin.v3.${type}"`),
    ),
  );
}
