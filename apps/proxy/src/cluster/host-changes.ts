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

/** Nothing that the workers are told of is another. */
export function sameHosts(a: readonly HostSpec[], b: readonly HostSpec[]): boolean {
  const print = ({ page: _page, ...rest }: HostSpec): string => JSON.stringify(rest);
  return (
    a.length === b.length &&
    a.every((host, index) => {
      const other = b[index];
      return other !== undefined && print(host) === print(other);
    })
  );
}
