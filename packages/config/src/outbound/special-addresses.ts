import { BlockList, isIP } from "node:net";

/**
 * IPv4 that is not a host of the public Internet: the special-purpose registry of RFC 6890 and its successors, multicast, and the
 * one metadata service that sits on a public address.
 */
const SPECIAL_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "168.63.129.16/32",
];

/** Within 2000::/3: protocol assignments and Teredo, documentation, 6to4 (which carries an IPv4 address). */
const SPECIAL_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const special = new BlockList();
for (const range of [...SPECIAL_IPV4, ...SPECIAL_IPV6]) addRange(special, range);
const global6 = new BlockList();
addRange(global6, "2000::/3");

/** Whether an IP address is of the public Internet: not loopback, private, link-local, metadata, multicast or reserved. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !special.check(address, "ipv4");
  // Outside 2000::/3 is nothing public; IPv4 in IPv6 (::ffff:0:0/96, 64:ff9b::/96) is outside too.
  return isIP(address) === 6 && global6.check(address, "ipv6") && !special.check(address, "ipv6");
}

/** Adds `address` or `address/bits`; false when it is neither. */
export function addRange(list: BlockList, text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes("%")) return false;
  const type = version === 4 ? "ipv4" : "ipv6";
  if (bits === undefined) {
    list.addAddress(address, type);
    return true;
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) return false;
  list.addSubnet(address, Number(bits), type);
  return true;
}
