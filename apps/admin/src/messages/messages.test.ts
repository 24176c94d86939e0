import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { PERMISSION_NAMES } from "@sluice/config";
import { LOCALES } from "../i18n/locale.ts";
import { NAMESPACES } from "./namespaces.ts";

function read(locale: string, namespace: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${locale}/${namespace}.json`, import.meta.url), "utf8"));
}

/** The arguments of a message: words in braces at an odd depth; those at an even one are the branches of a plural. */
function argumentsOf(message: string): string {
  const names = new Set<string>();
  let depth = 0;
  for (const [token, name] of message.matchAll(/\{\s*(\w*)|\}/g)) {
    if (token === "}") depth -= 1;
    else if (++depth % 2 === 1) names.add(name ?? "");
  }
  return [...names].sort().join(",");
}

/** Path of each text and its arguments, so that a translation cannot forget or invent one. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, argumentsOf(value)]];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, child]) =>
    leaves(child, path ? `${path}.${key}` : key),
  );
}

for (const namespace of NAMESPACES) {
  test(`${namespace}: every language has the same texts with the same arguments`, () => {
    const [english, ...others] = LOCALES.map((locale) => leaves(read(locale, namespace)).sort());
    for (const other of others) assert.deepEqual(other, english);
  });
}

test("every message file belongs to a namespace", () => {
  for (const locale of LOCALES) {
    const files = readdirSync(new URL(`./${locale}/`, import.meta.url)).map((file) =>
      file.replace(/\.json$/, ""),
    );
    assert.deepEqual(files.sort(), [...NAMESPACES].sort());
  }
});

test("every permission is explained", () => {
  const described = leaves(read("en", "roles")).map(([path]) => path);
  for (const permission of PERMISSION_NAMES)
    assert.ok(described.includes(`about.${permission.replace(".", "_")}`), permission);
});
