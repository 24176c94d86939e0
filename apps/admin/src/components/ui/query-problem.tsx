"use client";

import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { refusalOf } from "../../client/refusal.ts";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { Button } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";
import type { IconName } from "./icon.tsx";
import { RefusalNotice } from "./refusal-notice.tsx";

export interface QueryState {
  readonly error: unknown;
  readonly isFetching: boolean;
  readonly refetch: () => Promise<unknown>;
}

function Retry({ query, size }: { readonly query: QueryState; readonly size?: "sm" }) {
  const t = useTranslations("common");
  return (
    <Button {...(size ? { size } : {})} busy={query.isFetching} onClick={() => void query.refetch()}>
      {t("retry")}
    </Button>
  );
}

/** Why a part of a page could not be read, and the way to ask again; nothing while it could. */
export function QueryProblem({
  query,
  padded = false,
}: {
  readonly query: QueryState;
  readonly padded?: boolean;
}) {
  if (query.error === null) return null;
  const notice = <RefusalNotice error={query.error} action={<Retry query={query} size="sm" />} />;
  return padded ? <div className="px-6 pb-4 max-sm:px-4">{notice}</div> : notice;
}

export interface SubjectProblemProps {
  readonly query: QueryState;
  readonly icon: IconName;
  /** Said only when the server said that it has none. */
  readonly missing: string;
  readonly missingHint?: string;
  /** The way to what there is instead. */
  readonly action?: ReactNode;
}

/** Instead of a page whose subject could not be read: gone, not answered, or refused, which call for different next steps. */
export function SubjectProblem({ query, icon, missing, missingHint, action }: SubjectProblemProps) {
  const t = useTranslations("common");
  const refusalWords = useRefusalWords();
  const { kind } = refusalOf(query.error);
  if (kind === "not_found")
    return (
      <EmptyState icon={icon} title={missing} action={action}>
        {missingHint ?? t("missingHint")}
      </EmptyState>
    );
  const away = kind === "away";
  return (
    <EmptyState
      icon={away ? "offline" : "error"}
      title={away ? t("away.title") : t("cannotShow")}
      action={<Retry query={query} />}
    >
      {away ? t("away.text") : refusalWords(query.error)}
    </EmptyState>
  );
}
