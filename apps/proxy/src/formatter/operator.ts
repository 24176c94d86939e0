import type { FormatContext } from "./format-context.ts";

/** What an operator yields; undefined prints as `-` (or nothing). Objects appear only in JSON formats. */
export type FormatValue = string | number | boolean | object | undefined;
export type ValueProvider = (context: FormatContext) => FormatValue;

/**
 * Compiles one operator. `argument` is what stands in its parentheses, undefined without them. Answers a message when it
 * cannot be used so.
 */
export type OperatorCompiler = (argument: string | undefined, name: string) => ValueProvider | string;
/** Operators whose value `:LENGTH` may cut; with the others it is refused. */
const WITH_LENGTH: ReadonlySet<string> = new Set([
  "REQ",
  "REQUEST_HEADER",
  "RESP",
  "RESPONSE_HEADER",
  "TRAILER",
  "RESPONSE_TRAILER",
  "REQ_WITHOUT_QUERY",
  "PATH",
  "QUERY_PARAM",
  "QUERY_PARAMS",
  "DYNAMIC_METADATA",
  "METADATA",
  "FILTER_STATE",
  "UPSTREAM_FILTER_STATE",
  "ENVIRONMENT",
  "CEL",
  "TYPED_CEL",
  "COALESCE",
]);

export const takesLength = (name: string): boolean => WITH_LENGTH.has(name);

export type OperatorTable = Readonly<Record<string, OperatorCompiler>>;

/** An operator without argument. */
export function plain(provider: ValueProvider): OperatorCompiler {
  return (argument, name) => (argument === undefined ? provider : `%${name}% takes no argument`);
}

/** An operator whose empty text means that there is none. */
export function text(pick: (context: FormatContext) => string | undefined): OperatorCompiler {
  return plain((context) => filled(pick(context)));
}

const filled = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

export const whole = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.floor(ms);
