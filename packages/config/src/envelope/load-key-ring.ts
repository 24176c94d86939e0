import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KeyRing, parseKeyRing, type SecretKey } from "./key-ring.ts";

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
 * The keys that secrets at rest are sealed with. Replicas that share a Postgres must share them. Those of a file are read anew
 * when something was sealed with a key that is not known here, and by `reload`.
 *
 * @throws Error with one line that names the variable or file
 */
export function loadKeyRing(settings: KeyRingSettings): KeyRing {
  const { secretKey = "", secretKeyFile = "", dataDir, warn } = settings;
  if (secretKey !== "") return parse("SLUICE_SECRET_KEY", secretKey);
  if (secretKeyFile !== "") return new FileKeyRing(secretKeyFile, "SLUICE_SECRET_KEY_FILE ", false);
  const file = join(dataDir, "secret-key");
  mkdirSync(dataDir, { recursive: true });
  try {
    writeFileSync(file, `${newSecretKey()}\n`, { flag: "wx", mode: 0o600 });
    warn(
      `made a secret key in ${file}: it opens what is sealed in Postgres, so keep a copy of it apart from the database's, ` +
        "or set SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE",
    );
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  if ((statSync(file).mode & 0o077) !== 0)
    warn(`${file} can be read by others: chmod 600 it (and consider a new key)`);
  return new FileKeyRing(file, "", true);
}

/** 32 random bytes, as a key file has them. */
export function newSecretKey(): string {
  return randomBytes(32).toString("base64");
}

class FileKeyRing implements KeyRing {
  readonly ownFile: string | undefined;
  readonly #file: string;
  readonly #label: string;
  #text = "";
  #ring: KeyRing;

  constructor(file: string, label: string, own: boolean) {
    this.#file = file;
    this.#label = label;
    this.ownFile = own ? file : undefined;
    this.#ring = this.#read();
  }

  get current(): SecretKey {
    return this.#ring.current;
  }

  get older(): readonly SecretKey[] {
    return this.#ring.older;
  }

  /** A file that cannot be read, or says nothing sensible for a moment, leaves what is known. */
  readonly reload = (): boolean => {
    const before = this.#text;
    try {
      this.#ring = this.#read();
    } catch {
      return false;
    }
    return this.#text !== before;
  };

  #read(): KeyRing {
    let text: string;
    try {
      text = readFileSync(this.#file, "utf8");
    } catch (error) {
      const prefix = this.#label === "" ? `${this.#file}: ` : `${this.#label.trim()}: `;
      throw new Error(`${prefix}${error instanceof Error ? error.message : String(error)}`);
    }
    const ring = parse(`${this.#label}${this.#file}`, text);
    this.#text = text;
    return ring;
  }
}

function parse(where: string, text: string): KeyRing {
  try {
    return parseKeyRing(text);
  } catch (error) {
    throw new Error(`${where} ${error instanceof Error ? error.message : String(error)}`);
  }
}
