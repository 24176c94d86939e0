"use client";

import type { Grant } from "@sluice/config/browser";

/** A grant in one line: the permission, and by what it is limited. */
export function GrantText({ grant }: { readonly grant: Grant }) {
  const limits = [
    ...(grant.groups ? [grant.groups.join(", ")] : []),
    ...(grant.kinds ? [grant.kinds.join(", ")] : []),
    ...(grant.selector === undefined ? [] : [grant.selector]),
  ];
  return (
    <span className="inline-flex items-baseline gap-1 rounded border border-line px-1.5 py-0.5 text-xs">
      <code className="font-mono">{grant.permission}</code>
      {limits.length > 0 && <span className="text-muted">{limits.join(" · ")}</span>}
    </span>
  );
}
