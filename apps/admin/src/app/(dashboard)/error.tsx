"use client";

import { useEffect } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../../components/ui/button.tsx";
import { EmptyState } from "../../components/ui/empty-state.tsx";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  const t = useTranslations("shell.crashed");
  useEffect(() => console.error(error), [error]);
  return (
    <EmptyState icon="error" title={t("title")} action={<Button onClick={reset}>{t("action")}</Button>}>
      {t("hint")}
    </EmptyState>
  );
}
