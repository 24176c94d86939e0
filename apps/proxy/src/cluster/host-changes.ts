import type { HostSpec } from "./cluster-config.ts";

/** How many priorities a host has left or come to. */
export function changedPriorities(before: readonly HostSpec[], after: readonly HostSpec[]): number {
  const place = ({ key, priority }: HostSpec): string => `${priority} ${key}`;
  const [old, now] = [new Set(before.map(place)), new Set(after.map(place))];
  const moved = [
    ...before.filter((host) => !now.has(place(host))),
    ...after.filter((host) => !old.has(place(host))),
  ];
  return new Set(moved.map(({ priority }) => priority)).size;
}

/** Nothing that the workers are told of is another; as in Envoy their order is nothing. */
export function sameHosts(a: readonly HostSpec[], b: readonly HostSpec[]): boolean {
  if (a.length !== b.length) return false;
  const print = ({ page: _page, ...rest }: HostSpec): string => JSON.stringify(rest);
  const others = new Map(b.map((host) => [host.key, host]));
  return a.every((host) => {
    const other = others.get(host.key);
    return other !== undefined && print(host) === print(other);
  });
}
