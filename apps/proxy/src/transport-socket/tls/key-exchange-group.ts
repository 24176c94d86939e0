import type { TLSSocket } from "node:tls";
import type { ClientHello } from "./client-hello.ts";

interface Group {
  /** BoringSSL's, which Envoy shows. */
  readonly name: string;
  /** Of RFC 8446 §4.2.7. */
  readonly number: number;
  /** Not in the versions before. */
  readonly onlyTls13?: boolean;
}

const P256: Group = { name: "P-256", number: 23 };
/** By OpenSSL's names in lower case: those of a resumed session differ in case. */
const GROUPS: Readonly<Record<string, Group>> = {
  x25519mlkem768: { name: "X25519MLKEM768", number: 0x11ec, onlyTls13: true },
  x25519: { name: "X25519", number: 29 },
  prime256v1: P256,
  secp256r1: P256,
  secp384r1: { name: "P-384", number: 24 },
  secp521r1: { name: "P-521", number: 25 },
};

/** A group by OpenSSL's name of it, as BoringSSL and so Envoy names it. */
export function groupName(name: string): string {
  return GROUPS[name.toLowerCase()]?.name ?? name;
}

/**
 * The group that BoringSSL's server exchanges keys in with this client: the first of its own that the client has, whatever keys
 * the client has sent ahead; with `clientFirst` the client's first. OpenSSL's name, one of `own`; undefined: they share none.
 */
export function chooseGroup(
  own: readonly string[],
  { groups }: ClientHello,
  version: "1.2" | "1.3",
  clientFirst: boolean,
): string | undefined {
  let best: string | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  own.forEach((name, index) => {
    const group = GROUPS[name.toLowerCase()];
    const theirs = group === undefined ? -1 : groups.indexOf(group.number);
    if (theirs < 0 || (group?.onlyTls13 === true && version === "1.2")) return;
    const rank = clientFirst ? theirs : index;
    if (rank >= bestRank) return;
    best = name;
    bestRank = rank;
  });
  return best;
}

/** The group that a finished handshake exchanged keys in, on the client's side; undefined: it exchanged none (RSA). */
export function keyExchangeGroup(socket: TLSSocket): string | undefined {
  const info: unknown = socket.getEphemeralKeyInfo();
  if (typeof info !== "object" || info === null || !("name" in info)) return undefined;
  return typeof info.name === "string" ? groupName(info.name) : undefined;
}
