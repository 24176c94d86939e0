"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useSession } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { LinkButton } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";

/** On every page, until the second factor that has to be there soon is set up. */
export function SecondFactorBanner() {
  const t = useTranslations("profile.banner");
  const trpc = useTRPC();
  const { secondFactor } = useSession();
  const me = useQuery(trpc.session.me.queryOptions(undefined, { enabled: secondFactor !== undefined }));
  const duty = me.data === undefined ? secondFactor : me.data.secondFactor;
  if (duty === undefined) return null;
  return (
    <div className="border-b border-line p-3">
      <Notice
        tone="warn"
        action={
          <LinkButton size="sm" href="/profile">
            {t("open")}
          </LinkButton>
        }
      >
        {t.rich("due", { when: () => <RelativeTime at={duty.dueAt} ahead /> })}
      </Notice>
    </div>
  );
}
