import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { reseal, seal, unseal } from "./envelope.ts";
import { parseKeyRing } from "./key-ring.ts";
import { loadKeyRing } from "./load-key-ring.ts";

const oldKey = randomBytes(32).toString("base64");
const newKey = randomBytes(32).toString("hex");
const value = Buffer.from("a private key");

test("what was sealed opens for the same purpose only, and no two sealings are alike", () => {
  const ring = parseKeyRing(oldKey);
  const sealed = seal(ring, "authority/nodes", value);
  assert.deepEqual(unseal(ring, "authority/nodes", sealed), value);
  assert.notEqual(seal(ring, "authority/nodes", value), sealed);
  assert.equal(sealed.includes(value.toString("base64url")), false);
  assert.throws(() => unseal(ring, "authority/other", sealed), /damaged, or was sealed for another purpose/);
  const parts = sealed.split(".");
  for (const [index, part] of parts.entries()) {
    const changed = part.startsWith("A") ? `B${part.slice(1)}` : `A${part.slice(1)}`;
    const broken = parts.with(index, changed).join(".");
    assert.throws(() => unseal(ring, "authority/nodes", broken), { name: "EnvelopeError" });
  }
});

test("a key is rotated by putting a new one first: the old one opens, and resealing moves a value over", () => {
  const sealed = seal(parseKeyRing(oldKey), "p", value);
  const both = parseKeyRing(`${newKey}\n${oldKey}\n`);
  assert.deepEqual(unseal(both, "p", sealed), value);
  const moved = reseal(both, "p", sealed);
  assert.equal(reseal(both, "p", moved), moved);
  assert.deepEqual(unseal(parseKeyRing(newKey), "p", moved), value);
  assert.throws(
    () => unseal(parseKeyRing(newKey), "p", sealed),
    /sealed with the secret key [0-9a-f]{12}; here is/,
  );
});

test("a key comes from the environment, a file, or is made beside the data for its owner only", (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), "sluice-key-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const warnings: string[] = [];
  const load = (secretKey?: string, secretKeyFile?: string) =>
    loadKeyRing({ secretKey, secretKeyFile, dataDir, warn: (message) => warnings.push(message) });
  assert.equal(load(oldKey).current.id, parseKeyRing(oldKey).current.id);
  const file = join(dataDir, "keys");
  writeFileSync(file, `${newKey},${oldKey}`);
  assert.equal(load("", file).older.length, 1);
  assert.deepEqual(warnings, []);
  const made = load();
  assert.equal(statSync(join(dataDir, "secret-key")).mode & 0o777, 0o600);
  assert.match(warnings[0] ?? "", /made a secret key in/);
  assert.equal(load().current.id, made.current.id);
  assert.equal(warnings.length, 1);
  chmodSync(join(dataDir, "secret-key"), 0o644);
  load();
  assert.match(warnings[1] ?? "", /can be read by others/);
  assert.throws(
    () => load("short"),
    /^Error: SLUICE_SECRET_KEY is not 32 bytes in base64 or hex: make a key/,
  );
  assert.throws(() => load("", join(dataDir, "none")), /SLUICE_SECRET_KEY_FILE: ENOENT/);
});
