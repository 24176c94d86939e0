import type { notificationEvent } from "../schema/index.ts";
import type { EventKind, NotificationMessage } from "./notification-contract.ts";

export type EventRow = typeof notificationEvent.$inferSelect;

const NAMED_MAX = 20;
const LINE_LENGTH_MAX = 1_000;

/** One message of events of one kind, group and topic, the oldest first. There is at least one. */
export function composeMessage(events: readonly EventRow[], group: string | undefined): NotificationMessage {
  const newest = events.at(-1);
  if (newest === undefined) throw new Error("a message tells of at least one event");
  const { title, lines } = WORDS[newest.kind](new Facts(newest.details), nodesOf(events), newest.subject);
  return {
    kind: newest.kind,
    title: clean(title),
    lines: [...lines, ...(group === undefined ? [] : [`Node group: ${group}`])].map(clean),
    group,
    subject: newest.subject,
    at: newest.at.toISOString(),
    events: events.map(({ id }) => id),
    details: newest.details,
  };
}

/** Details are JSON that this package wrote; what is not there reads as nothing. */
class Facts {
  readonly #details: Readonly<Record<string, unknown>>;

  constructor(details: Readonly<Record<string, unknown>>) {
    this.#details = details;
  }

  /** The value as text; "?" when there is none. */
  text(name: string): string {
    const value = this.#details[name];
    return value === null || value === undefined ? "?" : String(value);
  }

  /** `label: value` when there is a value. */
  line(label: string, name: string): readonly string[] {
    const value = this.#details[name];
    return value === null || value === undefined || value === "" ? [] : [`${label}: ${String(value)}`];
  }
}

interface Words {
  readonly title: string;
  readonly lines: readonly string[];
}

const WORDS: Readonly<Record<EventKind, (facts: Facts, nodes: string, subject: string) => Words>> = {
  "version.published": (facts) => ({
    title: `Version ${facts.text("version")} was published by ${facts.text("by")}`,
    lines: facts.line("Rollout", "reason"),
  }),
  "version.rolled_back": (facts) => ({
    title: `${facts.text("by")} rolled back to version ${facts.text("version")}`,
    lines: facts.line("Before", "previous"),
  }),
  "approval.requested": (facts) => ({
    title: `${facts.text("by")} asks for approval: ${facts.text("what")}`,
    lines: [...facts.line("Message", "message"), ...facts.line("Checks fail, overridden", "override")],
  }),
  "approval.decided": (facts) => ({
    title: `${facts.text("what")}: ${facts.text("state")} by ${facts.text("by")}`,
    lines: [...facts.line("Asked for by", "requestedBy"), ...facts.line("Reason", "reason")],
  }),
  "approval.bypassed": (facts) => ({
    title: `GLASS BROKEN by ${facts.text("by")}: ${facts.text("what")}, without approval`,
    lines: [...facts.line("Asked for by", "requestedBy"), ...facts.line("Reason", "reason")],
  }),
  "node.refused": (facts, nodes) => ({
    title: `Version ${facts.text("version")} was refused by ${nodes}`,
    lines: [...facts.line("Resources", "kind"), ...facts.line("The node says", "message")],
  }),
  "rollout.completed": (facts) => ({
    title: `Version ${facts.text("version")} is effective on every connected node`,
    lines: facts.line("Rollout", "reason"),
  }),
  "rollout.failed": (facts) => ({
    title: `The rollout of version ${facts.text("version")} does not get on`,
    lines: facts.line("Reason", "reason"),
  }),
  "rollout.reverted": (facts) => ({
    title: `The rollout of version ${facts.text("version")} takes itself back`,
    lines: [...facts.line("Reason", "reason"), ...facts.line("Back to version", "previous")],
  }),
  "node.lost": (facts, nodes) => ({
    title: `Lost: ${nodes}`,
    lines: facts.line("Not connected since", "since"),
  }),
  "node.returned": (facts, nodes) => ({
    title: `Back: ${nodes}`,
    lines: facts.line("Was lost since", "since"),
  }),
  "certificate.expiring": (facts) => ({
    title: `The certificate of ${facts.text("name")} ends at ${facts.text("notAfter")}`,
    lines: facts.line("Certificate", "certificate"),
  }),
  "alert.firing": (facts) => ({
    title: `Firing: ${facts.text("rule")} on ${facts.text("target")}`,
    lines: [...facts.line("Now", "value"), ...facts.line("Rule", "condition")],
  }),
  "alert.resolved": (facts) => ({
    title: `Resolved: ${facts.text("rule")} on ${facts.text("target")}`,
    lines: [...facts.line("Now", "value"), ...facts.line("Rule", "condition")],
  }),
  "channel.test": (facts, _nodes, subject) => ({
    title: `A test of ${subject}`,
    lines: [`${facts.text("by")} asked whether messages arrive here. They do.`],
  }),
};

function nodesOf(events: readonly EventRow[]): string {
  const names = [...new Set(events.flatMap(({ node }) => node ?? []))];
  if (names.length <= 1) return `node ${names[0] ?? "?"}`;
  const more = names.length - NAMED_MAX;
  const named = names.slice(0, NAMED_MAX).join(", ");
  return `${names.length} nodes (${named}${more > 0 ? ` and ${more} more` : ""})`;
}

/** One line without control characters: names and words of nodes come from outside. */
function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX)}…` : line;
}
