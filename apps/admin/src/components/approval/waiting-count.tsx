"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";

/** How many requests wait for a decision; nothing while none does. */
export function WaitingCount() {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const { data } = useQuery(trpc.approval.list.queryOptions({ open: true, limit: 100 }));
  if (data === undefined || data.length === 0) return null;
  return (
    <Badge tone="accent">
      <span aria-hidden="true" className="tabular">
        {data.length}
      </span>
      <span className="sr-only">{t("countWaiting", { count: data.length })}</span>
    </Badge>
  );
}
