import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, type KeyRing } from "@sluice/config";
import type { Environment } from "../environment.ts";
import type { BackupKeys } from "./backup-records.ts";

/**
 * Puts a backup's keys where this appliance reads its own: behind the present ones, so that both old and new values open. Keys that
 * an operator gives by environment or file are not ours to change: they must be the backup's already.
 */
export async function keepRestoredKeys(
  environment: Pick<Environment, "secretKey" | "secretKeyFile" | "authSecret" | "dataDir">,
  ring: KeyRing,
  keys: BackupKeys,
): Promise<void> {
  const here = new Set([ring.current, ...ring.older].map(({ key }) => Buffer.from(key).toString("base64")));
  const missing = keys.secretKeys.filter((key) => !here.has(key));
  if (missing.length > 0 && (environment.secretKey !== undefined || environment.secretKeyFile !== undefined))
    throw new ConfigError(
      "invalid",
      "the backup's values are sealed with other keys than SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE has here: start this appliance with those of the appliance that was backed up, or with neither variable",
    );
  if (environment.authSecret !== undefined && environment.authSecret !== keys.authSecret)
    throw new ConfigError(
      "invalid",
      "SLUICE_AUTH_SECRET is another one than that of the appliance that was backed up: start this one with the same, or without it",
    );
  if (missing.length > 0)
    await appendFile(join(environment.dataDir, "secret-key"), `${missing.join("\n")}\n`, { mode: 0o600 });
  if (environment.authSecret === undefined)
    await writeFile(join(environment.dataDir, "auth-secret"), keys.authSecret, { mode: 0o600 });
}
