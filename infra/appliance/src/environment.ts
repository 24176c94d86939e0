import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ApplianceError } from "./appliance-error.ts";

/** Everything that the appliance reads from its environment; README.md has the same table for users. */
export interface Environment {
  /** Repository root, with a trailing slash. */
  readonly root: string;
  /** `SLUICE_DATA_DIR`, absolute; default `.sluice` in the repository. */
  readonly dataDir: string;
  /** `DATABASE_URL`; undefined: the embedded server. */
  readonly databaseUrl: string | undefined;
  /** `PORT`, default 3000. */
  readonly adminPort: number;
  /** `SLUICE_ADMIN_HOST`, default 127.0.0.1. */
  readonly adminHost: string;
  /** `SLUICE_XDS_PORT`, default 18000. */
  readonly xdsPort: number;
  /** `SLUICE_XDS_PLAINTEXT` is `never`: the local node joins with a certificate. */
  readonly localNodeJoins: boolean;
  /** `SLUICE_CONTROL_HEALTH_PORT`, default 18001. */
  readonly controlHealthPort: number;
  /** `SLUICE_NODE_ADMIN_PORT`, default 9901. */
  readonly nodeAdminPort: number;
  /** `SLUICE_NODE_CONCURRENCY`, default 2. */
  readonly nodeConcurrency: number;
}

function port(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new ApplianceError(`${name}=${text} is not a port: use a number from 1 to 65535`);
  }
  return value;
}

export function readEnvironment(): Environment {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const databaseUrl = process.env.DATABASE_URL;
  if (databaseUrl !== undefined && databaseUrl !== "" && !/^postgres(ql)?:\/\//.test(databaseUrl)) {
    throw new ApplianceError(
      "DATABASE_URL is not a Postgres address: use postgres://user:password@host:5432/database, or unset it for the embedded server",
    );
  }
  const concurrency = Number(process.env.SLUICE_NODE_CONCURRENCY ?? 2);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 256) {
    throw new ApplianceError(
      "SLUICE_NODE_CONCURRENCY is the local node's number of workers: use a whole number from 1 to 256",
    );
  }
  return {
    root,
    dataDir: resolve(root, process.env.SLUICE_DATA_DIR || ".sluice"),
    databaseUrl: databaseUrl === "" ? undefined : databaseUrl,
    adminPort: port("PORT", 3000),
    adminHost: process.env.SLUICE_ADMIN_HOST || "127.0.0.1",
    xdsPort: port("SLUICE_XDS_PORT", 18_000),
    localNodeJoins: process.env.SLUICE_XDS_PLAINTEXT === "never",
    controlHealthPort: port("SLUICE_CONTROL_HEALTH_PORT", 18_001),
    nodeAdminPort: port("SLUICE_NODE_ADMIN_PORT", 9901),
    nodeConcurrency: concurrency,
  };
}
