/**
 * Why a rollout moved, as statements with a code and its values: pages say them in the reader's language, `reasonText` in English for
 * the audit log, the command line and notifications.
 */
export interface ReasonPart {
  readonly code: ReasonCode;
  /** What the sentence of that code has in it. Shares are 0…1. */
  readonly values: Readonly<Record<string, string | number>>;
}

export type Reason = readonly ReasonPart[];

type Values = ReasonPart["values"];

const SENTENCES = {
  published: ({ version }: Values) => `published version ${version}`,
  rolled_back: ({ version }: Values) => `rolled back to version ${version}`,
  superseded: ({ rollout, version }: Values) => `rollout ${rollout} of version ${version} took its place`,
  all_nodes: () => "all nodes",
  percent_of_nodes: ({ percent }: Values) => `${percent}% of the nodes`,
  nodes_with: ({ selector }: Values) => `nodes with ${selector}`,
  step: ({ step, steps }: Values) => `step ${step} of ${steps}`,
  paused_by_hand: () => "paused by hand",
  resumed_by_hand: () => "resumed by hand",
  promoted_by_hand: () => "promoted by hand",
  aborted_by_hand: () => "aborted by hand",
  approved_by: ({ requester, approver }: Values) => `asked for by ${requester}, approved by ${approver}`,
  glass_broken: ({ requester, by }: Values) => `asked for by ${requester}, and ${by} broke the glass`,
  /** A person's own words. */
  said: ({ text }: Values) => String(text),
  refused: ({ node, kind, message }: Values) => `${node} refused ${kind}: ${message}`,
  refused_silently: ({ node, kind }: Values) => `${node} refused ${kind}: no reason given`,
  not_effective_within: ({ seconds }: Values) => `not effective within ${seconds} s`,
  no_longer_effective: () => "no longer effective",
  no_node_connected: () => "no node is connected",
  node_is: ({ node, sync }: Values) => `${node} is ${sync}`,
  and_more: ({ count }: Values) => `and ${count} more`,
  probe_failed: ({ node }: Values) => `the synthetic request to ${node} failed`,
  probe_awaited: ({ node }: Values) => `no good answer to the synthetic request from ${node} yet`,
  probe_status: ({ status, expected }: Values) => `status ${status}, expected ${expected}`,
  probe_body: ({ text }: Values) => `the body does not contain '${text}'`,
  probe_unanswered: ({ message }: Values) => String(message),
  probe_no_channel: () => "the node keeps no order channel now",
  probe_unknown_order: () => "the node runs an older Sluice, which knows no synthetic requests",
  probe_no_address: () =>
    "it takes no orders, so the control plane would have to send the request, and no address was given for it",
  effective_on: ({ count }: Values) => `effective on ${count === 1 ? "1 node" : `${count} nodes`}`,
  not_connected: ({ names }: Values) => `not connected: ${names}`,
  waits_for_promote: () => "waits to be promoted",
  nothing_concluded: () => "nothing can be concluded",
  not_compared: () => "not compared",
  back_to_nothing: () => "told to run nothing, as before; nobody can see that",
  back_on: ({ version }: Values) => `back on version ${version}`,
  not_seen_back_on: ({ version }: Values) => `not seen back on version ${version}`,
  too_few_requests: ({ newer, older, needed }: Values) =>
    `too few requests to compare: ${newer} on the new nodes, ${older} on the old, ${needed} needed`,
  error_rates: ({ newer, older }: Values) => `error rate ${percent(newer)} against ${percent(older)}`,
  error_rate_rise: ({ rise, deviations }: Values) =>
    `a rise of more than ${percent(rise)} (${fixed(deviations)} standard errors)`,
  latencies: ({ newer, older }: Values) => `p95 ${fixed(newer)} ms against ${fixed(older)} ms`,
  latency_rise: ({ factor, deviations }: Values) =>
    `more than ${factor} times (${fixed(deviations)} standard errors)`,
} satisfies Record<string, (values: Values) => string>;

export type ReasonCode = keyof typeof SENTENCES;

/** What the next statement explains. */
const LEADS: ReadonlySet<ReasonCode> = new Set([
  "step",
  "not_effective_within",
  "no_longer_effective",
  "back_on",
  "not_seen_back_on",
  "nothing_concluded",
  "probe_failed",
  "probe_awaited",
  "glass_broken",
]);
const LISTED: ReadonlySet<ReasonCode> = new Set(["node_is", "and_more", "latencies"]);
const LISTS: ReadonlySet<ReasonCode> = new Set(["node_is", "error_rates"]);
const RISES: ReadonlySet<ReasonCode> = new Set(["error_rate_rise", "latency_rise"]);

/** How two statements are joined: `explains` as with a colon, `lists` as with a comma, `follows` as with a semicolon. */
export function jointOf(before: ReasonPart, after: ReasonPart): "explains" | "lists" | "follows" {
  if (LEADS.has(before.code) || RISES.has(after.code)) return "explains";
  return LISTS.has(before.code) && LISTED.has(after.code) ? "lists" : "follows";
}

const JOINTS = { explains: ": ", lists: ", ", follows: "; " } as const;

/** In English. */
export function reasonText(reason: Reason): string {
  let text = "";
  for (const [index, part] of reason.entries()) {
    const before = reason[index - 1];
    if (before !== undefined) text += JOINTS[jointOf(before, part)];
    text += SENTENCES[part.code](part.values);
  }
  return text;
}

/** One statement. */
export function because(code: ReasonCode, values: Values = {}): ReasonPart {
  return { code, values };
}

/** What somebody typed, else that it was done by hand. */
export function saidOr(text: string | undefined, code: ReasonCode): ReasonPart {
  return text === undefined ? because(code) : because("said", { text });
}

function percent(share: Values[string] | undefined): string {
  const number = Number(share);
  return `${(number * 100).toFixed(number < 0.1 ? 2 : 1)}%`;
}

function fixed(value: Values[string] | undefined): string {
  return Number(value).toFixed(1);
}
