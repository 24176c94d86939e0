/** Writes docs/strictness.md from a run of Envoy and Sluice: `npm run -w test/conformance strictness`. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startEnvoy, startSluiceProxy } from "@sluice/harness";
import { runEntries } from "../src/strictness/run-entries.ts";
import { STRICTNESS_ENTRIES } from "../src/strictness/strictness-entries.ts";
import { strictnessTable } from "../src/strictness/strictness-table.ts";

const [envoy, sluice] = await Promise.all([
  runEntries(startEnvoy, STRICTNESS_ENTRIES),
  runEntries(startSluiceProxy, STRICTNESS_ENTRIES),
]);
const file = fileURLToPath(new URL("../../../docs/strictness.md", import.meta.url));
writeFileSync(file, strictnessTable(STRICTNESS_ENTRIES, sluice, envoy));
