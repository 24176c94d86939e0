"use client";

import type { DumpEntry } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { Badge } from "../ui/badge.tsx";
import { classes } from "../ui/classes.ts";

/** Where there are more, a search finds them. */
const SHOWN_PER_LIST = 200;

/** The resources of a dump by the list that they stand in. */
export function DumpTree({
  entries,
  chosen,
  open,
  onChoose,
}: {
  readonly entries: readonly DumpEntry[];
  /** Of the entry that is shown. */
  readonly chosen: number | undefined;
  /** Show what every list holds. */
  readonly open: boolean;
  readonly onChoose: (entry: DumpEntry) => void;
}) {
  const t = useTranslations("nodes.dump");
  const lists = [...Map.groupBy(entries, ({ list }) => list)];
  return (
    <nav aria-label={t("resources")} className="flex flex-col gap-1">
      {lists.map(([list, found]) => (
        <details
          key={`${list} ${open}`}
          open={open || found.length <= 20}
          className="rounded-md border border-line"
        >
          <summary className="flex cursor-pointer items-center justify-between gap-2 px-2 py-1 text-sm font-medium">
            <span className="font-mono text-xs wrap-anywhere">{list}</span>
            <Badge>{found.length}</Badge>
          </summary>
          <ul className="border-t border-line p-1">
            {found.slice(0, SHOWN_PER_LIST).map((entry) => (
              <li key={entry.index}>
                <button
                  type="button"
                  aria-current={entry.index === chosen}
                  onClick={() => onChoose(entry)}
                  className={classes(
                    "flex w-full items-center justify-between gap-2 rounded-md px-2 py-1 text-left text-sm hover:bg-hover",
                    entry.index === chosen && "bg-hover font-medium",
                  )}
                >
                  <span className="min-w-0 wrap-anywhere">{entry.name === "" ? list : entry.name}</span>
                  {entry.state !== "active" && (
                    <Badge tone={entry.state === "refused" ? "bad" : "info"}>
                      {t(`states.${entry.state}`)}
                    </Badge>
                  )}
                </button>
              </li>
            ))}
            {found.length > SHOWN_PER_LIST && (
              <li className="px-2 py-1 text-xs text-muted">
                {t("more", { count: found.length - SHOWN_PER_LIST })}
              </li>
            )}
          </ul>
        </details>
      ))}
    </nav>
  );
}
