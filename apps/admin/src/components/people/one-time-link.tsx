"use client";

import { useTranslations } from "use-intl";
import { CodeBlock } from "../ui/copy-button.tsx";
import { Notice } from "../ui/notice.tsx";

/** A link that is shown this once, to be handed over. */
export function OneTimeLink({ token, title }: { readonly token: string; readonly title: string }) {
  const t = useTranslations("people");
  return (
    <>
      <Notice tone="ok" title={title}>
        {t("linkOnce")}
      </Notice>
      <CodeBlock code={`${window.location.origin}/accept#${token}`} label={t("link")} />
    </>
  );
}
