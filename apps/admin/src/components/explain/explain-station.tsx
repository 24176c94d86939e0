import type { Candidates, Place, Reason } from "@sluice/config";
import Link from "next/link";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { resourceHref } from "../resource/resource-href.ts";
import { Badge } from "../ui/badge.tsx";
import { classes } from "../ui/classes.ts";

export interface StationProps {
  readonly title: string;
  /** Without it, the way ends here. */
  readonly name: string | undefined;
  readonly at?: Place | undefined;
  readonly note?: string | undefined;
  readonly last?: boolean;
  readonly children?: ReactNode;
}

/** One stop of the way: what was chosen, and below it what else there is to say. */
export function Station({ title, name, at, note, last, children }: StationProps) {
  const t = useTranslations("explain");
  return (
    <li className="flex gap-3">
      <span className="flex w-4 flex-col items-center" aria-hidden="true">
        <span
          className={classes(
            "mt-1.5 size-2.5 shrink-0 border-2 bg-surface",
            name === undefined ? "border-bad" : "rounded-full border-accent",
          )}
        />
        {!last && <span className="w-px flex-1 bg-line-strong" />}
      </span>
      <div className="min-w-0 flex-1 pb-5">
        <h3 className="text-xs text-muted">{title}</h3>
        <p className="text-sm font-medium wrap-anywhere">
          {name === undefined ? (
            <span className="text-bad">{t("none")}</span>
          ) : (
            <PlaceLink at={at}>{name}</PlaceLink>
          )}
          {note && <span className="ml-2 font-normal text-muted">{note}</span>}
        </p>
        {children}
      </div>
    </li>
  );
}

/** Leads to the field in the draft. */
export function PlaceLink({
  at,
  children,
}: {
  readonly at: Place | undefined;
  readonly children: ReactNode;
}) {
  if (at === undefined) return children;
  return (
    <Link
      href={resourceHref(at, at.path || undefined)}
      className="underline decoration-line-strong hover:decoration-ink"
    >
      {children}
    </Link>
  );
}

/** A stop among several candidates, those that were passed over folded away with their reasons. */
export function ChosenStation({
  title,
  list,
  note,
  last,
}: {
  readonly title: string;
  readonly list: Candidates;
  readonly note?: string;
  readonly last?: boolean;
}) {
  const t = useTranslations("explain");
  const chosen = list.items.find(({ outcome }) => outcome === "chosen");
  const others = list.total - (chosen === undefined ? 0 : 1);
  return (
    <Station
      title={title}
      name={chosen && (chosen.name || chosen.at?.path || title)}
      at={chosen?.at}
      note={[chosen?.asks, note].filter(Boolean).join(" · ")}
      last={last ?? false}
    >
      {others > 0 && (
        <details className="mt-1" open={chosen === undefined || undefined}>
          <summary className="cursor-pointer text-xs text-muted">
            {t("passedOver", { count: others })}
          </summary>
          <ol className="mt-2 flex flex-col gap-2 border-l border-line pl-3">
            {list.moreBefore > 0 && (
              <li className="text-xs text-muted">{t("more", { count: list.moreBefore })}</li>
            )}
            {list.items.map(
              (item, index) =>
                item !== chosen && (
                  // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat and the list does not change
                  <li key={index} className="text-sm">
                    <span className="flex flex-wrap items-center gap-2">
                      <Badge tone={item.outcome === "shadowed" ? "warn" : "neutral"}>
                        {t(`outcomes.${item.outcome}`)}
                      </Badge>
                      <PlaceLink at={item.at}>{item.name || item.at?.path || title}</PlaceLink>
                      <span className="text-xs text-muted">{item.asks}</span>
                    </span>
                    <Reasons reasons={item.reasons} />
                  </li>
                ),
            )}
            {list.moreAfter > 0 && (
              <li className="text-xs text-muted">{t("more", { count: list.moreAfter })}</li>
            )}
          </ol>
        </details>
      )}
    </Station>
  );
}

export function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  return (
    <ul className="mt-0.5 flex flex-col gap-0.5 text-xs text-muted">
      {reasons.map(({ message, at }) => (
        <li key={`${at?.path} ${message}`} className="break-words">
          {message}
          {at && at.path !== "" && <code className="ml-2 font-mono wrap-anywhere text-faint">{at.path}</code>}
        </li>
      ))}
    </ul>
  );
}
