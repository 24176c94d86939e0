"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import type { RolloutStatus } from "../resource/config-types.ts";
import { Button } from "../ui/button.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";

/** Pause, resume, promote, abort: each at once, each with what it did in the history. */
export function SteerButtons({ status }: { readonly status: RolloutStatus }) {
  const t = useTranslations("rollout");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { progress, rollout } = status;
  const settled = {
    onError: refusalToast,
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries(trpc.version.pathFilter()),
        queries.invalidateQueries(trpc.rollout.pathFilter()),
      ]);
    },
  };
  const pause = useMutation(trpc.rollout.pause.mutationOptions(settled));
  const resume = useMutation(trpc.rollout.resume.mutationOptions(settled));
  const promote = useMutation(trpc.rollout.promote.mutationOptions(settled));
  const abort = useMutation(trpc.rollout.abort.mutationOptions(settled));
  const busy = [pause, resume, promote, abort].some(({ isPending }) => isPending);
  const isLast = progress.step >= rollout.strategy.steps.length - 1;
  const isNextLast = progress.step >= rollout.strategy.steps.length - 2;
  const input = { rollout: rollout.id };
  return (
    <>
      {progress.phase === "paused" ? (
        <Button icon="play" disabled={busy} onClick={() => resume.mutate(input)}>
          {t("resume")}
        </Button>
      ) : (
        <Button icon="pause" disabled={busy} onClick={() => pause.mutate(input)}>
          {t("pause")}
        </Button>
      )}
      <Button tone="danger" icon="rollback" disabled={busy} onClick={() => abort.mutate(input)}>
        {t("abort")}
      </Button>
      {!isNextLast && (
        <Button disabled={busy} onClick={() => promote.mutate({ ...input, to: "next" })}>
          {t("promoteNext")}
        </Button>
      )}
      {!isLast && (
        <Button
          tone="primary"
          icon="publish"
          disabled={busy}
          onClick={() => promote.mutate({ ...input, to: "all" })}
        >
          {t("promote")}
        </Button>
      )}
    </>
  );
}
