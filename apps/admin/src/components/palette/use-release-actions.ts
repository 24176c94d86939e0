"use client";

import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useUnfreeze } from "../groups/use-unfreeze.ts";
import { useSteer } from "../rollout/use-steer.ts";
import type { PaletteAction } from "./use-palette-actions.ts";

/** What can be done with the rollouts that are under way, and with groups: pause, go on, take back, freeze. */
export function useReleaseActions(): readonly PaletteAction[] {
  const t = useTranslations("rollout");
  const groupWords = useTranslations("nodes.groups");
  const trpc = useTRPC();
  const router = useRouter();
  const may = useMay();
  const steer = useSteer();
  const rollouts = useQuery(trpc.version.rollouts.queryOptions({ limit: 20 }));
  const groups = useQuery(trpc.group.list.queryOptions());
  const unfreeze = useUnfreeze();
  if (!may("config.publish")) return [];
  const moves = (rollouts.data ?? []).flatMap(({ id: rollout, phase }): PaletteAction[] => {
    if (phase !== "running" && phase !== "paused") return [];
    const label = (what: string) => `${what}: ${groupWords("rollout", { id: rollout })}`;
    const goesOn = phase === "running";
    return [
      {
        id: `steer-${rollout}`,
        icon: goesOn ? "pause" : "play",
        label: label(t(goesOn ? "pause" : "resume")),
        words: ["rollout", goesOn ? "pause" : "resume"],
        run: () => (goesOn ? steer.pause : steer.resume)({ rollout }),
      },
      {
        id: `next-${rollout}`,
        icon: "publish",
        label: label(t("promoteNext")),
        words: ["rollout", "promote", "next"],
        run: () => steer.promote({ rollout, to: "next" }),
      },
      {
        id: `promote-${rollout}`,
        icon: "publish",
        label: label(t("promote")),
        words: ["rollout", "promote"],
        run: () => steer.promote({ rollout, to: "all" }),
      },
      {
        id: `abort-${rollout}`,
        icon: "rollback",
        label: label(t("abort")),
        words: ["rollout", "abort"],
        run: () => steer.abort({ rollout }),
      },
    ];
  });
  const freezes = (groups.data ?? []).map(
    ({ name, frozen }): PaletteAction => ({
      id: `freeze-${name}`,
      icon: "nodes",
      label: groupWords(frozen ? "unfreezeName" : "freezeName", { name }),
      words: [frozen ? "unfreeze" : "freeze", "group"],
      run: () =>
        frozen ? unfreeze(name) : router.push(`/nodes?open=${encodeURIComponent(`freeze/${name}`)}`),
    }),
  );
  return [...moves, ...freezes];
}
