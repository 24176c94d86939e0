/**
 * Makes `src/server/api/answer-schemas.json`: what each operation of the HTTP API answers, as JSON Schema, from the types of the
 * procedures themselves. `--check` says whether it is up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { API } from "typescript/unstable/sync";
import { OPERATIONS } from "../src/server/api/operations.ts";
import { SchemaWriter } from "./schema-of-type.ts";

const app = fileURLToPath(new URL("..", import.meta.url));
const source = `${app}src/server/api/answers.ts`;
const target = `${app}src/server/api/answer-schemas.json`;

const api = new API({ cwd: app });
const project = api
  .updateSnapshot({ openProjects: [`${app}tsconfig.json`] })
  .getProject(`${app}tsconfig.json`);
if (project === undefined) throw new Error("apps/admin has no project");
const { checker } = project;
const text = readFileSync(source, "utf8");
const answers = checker.getTypeAtPosition(source, text.indexOf("Answers ="));
if (answers === undefined) throw new Error(`${source} has no type Answers`);

/** Without the live streams. */
const names = new Set([...OPERATIONS.values()].map(({ name }) => name));
const writer = new SchemaWriter(checker);
const operations: Record<string, object> = {};
for (const family of checker.getPropertiesOfType(answers)) {
  const members = checker.getTypeOfSymbol(family);
  if (members === undefined) continue;
  for (const member of checker.getPropertiesOfType(members)) {
    const type = checker.getTypeOfSymbol(member);
    if (type !== undefined && names.has(`${family.name}.${member.name}`))
      operations[`${family.name}.${member.name}`] = writer.schemaOf(type);
  }
}
const sorted = Object.fromEntries(Object.entries(operations).toSorted(([a], [b]) => (a < b ? -1 : 1)));
const made = `${JSON.stringify({ operations: sorted, schemas: writer.schemas() }, null, 1)}\n`;
api.close();

if (!process.argv.includes("--check")) writeFileSync(target, made);
else if (readFileSync(target, "utf8") !== made) {
  console.error("answer-schemas.json is out of date: node apps/admin/scripts/generate-answers.ts");
  process.exitCode = 1;
}
