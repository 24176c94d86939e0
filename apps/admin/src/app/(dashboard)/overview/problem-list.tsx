import type { Alert } from "@sluice/config/contract";
import Link from "next/link";
import { useLocale, useTranslations } from "use-intl";
import { useAlertWords } from "../../../components/alert/use-alert-words.ts";
import { formatShare } from "../../../components/chart/format-figures.ts";
import { StatusDot } from "../../../components/ui/badge.tsx";
import { Icon } from "../../../components/ui/icon.tsx";
import { RelativeTime } from "../../../components/ui/relative-time.tsx";
import type { Problem } from "../../../server/trpc/telemetry/rank-problems.ts";

const SHOWN_MAX = 8;

/** What is wrong, worst first; each leads to its cause. */
export function ProblemList({
  problems,
  alerts,
  nodeCount,
}: {
  readonly problems: readonly Problem[];
  /** That fire. */
  readonly alerts: readonly Alert[];
  readonly nodeCount: number;
}) {
  const t = useTranslations("overview");
  const words = useAlertWords();
  const locale = useLocale();
  const share = (amount: number): string => formatShare(amount, locale);
  const count = problems.length + alerts.length;
  const lines: readonly ProblemLineProps[] = [
    ...alerts.map(({ rule, target, since }) => ({
      id: `alert:${rule}:${target}`,
      href: "/alerts",
      severity: "bad" as const,
      text: t("problems.alert_fires", { rule, target: words.target(target) }),
      detail: "",
      since,
    })),
    ...problems.map(({ id, href, severity, code, subject, amount, total, detail, since }) => ({
      id,
      href,
      severity,
      text: t(`problems.${code}`, { subject, amount, total, share: share(amount) }),
      detail,
      since,
    })),
  ];
  return (
    <section aria-label={t("problems.heading")} className="px-6 max-sm:px-4">
      <div aria-live="polite" className="sr-only">
        {t("problems.count", { count })}
      </div>
      {count === 0 ? (
        <div className="flex items-center gap-2 rounded-lg border border-line px-3 py-2 text-sm">
          <StatusDot tone="ok">
            <span className="font-medium">{t("problems.none")}</span>
          </StatusDot>
          <span className="text-muted">{t("problems.noneDetail", { count: nodeCount })}</span>
        </div>
      ) : (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
          {lines.slice(0, SHOWN_MAX).map((line) => (
            <ProblemLine key={line.id} {...line} />
          ))}
          {count > SHOWN_MAX && (
            <li className="px-3 py-2 text-xs text-muted">
              {t("problems.more", { count: count - SHOWN_MAX })}
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

interface ProblemLineProps {
  readonly id: string;
  /** To its cause. */
  readonly href: string;
  readonly severity: Problem["severity"];
  readonly text: string;
  readonly detail: string;
  readonly since: Date | undefined;
}

function ProblemLine({ href, severity, text, detail, since }: ProblemLineProps) {
  const t = useTranslations("overview");
  return (
    <li>
      <Link
        href={href}
        className={`flex items-start gap-2 px-3 py-2 text-sm hover:bg-hover focus-visible:-outline-offset-2 ${severity === "bad" ? "bg-bad-soft" : ""}`}
      >
        <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
          <StatusDot tone={severity}>
            <span className="sr-only">{t(`severity.${severity}`)}: </span>
            <span className="font-medium whitespace-normal">{text}</span>
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
