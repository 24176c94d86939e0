import type { DnsRecord } from "@sluice/config";
import * as dns from "dns-packet";

/** Opcodes in the header's second word. */
const UPDATE = 5 << 11;
const CLASS_NONE = 254;
const CLASS_OFFSET = 2;
const TTL_SECONDS = 60;

export type UpdateAction = "add" | "remove";

/** RFC 2136: adds a TXT record to a zone (section 2.5.1), beside others of its name, or removes that one (section 2.5.4). */
export function updateMessage(
  id: number,
  zone: string,
  { action, record }: { readonly action: UpdateAction; readonly record: DnsRecord },
): Buffer {
  const name = plain(record.name);
  const text = { name, type: "TXT", data: [record.value] };
  const change = action === "add" ? { ...text, ttl: TTL_SECONDS } : { ...text, class: "ANY", ttl: 0 };
  const message = dns.encode({
    id,
    flags: UPDATE,
    questions: [{ name: plain(zone), type: "SOA" }],
    authorities: [change],
  });
  if (action === "remove") {
    // The package has no class NONE, which makes the difference between this value and all of the name.
    const recordAt = message.length - dns.answer.encodingLength(change);
    message.writeUInt16BE(CLASS_NONE, recordAt + dns.name.encodingLength(name) + CLASS_OFFSET);
  }
  return message;
}

/** Asks an authoritative server for the zone that a name is in: its answer, or what it says beside it, names the zone. */
export function zoneQuestion(id: number, name: string): Buffer {
  return dns.encode({ id, flags: 0, questions: [{ name: plain(name), type: "SOA" }] });
}

/** Of the answer to `zoneQuestion`; undefined where it names none. Throws on what is malformed. */
export function zoneIn(answer: Buffer): string | undefined {
  const { answers, authorities } = dns.decode(answer);
  return [...answers, ...authorities].find(({ type }) => type === "SOA")?.name;
}

/** `NOERROR`, `REFUSED` … Throws on what is malformed. */
export function rcodeOf(answer: Buffer): string {
  return dns.decode(answer).rcode;
}

function plain(name: string): string {
  return name.replace(/\.$/, "");
}
