"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Theirs } from "./draft-session.ts";

const YamlCompare = dynamic(() => import("../yaml/yaml-compare.tsx").then((module) => module.YamlCompare), {
  ssr: false,
});

export interface ConflictNoticeProps {
  readonly mine: string;
  readonly theirs: Theirs;
  readonly onResolve: (choice: "mine" | "theirs") => void;
}

/** Somebody else changed it meanwhile: both texts side by side, and one is chosen. Nothing is lost before that. */
export function ConflictNotice({ mine, theirs, onResolve }: ConflictNoticeProps) {
  const t = useTranslations("config.conflict");
  const [shown, setShown] = useState(false);
  return (
    <div className="flex flex-col gap-3 px-6 pb-4 max-sm:px-4">
      <Notice
        tone="bad"
        title={
          theirs.yaml === undefined
            ? t("removed", { by: theirs.by ?? "?" })
            : t("changed", { by: theirs.by ?? "?" })
        }
        action={
          <div className="flex flex-wrap gap-2">
            {theirs.yaml !== undefined && (
              <Button size="sm" onClick={() => setShown(!shown)} aria-expanded={shown}>
                {t("compare")}
              </Button>
            )}
            {theirs.yaml !== undefined && (
              <Button size="sm" onClick={() => onResolve("theirs")}>
                {t("takeTheirs")}
              </Button>
            )}
            <Button size="sm" tone="primary" onClick={() => onResolve("mine")}>
              {t("keepMine")}
            </Button>
          </div>
        }
      >
        {t("hint")}
      </Notice>
      {shown && theirs.yaml !== undefined && (
        <YamlCompare before={theirs.yaml} after={mine} beforeLabel={t("theirs")} afterLabel={t("mine")} />
      )}
    </div>
  );
}
