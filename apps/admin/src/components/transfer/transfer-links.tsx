"use client";

import { useTranslations } from "use-intl";
import { LinkTabs } from "../ui/link-tabs.tsx";

const PAGES = ["import", "export", "backup"] as const;

/** The pages by which configuration comes in and goes out. */
export function TransferLinks() {
  const t = useTranslations("transfer");
  return (
    <div className="mb-5">
      <LinkTabs
        label={t("pages")}
        tabs={PAGES.map((page) => ({ href: `/transfer/${page}`, label: t(`${page}.title`) }))}
      />
    </div>
  );
}
