/** envoy.config.core.v3.Address as JSON, from `ip:port`, `[v6]:port` or a path. */
export function addressJson(address: string): unknown {
  const colon = address.lastIndexOf(":");
  if (colon < 0 || address.startsWith("/")) return { pipe: { path: address } };
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { socket_address: { address: host, port_value: Number(address.slice(colon + 1)) } };
}
