"use client";

import { useTranslations } from "use-intl";
import type { RolloutStatus } from "../resource/config-types.ts";
import { Button } from "../ui/button.tsx";
import { useSteer } from "./use-steer.ts";

/** Pause, resume, promote, abort: each at once, each with what it did in the history. */
export function SteerButtons({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const { progress, rollout } = status;
  const { pause, resume, promote, abort, busy } = useSteer();
  const isLast = progress.step >= rollout.strategy.steps.length - 1;
  const isNextLast = progress.step >= rollout.strategy.steps.length - 2;
  const input = { rollout: rollout.id };
  return (
    <>
      {progress.phase === "paused" ? (
        <Button icon="play" disabled={busy} onClick={() => resume(input)}>
          {t("resume")}
        </Button>
      ) : (
        <Button icon="pause" disabled={busy} onClick={() => pause(input)}>
          {t("pause")}
        </Button>
      )}
      <Button tone="danger" icon="rollback" disabled={busy} onClick={() => abort(input)}>
        {t("abort")}
      </Button>
      {!isNextLast && (
        <Button disabled={busy} onClick={() => promote({ ...input, to: "next" })}>
          {t("promoteNext")}
        </Button>
      )}
      {!isLast && (
        <Button
          tone="primary"
          icon="publish"
          disabled={busy}
          onClick={() => promote({ ...input, to: "all" })}
        >
          {t("promote")}
        </Button>
      )}
    </>
  );
}
