export type JsonMap = Readonly<Record<string, unknown>>;

/** What items are paired by; undefined when one has nothing or two have the same. An empty list pairs with anything. */
export function itemKeys(items: readonly unknown[]): readonly string[] | undefined {
  const keys = new Set<string>();
  for (const item of items) {
    const key = itemKey(item);
    if (key === undefined || keys.has(key)) return undefined;
    keys.add(key);
  }
  return [...keys];
}

function itemKey(item: unknown): string | undefined {
  if (!isMap(item)) return undefined;
  const name = item.name;
  if (typeof name === "string" && name !== "") return name;
  const endpoint = isMap(item.endpoint) ? item.endpoint : undefined;
  const address = endpoint !== undefined && isMap(endpoint.address) ? endpoint.address : undefined;
  const socket = address !== undefined && isMap(address.socket_address) ? address.socket_address : undefined;
  return socket === undefined ? undefined : `${String(socket.address)}:${String(socket.port_value)}`;
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
