import Link from "next/link";
import { useLocale, useTranslations } from "use-intl";
import { formatShare } from "../../../components/chart/format-figures.ts";
import { StatusDot } from "../../../components/ui/badge.tsx";
import { Icon } from "../../../components/ui/icon.tsx";
import { RelativeTime } from "../../../components/ui/relative-time.tsx";
import type { Problem } from "../../../server/trpc/telemetry/rank-problems.ts";

const SHOWN_MAX = 8;

/** What is wrong, worst first; each leads to its cause. */
export function ProblemList({
  problems,
  nodeCount,
}: {
  readonly problems: readonly Problem[];
  readonly nodeCount: number;
}) {
  const t = useTranslations("overview");
  const hidden = problems.length - SHOWN_MAX;
  return (
    <section aria-label={t("problems.heading")} className="px-6 max-sm:px-4">
      <div aria-live="polite" className="sr-only">
        {t("problems.count", { count: problems.length })}
      </div>
      {problems.length === 0 ? (
        <div className="flex items-center gap-2 rounded-lg border border-line px-3 py-2 text-sm">
          <StatusDot tone="ok">
            <span className="font-medium">{t("problems.none")}</span>
          </StatusDot>
          <span className="text-muted">{t("problems.noneDetail", { count: nodeCount })}</span>
        </div>
      ) : (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {problems.slice(0, SHOWN_MAX).map((problem) => (
            <ProblemLine key={problem.id} problem={problem} />
          ))}
          {hidden > 0 && (
            <li className="px-3 py-2 text-xs text-muted">{t("problems.more", { count: hidden })}</li>
          )}
        </ul>
      )}
    </section>
  );
}

function ProblemLine({ problem }: { readonly problem: Problem }) {
  const t = useTranslations("overview");
  const locale = useLocale();
  const { code, severity, subject, detail, amount, total, since } = problem;
  const share = formatShare(amount, locale);
  return (
    <li>
      <Link
        href={problem.href}
        className={`flex items-start gap-2 px-3 py-2 text-sm hover:bg-hover focus-visible:-outline-offset-2 ${severity === "bad" ? "bg-bad-soft" : ""}`}
      >
        <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
          <StatusDot tone={severity}>
            <span className="sr-only">{t(`severity.${severity}`)}: </span>
            <span className="font-medium whitespace-normal">
              {t(`problems.${code}`, { subject, amount, total, share })}
            </span>
          </StatusDot>
          {detail !== "" && <span className="min-w-0 truncate font-mono text-xs text-muted">{detail}</span>}
          {since && (
            <span className="text-xs text-muted">
              <RelativeTime at={since} />
            </span>
          )}
        </span>
        <Icon name="chevronRight" size={14} className="mt-0.5 text-faint" />
      </Link>
    </li>
  );
}
