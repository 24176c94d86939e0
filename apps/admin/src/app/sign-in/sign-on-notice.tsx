"use client";

import { useTranslations } from "use-intl";
import { Notice } from "../../components/ui/notice.tsx";
import { nearestCode } from "../../server/sign-on/sign-on-codes.ts";

/** In which attempts are counted. */
const WINDOW_MINUTES = 5;

/** Why a sign-on did not succeed and what to do about it. */
export function SignOnNotice({ error }: { readonly error: string }) {
  const t = useTranslations("signIn");
  if (error === "server_away") return <Notice tone="bad">{t("failures.unreachable")}</Notice>;
  if (error === "TOO_MANY_ATTEMPTS")
    return <Notice tone="bad">{t("failures.tooMany", { minutes: WINDOW_MINUTES })}</Notice>;
  return <Notice tone="bad">{t(`signOn.${nearestCode(error)}`)}</Notice>;
}
