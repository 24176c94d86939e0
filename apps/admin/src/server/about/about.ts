import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkHealth, type Health } from "../health/health.ts";
import type { Services } from "../services.ts";

export interface About {
  readonly versions: {
    readonly sluice: string;
    readonly node: string;
    readonly postgres: string;
    /** Of the API that configurations are written in. */
    readonly envoyApi: string;
  };
  readonly health: Health;
  readonly startedAt: Date;
}

export interface Licence {
  readonly name: string;
  readonly version: string;
  /** As the package says; "?" when it says nothing. */
  readonly licence: string;
}

/** Of the descriptors in packages/xds. */
const ENVOY_API = "1.40.0";
const ROOT = new URL("../../../../../", import.meta.url);
const startedAt = new Date();

/** What runs here, and how each part is. */
export async function readAbout({ sql, environment }: Services): Promise<About> {
  const [health, postgres] = await Promise.all([
    checkHealth({
      // Whoever reads this came through the pages.
      pagesReady: () => true,
      sql,
      controlHealthUrl: environment.controlHealthUrl,
      nodeAdminUrl: environment.nodeAdminUrl,
    }),
    sql<{ server_version: string }[]>`show server_version`,
  ]);
  return {
    versions: {
      sluice: sluiceVersion(),
      node: process.versions.node,
      postgres: postgres[0]?.server_version ?? "?",
      envoyApi: ENVOY_API,
    },
    health,
    startedAt,
  };
}

/** Of every package that may be installed with this release, by name; empty where the lock file did not come along. */
export function readLicences(): readonly Licence[] {
  const file = fileURLToPath(new URL("package-lock.json", ROOT));
  if (!existsSync(file)) return [];
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as Lock;
  const found = new Map<string, Licence>();
  for (const [path, { version, license, link, dev }] of Object.entries(packages)) {
    const name = path.split("node_modules/").at(-1) ?? "";
    if (!path.includes("node_modules/") || link || dev || version === undefined) continue;
    found.set(`${name} ${version}`, { name, version, licence: license ?? "?" });
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly license?: string;
        readonly link?: boolean;
        readonly dev?: boolean;
      }
    >
  >;
}

function sluiceVersion(): string {
  const text = readFileSync(fileURLToPath(new URL("package.json", ROOT)), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
