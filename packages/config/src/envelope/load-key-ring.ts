import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeyRing, parseKeyRing } from "./key-ring.ts";

export interface KeyRingSettings {
  /** `SLUICE_SECRET_KEY`. */
  readonly secretKey: string | undefined;
  /** `SLUICE_SECRET_KEY_FILE`. */
  readonly secretKeyFile: string | undefined;
  /** Where a key is made when neither is set: `<dataDir>/secret-key`. */
  readonly dataDir: string;
  readonly warn: (message: string) => void;
}

/**
 * The keys that secrets at rest are sealed with. Replicas that share a Postgres must share them.
 *
 * @throws Error with one line that names the variable or file
 */
export function loadKeyRing(settings: KeyRingSettings): KeyRing {
  const { secretKey = "", secretKeyFile = "", dataDir, warn } = settings;
  if (secretKey !== "") return parse("SLUICE_SECRET_KEY", secretKey);
  if (secretKeyFile !== "") {
    let text: string;
    try {
      text = readFileSync(secretKeyFile, "utf8");
    } catch (error) {
      throw new Error(`SLUICE_SECRET_KEY_FILE: ${error instanceof Error ? error.message : String(error)}`);
    }
    return parse(`SLUICE_SECRET_KEY_FILE ${secretKeyFile}`, text);
  }
  const file = join(dataDir, "secret-key");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, `${randomBytes(32).toString("base64")}\n`, { flag: "wx", mode: 0o600 });
    warn(
      `made a secret key in ${file}: it opens what is sealed in Postgres, so keep a copy of it apart from the database's, ` +
        "or set SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE",
    );
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  if ((statSync(file).mode & 0o077) !== 0)
    warn(`${file} can be read by others: chmod 600 it (and consider a new key)`);
  return parse(file, readFileSync(file, "utf8"));
}

function parse(where: string, text: string): KeyRing {
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw new Error(`${where} ${error instanceof Error ? error.message : String(error)}`);
  }
}
