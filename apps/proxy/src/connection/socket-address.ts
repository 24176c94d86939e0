/** `ip:port`, `[v6]:port`; "" for what has no IP address (a local socket). IPv4-mapped IPv6 prints as IPv4. */
export function socketAddressText(address: string | undefined, port: number | undefined): string {
  if (address === undefined || port === undefined) return "";
  const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  return plain.includes(":") ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/** The IP address without the port; "" when there is none. */
export function ipOf(addressText: string): string {
  const colon = addressText.lastIndexOf(":");
  if (colon < 0) return "";
  return addressText.startsWith("[") ? addressText.slice(1, colon - 1) : addressText.slice(0, colon);
}
