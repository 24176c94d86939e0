"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "use-intl";
import { classes } from "../ui/classes.ts";

const PAGES = ["import", "export", "backup"] as const;

/** The pages by which configuration comes in and goes out. */
export function TransferLinks() {
  const t = useTranslations("transfer");
  const pathname = usePathname();
  return (
    <nav aria-label={t("pages")} className="mb-5 flex gap-3 border-b border-line px-5 max-sm:px-3">
      {PAGES.map((page) => {
        const here = pathname === `/transfer/${page}`;
        return (
          <Link
            key={page}
            href={`/transfer/${page}`}
            aria-current={here ? "page" : undefined}
            className={classes(
              "-mb-px flex h-9 items-center border-b-2 px-1 text-sm font-medium hover:text-ink",
              here ? "border-accent text-ink" : "border-transparent text-muted",
            )}
          >
            {t(`${page}.title`)}
          </Link>
        );
      })}
    </nav>
  );
}
