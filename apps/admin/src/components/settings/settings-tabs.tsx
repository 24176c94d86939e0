"use client";

import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { LinkTabs } from "../ui/link-tabs.tsx";
import { PageHeader } from "../ui/page-header.tsx";

const TABS = [
  { id: "general", href: "/settings" },
  { id: "security", href: "/settings/security" },
  { id: "retention", href: "/settings/retention" },
  { id: "keys", href: "/settings/keys" },
  { id: "about", href: "/settings/about" },
] as const;

/** Tabs of who manages settings. */
const GUARDED: ReadonlySet<string> = new Set(["security", "keys"]);

/** The head of every settings page, with the way to the others. */
export function SettingsTabs({ children }: { readonly children: ReactNode }) {
  const t = useTranslations("settings");
  const may = useMay();
  const shown = TABS.filter(({ id }) => !GUARDED.has(id) || may("settings.manage"));
  return (
    <>
      <PageHeader title={t("title")} />
      <LinkTabs label={t("pages")} tabs={shown.map(({ id, href }) => ({ href, label: t(`tabs.${id}`) }))} />
      <div className="px-6 pb-8 max-sm:px-4">{children}</div>
    </>
  );
}
