"use client";

import { useFormatter, useTranslations } from "use-intl";
import { connectionLostAt, useConnectionState } from "../../client/connection-state.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";

/** Across the page while nothing comes: what is shown is of then, not of now. Goes by itself when the server is back. */
export function OfflineNotice() {
  const t = useTranslations("shell.offlineNotice");
  const format = useFormatter();
  const state = useConnectionState();
  const since = connectionLostAt();
  return (
    <div role="status">
      {state === "offline" && since !== undefined && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-bad-soft px-6 py-1.5 text-sm max-sm:px-4">
          <Icon name="error" className="text-bad" />
          <p className="min-w-0 flex-1">
            <span className="font-medium">
              {t("title", { since: format.dateTime(since, { timeStyle: "long" }) })}
            </span>{" "}
            <span className="text-muted">{t("text")}</span>
          </p>
          <Button size="sm" onClick={() => window.location.reload()}>
            {t("reload")}
          </Button>
        </div>
      )}
    </div>
  );
}
