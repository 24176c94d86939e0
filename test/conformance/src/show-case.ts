/**
 * For whoever works on a case: prints what was observed.
 *
 *     npm run -w test/conformance show -- WORDS [envoy|sluice]     cases whose title contains WORDS; both by default
 */
import { CASES } from "./cases.ts";
import { runCase, startPromptEnvoy, startPromptSluice } from "./run-case.ts";

const [words = "", kind] = process.argv.slice(2);
for (const theCase of CASES.filter(({ title }) => title.includes(words) || words === "")) {
  console.log(`\n# ${theCase.title}`);
  const starts =
    kind === "envoy"
      ? [startPromptEnvoy]
      : kind === "sluice"
        ? [startPromptSluice]
        : [startPromptEnvoy, startPromptSluice];
  for (const start of starts)
    try {
      const started = performance.now();
      const [observation] = await runCase(theCase, [start]);
      console.log(`## ${start.name}`, `${Math.round(performance.now() - started)} ms`);
      console.log(compact(observation));
    } catch (error) {
      console.log(`## ${start.name}`, error);
    }
}

/** One line per response, request and field group. */
function compact(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => inner, 1).replaceAll(
    /\[\s+("(?:[^"\\]|\\.)*"),\s+("(?:[^"\\]|\\.)*")\s+\]/g,
    "[$1, $2]",
  );
}
