"use client";

import { useQuery } from "@tanstack/react-query";
import { useFormatter, useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Notice } from "../ui/notice.tsx";

/** Whether the chain of hashes holds; computed anew when the page is opened. */
export function ChainNotice() {
  const t = useTranslations("audit.chain");
  const format = useFormatter();
  const trpc = useTRPC();
  const verdict = useQuery({ ...trpc.audit.verify.queryOptions(), staleTime: 60_000 });
  if (verdict.data === undefined) return null;
  const { holds, problem, events, head, anchor } = verdict.data;
  if (!holds)
    return (
      <Notice tone="bad" title={t("broken")}>
        {problem}
      </Notice>
    );
  return (
    <Notice tone="ok" title={t("holds", { events: format.number(events) })}>
      {anchor > 0 && `${t("since", { anchor: format.number(anchor) })} `}
      {t("head")} <code className="font-mono text-xs">{`${head.seq}:${head.hash}`}</code>
    </Notice>
  );
}
