"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { Badge } from "../ui/badge.tsx";
import { LinkButton } from "../ui/button.tsx";

/** What waits in the draft; nothing when the draft is what is live. */
export function DraftBadge() {
  const t = useTranslations("shell.draft");
  const trpc = useTRPC();
  const { data } = useQuery(trpc.draft.status.queryOptions());
  const changes = data ? data.added + data.modified + data.removed : 0;
  if (!data || changes === 0) return null;
  return (
    <LinkButton href="/publish" tone="default" icon="publish">
      {t("changes", { count: changes })}
      {data.errors > 0 && <Badge tone="bad">{t("errors", { count: data.errors })}</Badge>}
      <span className="text-muted max-lg:hidden">{t("review")}</span>
    </LinkButton>
  );
}
