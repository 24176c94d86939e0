"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { CountBadge } from "../ui/count-badge.tsx";

/** How many requests wait for a decision; nothing while none does. */
export function WaitingCount() {
  const t = useTranslations("approvals");
  const trpc = useTRPC();
  const { data } = useQuery(trpc.approval.list.queryOptions({ open: true, limit: 100 }));
  const count = data?.length ?? 0;
  return <CountBadge count={count} tone="accent" text={t("countWaiting", { count })} />;
}
