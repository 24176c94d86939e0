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
