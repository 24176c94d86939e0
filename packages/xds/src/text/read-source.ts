import { getScalarValue, parseEvents, YAMLException } from "js-yaml";
import type { ConfigProblem, TextPosition } from "../config-problem.ts";
import { EventReader, type YamlEvents } from "./event-reader.ts";
import { forgivingEvents } from "./forgiving-events.ts";
import { LineIndex } from "./line-index.ts";
import { NOWHERE, type SourceNode, type SourceRange, type SourceReport } from "./source-node.ts";
import { readJsonScalar, readYamlScalar } from "./yaml-scalar.ts";

/** A text, read but not yet interpreted. */
export interface Source {
  /** Undefined when the text could not be read at all. */
  readonly root: SourceNode | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Undefined for nodes that stand nowhere in the text. */
  position(range: SourceRange): TextPosition | undefined;
}

export interface SourceOptions {
  /** Named in positions. */
  readonly file?: string | undefined;
  /** Default: `json` when `file` ends in `.json`, else `yaml` (which reads most JSON too), as Envoy decides. */
  readonly format?: "yaml" | "json" | undefined;
  /** Longest text that is read, in UTF-16 units. Default 16 Mi. */
  readonly textLengthMax?: number | undefined;
}

const TEXT_LENGTH_MAX = 16 * 1024 * 1024;
/** Well above what a message may be nested, which whoever reads the nodes says better. */
const DEPTH_MAX = 1000;

export function readSource(text: string, options: SourceOptions = {}): Source {
  const lines = new LineIndex(text);
  const position = (range: SourceRange): TextPosition | undefined => {
    if (range.start < 0) return undefined;
    const place = { ...lines.at(range.start), offset: range.start, endOffset: range.end };
    return options.file === undefined ? place : { file: options.file, ...place };
  };
  const problems: ConfigProblem[] = [];
  const report: SourceReport = (message, range, severity = "error") => {
    const place = position(range);
    problems.push({ path: "", message, severity, ...(place && { position: place }) });
  };

  const limit = options.textLengthMax ?? TEXT_LENGTH_MAX;
  if (text.length > limit) {
    report(`the text is longer than ${limit} characters; split it`, NOWHERE);
    return { root: undefined, problems, position };
  }
  const json =
    options.format === undefined ? options.file?.endsWith(".json") === true : options.format === "json";
  const yaml = yamlEvents(text, report);
  const root = yaml && new EventReader(text, yaml, json ? readJsonScalar : readYamlScalar, report).read();
  const failed = problems.some((problem) => problem.severity === "error");
  return { root: failed ? undefined : root, problems, position };
}

/** By js-yaml, which is quick, and what it refuses once more by `yaml`, which forgives more and lists all mistakes. */
function yamlEvents(text: string, report: SourceReport): YamlEvents | undefined {
  try {
    return {
      events: parseEvents(text, { maxDepth: DEPTH_MAX }),
      textOf: (event) => getScalarValue(text, event),
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return forgivingEvents(text, DEPTH_MAX, report);
  }
}
