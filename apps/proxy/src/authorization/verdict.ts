import { toBinaryString } from "@sluice/matching";
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
} from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";

/**
 * What is done to a header: "append" joins the value to the first line, and adds nothing where there is none; "add" makes a line of its own.
 */
export type HeaderAction = "set" | "add" | "append" | "add if absent" | "overwrite if present";

/** What a service says of one header. Name and value as sent, not judged; binary strings. */
export interface HeaderChange {
  readonly name: string;
  readonly value: string;
  readonly action: HeaderAction;
}

/** What an authorization service says of a request. */
export interface Verdict {
  /** "error": it said nothing that can be used, or that it failed. */
  readonly kind: "ok" | "denied" | "error";
  /** Of the request, where it goes on, in the order in which they are made. */
  readonly requestHeaders: readonly HeaderChange[];
  /** Of its response, likewise. */
  readonly responseHeaders: readonly HeaderChange[];
  /** Of the answer, where it does not go on: each stands in place of what the answer has by its name. */
  readonly replyHeaders: readonly Pick<HeaderChange, "name" | "value">[];
  /** Some change of the response had an action that is none, and is left out. */
  readonly hasInvalidActions: boolean;
  readonly headersToRemove: readonly string[];
  readonly queryParametersToSet: readonly (readonly [key: string, value: string])[];
  readonly queryParametersToRemove: readonly string[];
  /** Of the answer; a binary string. */
  readonly body: string;
  /** Of the answer; 0: the service names none. */
  readonly status: number;
  readonly dynamicMetadata: Readonly<Record<string, unknown>> | undefined;
}

const NOTHING: Verdict = Object.freeze({
  kind: "error",
  requestHeaders: [],
  responseHeaders: [],
  replyHeaders: [],
  hasInvalidActions: false,
  headersToRemove: [],
  queryParametersToSet: [],
  queryParametersToRemove: [],
  body: "",
  status: 0,
  dynamicMetadata: undefined,
});

export const ERROR_VERDICT: Verdict = NOTHING;

/** What is left out is not there. */
export function verdict(parts: Partial<Verdict> & Pick<Verdict, "kind">): Verdict {
  return { ...NOTHING, ...parts };
}

/** As a gRPC service names them for a request or an answer: by the older `append` alone. */
export function headerChanges(options: readonly HeaderValueOption[]): HeaderChange[] {
  return inOrder(options.map((option) => change(option, option.append === true ? "append" : "set")));
}

/** As it names them for a response. */
export function responseHeaderChanges(options: readonly HeaderValueOption[]): HeaderChange[] {
  const changes = options.flatMap((option) => {
    const action =
      option.append === undefined ? ACTIONS.get(option.appendAction) : option.append ? "add" : "set";
    return action === undefined ? [] : [change(option, action)];
  });
  return inOrder(changes, RESPONSE_ORDER);
}

export function hasInvalidAction(options: readonly HeaderValueOption[]): boolean {
  return options.some(({ append, appendAction }) => append === undefined && !ACTIONS.has(appendAction));
}

/** Those of one action after those of another, as Envoy makes them. */
export function inOrder(changes: readonly HeaderChange[], order = REQUEST_ORDER): HeaderChange[] {
  return order.flatMap((action) => changes.filter((each) => each.action === action));
}

function change({ header }: HeaderValueOption, action: HeaderAction): HeaderChange {
  return { name: toBinaryString(header?.key ?? ""), value: toBinaryString(header?.value ?? ""), action };
}

const ACTIONS: ReadonlyMap<AppendAction, HeaderAction> = new Map([
  [AppendAction.APPEND_IF_EXISTS_OR_ADD, "add"],
  [AppendAction.ADD_IF_ABSENT, "add if absent"],
  [AppendAction.OVERWRITE_IF_EXISTS, "overwrite if present"],
  [AppendAction.OVERWRITE_IF_EXISTS_OR_ADD, "set"],
] as const);
const REQUEST_ORDER: readonly HeaderAction[] = ["set", "add", "append"];
const RESPONSE_ORDER: readonly HeaderAction[] = ["add", "set", "add if absent", "overwrite if present"];
