"use client";

import type { MergeStep } from "@sluice/config/browser";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { FieldChoices } from "../release/field-choices.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import type { Theirs } from "./draft-session.ts";

const YamlCompare = dynamic(() => import("../yaml/yaml-compare.tsx").then((module) => module.YamlCompare), {
  ssr: false,
});

export interface ConflictNoticeProps {
  readonly mine: string;
  readonly theirs: Theirs;
  /** Fields that both changed; empty when only the whole texts can be chosen between. */
  readonly conflicts: readonly MergeStep[];
  readonly onResolve: (choice: "mine" | "theirs") => void;
  readonly onResolveFields: (mine: (path: string) => boolean) => void;
}

/**
 * Somebody else changed it meanwhile. Fields that both changed stand side by side and one of each is chosen; what cannot be
 * compared by field is chosen as a whole. Nothing is lost before that.
 */
export function ConflictNotice({ mine, theirs, conflicts, onResolve, onResolveFields }: ConflictNoticeProps) {
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
        {t(conflicts.length > 0 ? "fieldsHint" : "hint", { count: conflicts.length })}
      </Notice>
      {conflicts.length > 0 && theirs.yaml !== undefined && (
        <FieldChoices
          fields={conflicts.map(({ path, ours, theirs: other }) => ({ path, a: ours, b: other }))}
          labels={{ a: t("mine"), b: t("theirs") }}
          submit={t("mergeSo")}
          onSubmit={(choice) => onResolveFields((path) => choice(path) === "a")}
        />
      )}
      {shown && theirs.yaml !== undefined && (
        <YamlCompare before={theirs.yaml} after={mine} beforeLabel={t("theirs")} afterLabel={t("mine")} />
      )}
    </div>
  );
}
