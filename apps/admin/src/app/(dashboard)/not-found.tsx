"use client";

import { useTranslations } from "use-intl";
import { LinkButton } from "../../components/ui/button.tsx";
import { EmptyState } from "../../components/ui/empty-state.tsx";

export default function NotFound() {
  const t = useTranslations("shell.notFound");
  return (
    <EmptyState icon="search" title={t("title")} action={<LinkButton href="/">{t("action")}</LinkButton>}>
      {t("hint")}
    </EmptyState>
  );
}
