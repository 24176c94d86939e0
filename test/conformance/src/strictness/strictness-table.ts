import { keyOf, REASONS } from "./strictness-differences.ts";
import type { Outcome, StrictnessEntry } from "./strictness-entry.ts";

/** What is compared: HTTP/2's codes of a connection's end are told but not compared, for Envoy often closes without. */
export function comparable(entry: StrictnessEntry, { client, upstream }: Outcome): unknown {
  return {
    client: client.replace(/closed \(\d+\)/, "closed"),
    upstream: entry.mayReachUpstream === true ? [] : upstream,
  };
}

const TITLES = {
  request: "HTTP/1 requests",
  http2: "HTTP/2 requests",
  response: "HTTP/1 responses",
} as const;

const HEAD = `# Strictness

What becomes of malformed and ambiguous messages, at Sluice and at Envoy. Written by
\`test/conformance/scripts/strictness.ts\` from a run of both; \`test/conformance/strictness.test.ts\` asserts it, and that of each
message nothing but one reading reaches the other side.

An outcome lists the statuses that the client gets: for the message and for the plain request behind it on the same connection;
\`closed\` says that the connection ended instead (in brackets: the code of GOAWAY). A tick says that the upstream got the message.
`;

/** docs/strictness.md. */
export function strictnessTable(
  entries: readonly StrictnessEntry[],
  sluice: readonly Outcome[],
  envoy: readonly Outcome[],
): string {
  let text = HEAD;
  for (const kind of ["request", "http2", "response"] as const) {
    text += `\n## ${TITLES[kind]}\n\n| message | RFC | Sluice | Envoy | why not the same |\n| --- | --- | --- | --- | --- |\n`;
    entries.forEach((entry, i) => {
      if (entry.kind !== kind) return;
      const [ours, theirs] = [told(entry, sluice[i]), told(entry, envoy[i])];
      text += `| ${cell(entry.name)} | ${entry.rfc} | ${ours} | ${ours === theirs ? "same" : theirs} | ${REASONS.get(keyOf(entry)) ?? ""} |\n`;
    });
  }
  return text;
}

function told(entry: StrictnessEntry, outcome: Outcome | undefined): string {
  if (outcome === undefined) return "";
  return `${cell(outcome.client.replaceAll(/ "[^"]*"/g, ""))}${outcome.upstream.length > 0 && entry.mayReachUpstream !== true ? " ✓" : ""}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*");
}
