import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { type ParsedText, parseYaml } from "../text/parse-yaml.ts";
import type { SourceOptions } from "../text/read-source.ts";
import { validateMessage } from "./validate-message.ts";

/**
 * `parseYaml` and `validateMessage` in one: everything that is wrong with a text, rule violations with their place too.
 * `message` is undefined when there is any error.
 */
export function checkYaml<Desc extends DescMessage = DescMessage>(
  text: string,
  type: Desc | string,
  options: SourceOptions = {},
): ParsedText<MessageShape<Desc>> {
  const parsed = parseYaml(text, type, options);
  if (parsed.partial === undefined) return parsed;
  // What could not be read is unset now: do not tell twice what is wrong with one field.
  const told = new Set(parsed.problems.map(({ path }) => path));
  const violations = validateMessage(type, parsed.partial)
    .filter(({ path }) => !told.has(path))
    .map((problem) => {
      const position = parsed.positionOf(problem.path);
      return position === undefined ? problem : { ...problem, position };
    });
  const problems = [...parsed.problems, ...violations].sort(
    (a, b) => (a.position?.offset ?? -1) - (b.position?.offset ?? -1),
  );
  if (!problems.some(({ severity }) => severity === "error")) return { ...parsed, problems };
  return { ...parsed, message: undefined, json: undefined, problems };
}
