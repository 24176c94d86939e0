"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { ResourceKind } from "../resource/config-types.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { PathText } from "../ui/path-text.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { RevertButton } from "./revert-button.tsx";
import { showValue } from "./show-value.ts";

export interface ChangeListProps {
  readonly search: { readonly text?: string; readonly kind?: ResourceKind; readonly name?: string };
  /** Each change can be taken back in the draft. */
  readonly revertable: boolean;
}

const FIELDS_SHOWN = 6;

/** What versions changed, newest first, each with its author and the way back. */
export function ChangeList({ search, revertable }: ChangeListProps) {
  const t = useTranslations("release");
  const trpc = useTRPC();
  const found = useInfiniteQuery(
    trpc.history.search.infiniteQueryOptions(search, { getNextPageParam: ({ next }) => next }),
  );
  if (found.error) return <QueryProblem query={found} padded />;
  if (!found.data) return <SkeletonRows />;
  const changes = found.data.pages.flatMap((page) => page.changes);
  if (changes.length === 0)
    return <p className="px-6 py-4 text-sm text-muted max-sm:px-4">{t("noChanges")}</p>;
  return (
    <div className="flex flex-col gap-3">
      <ul className="flex flex-col border-t border-line">
        {changes.map((change) => (
          <li
            key={`${change.version}/${change.kind}/${change.name}`}
            className="flex flex-col gap-1 border-b border-line px-6 py-2.5 text-sm max-sm:px-4"
          >
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <Link href={`/versions/${change.version}`} className="font-semibold tabular hover:underline">
                {t("versionNumber", { number: change.version })}
              </Link>
              <Badge tone={change.change === "added" ? "ok" : change.change === "removed" ? "bad" : "info"}>
                {t(`change.${change.change}`)}
              </Badge>
              <Icon name={change.kind} size={14} className="text-faint" />
              <Link href={resourceHref(change)} className="hover:underline">
                {change.name}
              </Link>
              <span className="text-muted">
                {change.author} · <RelativeTime at={change.createdAt} />
              </span>
              <span className="flex-1" />
              {revertable && (
                <RevertButton
                  kind={change.kind}
                  name={change.name}
                  from={change.version}
                  to={change.version - 1}
                />
              )}
            </div>
            {change.message && <p className="break-words text-muted">{change.message}</p>}
            {change.fields.slice(0, FIELDS_SHOWN).map((field) => (
              <p key={field.path} className="font-mono text-xs wrap-anywhere">
                <span className="text-muted">
                  <PathText path={field.path} />:{" "}
                </span>
                <del className="text-bad no-underline">
                  {field.before === undefined ? "–" : showValue(field.before)}
                </del>
                <span className="text-faint"> → </span>
                <ins className="text-ok no-underline">
                  {field.after === undefined ? "–" : showValue(field.after)}
                </ins>
              </p>
            ))}
            {change.fields.length > FIELDS_SHOWN && (
              <p className="text-xs text-muted">
                {t("moreFields", { count: change.fields.length - FIELDS_SHOWN })}
              </p>
            )}
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <div className="text-center">
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("older")}
          </Button>
        </div>
      )}
    </div>
  );
}
