"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { LinkButton } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";

export const WARN_DAYS = 30;
const ASK_AGAIN_MS = 300_000;

/** Says so when live certificates are about to expire or have; else nothing. */
export function ExpiryBanner({ link = true }: { readonly link?: boolean }) {
  const t = useTranslations("certificates.banner");
  const trpc = useTRPC();
  const { data = [] } = useQuery(
    trpc.certificate.expiring.queryOptions({ withinDays: WARN_DAYS }, { refetchInterval: ASK_AGAIN_MS }),
  );
  if (data.length === 0) return null;
  const gone = data.filter(({ daysLeft }) => daysLeft < 0);
  const title = gone.length > 0 ? t("gone", { count: gone.length }) : t("soon", { count: data.length });
  const names = (gone.length > 0 ? gone : data).map(({ resource }) => resource.name).join(", ");
  return (
    <div className="px-6 pb-4 max-sm:px-4">
      <Notice
        tone={gone.length > 0 ? "bad" : "warn"}
        title={title}
        action={
          link && (
            <LinkButton size="sm" href="/certificates">
              {t("open")}
            </LinkButton>
          )
        }
      >
        {names}
      </Notice>
    </div>
  );
}
