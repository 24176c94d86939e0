import { useTranslations } from "use-intl";
import type { RolloutStatus } from "../resource/config-types.ts";
import { classes } from "../ui/classes.ts";
import { Icon } from "../ui/icon.tsx";
import { useQuantity } from "../ui/quantity.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { useStepWords } from "./step-words.ts";

/** Who gets it when, with what is reached marked, and by which rules it goes on. */
export function RolloutSteps({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const stepWords = useStepWords();
  const { progress, rollout } = status;
  const { steps } = rollout.strategy;
  const isDone = progress.phase === "completed";
  const isGoing = progress.phase === "running" || progress.phase === "paused";
  return (
    <section aria-label={t("steps")} className="px-6 max-sm:px-4">
      <h2 className="pb-2 text-sm font-semibold">{t("steps")}</h2>
      <ol className="flex flex-wrap gap-2">
        {steps.map((_, index) => {
          const reached = isDone || index < progress.step;
          const current = isGoing && index === progress.step;
          return (
            <li
              // Steps have no name of their own and never move.
              // biome-ignore lint/suspicious/noArrayIndexKey: see above
              key={index}
              aria-current={current ? "step" : undefined}
              className={classes(
                "flex min-w-40 flex-col gap-0.5 rounded-lg border px-3 py-2 text-sm",
                current ? "border-accent bg-accent-soft" : "border-line bg-canvas",
              )}
            >
              <span className="flex items-center gap-1.5 font-medium">
                <Icon
                  name={reached ? "ok" : "pending"}
                  size={14}
                  className={reached ? "text-ok" : current ? "text-accent" : "text-faint"}
                />
                {stepWords(rollout.strategy, index)}
              </span>
              <span className="text-xs text-muted">
                {current ? (
                  <>
                    {t(`stages.${progress.stage}`)} · <RelativeTime at={progress.since} />
                  </>
                ) : (
                  t(reached ? "reached" : "notReached")
                )}
              </span>
            </li>
          );
        })}
      </ol>
      <Rules status={status} />
    </section>
  );
}

function Rules({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const quantity = useQuantity();
  const { strategy } = status.rollout;
  const rules = [
    t("rules.within", { time: quantity(strategy.effectiveWithinMs, "milliseconds") }),
    ...(strategy.stepWaitMs > 0
      ? [t("rules.wait", { time: quantity(strategy.stepWaitMs, "milliseconds") })]
      : []),
    ...(strategy.steps.length > 1 ? [t(`rules.${strategy.promote}`)] : []),
    t(`rules.${strategy.onFailure}`),
    ...(strategy.probe
      ? [t("rules.probe", { request: `${strategy.probe.method} ${strategy.probe.url}` })]
      : []),
    ...(strategy.compare === null ? [] : [t("rules.compare", { count: strategy.compare.requestsMin })]),
  ];
  return (
    <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-0.5 text-xs text-muted">
      {rules.map((rule) => (
        <li key={rule}>{rule}</li>
      ))}
    </ul>
  );
}
