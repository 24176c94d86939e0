"use client";

import { useTranslations } from "use-intl";
import type { Person } from "../../server/people/person.ts";
import { Badge } from "../ui/badge.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";

/** Which second factors somebody has; where one has to be there and is not, until when. */
export function SecondFactors({ person }: { readonly person: Person }) {
  const t = useTranslations("people.secondFactor");
  const { secondFactors, secondFactorDueAt, hasPassword } = person;
  if (secondFactors.length > 0)
    return (
      <span className="flex flex-wrap gap-1">
        {secondFactors.map((kind) => (
          <Badge key={kind}>{t(kind)}</Badge>
        ))}
      </span>
    );
  if (!hasPassword) return <span className="text-muted">{t("provider")}</span>;
  if (secondFactorDueAt === undefined) return <span className="text-muted">{t("none")}</span>;
  return (
    <Badge tone="warn">{t.rich("due", { when: () => <RelativeTime at={secondFactorDueAt} ahead /> })}</Badge>
  );
}
