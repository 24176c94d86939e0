import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DescFile, DescMessage } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { apiRegistry } from "./api-registry.ts";

test("every generated module links, and describes what the descriptor set does", async () => {
  const gen = fileURLToPath(new URL("../../gen/", import.meta.url));
  const modules = globSync("**/*_pb.js", { cwd: gen });
  assert.ok(modules.length > 700, `${modules.length} modules`);
  let messages = 0;
  for (const path of modules) {
    const exported: Record<string, unknown> = await import(`${gen}${path}`);
    const file = Object.values(exported).find(isFile);
    assert.ok(file, path);
    const asked = apiRegistry().getFile(file.proto.name);
    if (asked === undefined) continue;
    assert.deepEqual(importedBy(file), importedBy(asked), path);
    for (const type of nestedTypes(file)) {
      if (type.kind !== "message") continue;
      const other = apiRegistry().getMessage(type.typeName);
      assert.ok(other, type.typeName);
      assert.deepEqual(fieldsOf(type), fieldsOf(other), type.typeName);
      messages++;
    }
  }
  assert.ok(messages > 1500, `${messages} messages`);
});

function isFile(value: unknown): value is DescFile {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "file";
}

function importedBy(file: DescFile): string[] {
  return file.dependencies.map(({ proto }) => proto.name).sort();
}

function fieldsOf(message: DescMessage): string[] {
  return message.fields.map(
    (field) =>
      `${field.number} ${field.name} ${field.fieldKind} ${field.message?.typeName ?? ""} ${field.enum?.typeName ?? ""} ${field.oneof?.name ?? ""}`,
  );
}
