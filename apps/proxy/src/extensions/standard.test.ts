import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { messageDescriptor } from "@sluice/xds";
import { STANDARD_EXTENSIONS, standardExtensions } from "./standard.ts";

const ROOT = new URL("./", import.meta.url);

/** `filters/http/router` for each folder that holds an extension. */
function folders(): string[] {
  return readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("/manifest.ts") || path.endsWith("/README.md"))
    .map((path) => path.slice(0, path.lastIndexOf("/")))
    .filter((folder, i, all) => all.indexOf(folder) === i);
}

describe("the standard extensions", () => {
  it("are the folders, both ways", () => {
    const listed = new Set(
      STANDARD_EXTENSIONS.map(({ name }) => name.replace("envoy.", "").replaceAll(".", "/")),
    );
    assert.deepEqual([...listed].sort(), folders().sort());
  });

  it("are whole: manifest and documentation", () => {
    for (const folder of folders()) {
      const files = readdirSync(new URL(`${folder}/`, ROOT));
      for (const file of ["manifest.ts", "README.md"])
        assert.ok(files.includes(file), `${folder} lacks ${file}`);
    }
  });

  it("name fields that their messages have", () => {
    for (const { name, supportedFields } of STANDARD_EXTENSIONS) {
      for (const [type, fields] of Object.entries(supportedFields)) {
        const known = messageDescriptor(type).fields.map((field) => field.name);
        for (const field of fields)
          assert.ok(field === "*" || known.includes(field), `${name}: ${type}.${field}`);
      }
    }
  });

  it("load, and are found by the type of their configuration", () => {
    const registry = standardExtensions();
    assert.equal(
      registry.find("envoy.filters.http", "envoy.extensions.filters.http.router.v3.Router")?.factory.terminal,
      true,
    );
    assert.equal(registry.find("envoy.filters.http", "envoy.extensions.filters.http.lua.v3.Lua"), undefined);
  });
});
