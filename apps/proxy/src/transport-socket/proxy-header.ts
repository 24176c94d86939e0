import { isIPv4, isIPv6 } from "node:net";
import { parseIpAddress } from "@sluice/matching";
import type { Tlv } from "../connection/proxy-protocol-state.ts";
import { ipOf } from "../connection/socket-address.ts";

/** From whom to whom; `ip:port` or `[v6]:port`. */
export interface ProxiedAddresses {
  readonly source: string;
  readonly destination: string;
}

const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const VERSION_LOCAL = 0x20;
const VERSION_PROXY = 0x21;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;
const LENGTH_MAX = 0xffff;

/** The text header (PROXY protocol §2.1); UNKNOWN where the addresses are not both of one IP version. */
export function proxyHeaderV1({ source, destination }: ProxiedAddresses): Buffer {
  const [from, to] = [ipOf(source), ipOf(destination)];
  const family = isIPv4(from) && isIPv4(to) ? "TCP4" : isIPv6(from) && isIPv6(to) ? "TCP6" : undefined;
  if (family === undefined) return Buffer.from("PROXY UNKNOWN\r\n", "latin1");
  return Buffer.from(`PROXY ${family} ${from} ${to} ${portOf(source)} ${portOf(destination)}\r\n`, "latin1");
}

/** The binary header (§2.2); LOCAL without addresses. */
export function proxyHeaderV2(addresses: ProxiedAddresses | undefined, tlvs: readonly Tlv[]): Buffer {
  const from = addresses === undefined ? undefined : addressBytes(ipOf(addresses.source));
  const to = addresses === undefined ? undefined : addressBytes(ipOf(addresses.destination));
  if (addresses === undefined || from === undefined || to === undefined || from.length !== to.length)
    return framed(VERSION_LOCAL, 0, []);
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(portOf(addresses.source), 0);
  ports.writeUInt16BE(portOf(addresses.destination), 2);
  const appended = tlvs.flatMap(({ type, value }) => {
    const head = Buffer.alloc(3);
    head[0] = type;
    head.writeUInt16BE(Math.min(value.length, LENGTH_MAX), 1);
    return [head, Buffer.from(value)];
  });
  const family = from.length === 4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6;
  const room = LENGTH_MAX - 2 * from.length - ports.length;
  // More than its length can tell: the addresses alone.
  const fits = appended.reduce((sum, { length }) => sum + length, 0) <= room;
  return framed(VERSION_PROXY, family, [from, to, ports, ...(fits ? appended : [])]);
}

function framed(command: number, family: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head[0] = command;
  head[1] = family;
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([SIGNATURE, head, body]);
}

function addressBytes(ip: string): Buffer | undefined {
  const parsed = parseIpAddress(ip);
  if (parsed === undefined) return undefined;
  const bytes = Buffer.alloc(parsed.words.length * 4);
  for (const [index, word] of parsed.words.entries()) bytes.writeUInt32BE(word, index * 4);
  return bytes;
}

const portOf = (text: string): number => Number(text.slice(text.lastIndexOf(":") + 1));
