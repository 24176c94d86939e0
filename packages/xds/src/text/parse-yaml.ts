import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import type { ConfigProblem, TextPosition } from "../config-problem.ts";
import { messageDescriptor } from "../registry/api-registry.ts";
import { readMessage } from "./read-message.ts";
import { readSource, type SourceOptions } from "./read-source.ts";
import { Reader } from "./reader.ts";
import { NOWHERE } from "./source-node.ts";
import { toProtoJson } from "./to-proto-json.ts";

export interface ParsedText<Shape extends Message = Message> {
  /** Undefined when there is an error among the problems. */
  readonly message: Shape | undefined;
  /** What could be read although there are errors, for completion and reference checks; never to be served. */
  readonly partial: Shape | undefined;
  /** Proto JSON of `message` (see `toProtoJson`), or undefined with it. */
  readonly json: unknown;
  /** Everything that is wrong, in the text's order. */
  readonly problems: readonly ConfigProblem[];
  /** Where a field path stands in the text, or the nearest thing around it; undefined for an empty text. */
  positionOf(path: string): TextPosition | undefined;
}

/**
 * Reads YAML or JSON as a message of Envoy's API, as Envoy's own reader does: a single value where a list is expected,
 * both spellings of a field's name, durations and wrappers as values or objects, enums by name in any letter case or by
 * number, numbers in quotes, entries whose key is tagged `!ignore` left out. Merge keys (`<<`), which Envoy refuses, are
 * resolved. Never throws because of the text. Limits: 16 Mi characters, 100 levels, 250,000 values once aliases unfold.
 * Checks names and types only; `checkYaml` applies the API's rules too.
 */
export function parseYaml<Desc extends DescMessage = DescMessage>(
  text: string,
  type: Desc | string,
  options: SourceOptions = {},
): ParsedText<MessageShape<Desc>> {
  const schema = messageDescriptor(type);
  const source = readSource(text, options);
  const reader = new Reader();
  let partial: Message | undefined;
  if (source.root !== undefined) {
    reader.place("", source.root, source.root);
    partial = readMessage(schema, source.root, "", reader);
  }
  const problems = [...source.problems, ...reader.configProblems(source.position)].sort(
    (a, b) => (a.position?.offset ?? -1) - (b.position?.offset ?? -1),
  );
  const message = problems.some(({ severity }) => severity === "error") ? undefined : partial;
  return {
    message: asShape<Desc>(message),
    partial: asShape<Desc>(partial),
    json: message === undefined ? undefined : toProtoJson(schema, message),
    problems,
    positionOf: (path) => source.position(reader.placeAround(path) ?? NOWHERE),
  };
}

/** `readMessage` made it from the very descriptor that `Desc` is the type of. */
function asShape<Desc extends DescMessage>(message: Message | undefined): MessageShape<Desc> | undefined {
  return message as MessageShape<Desc> | undefined;
}
