"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { JoinDialog } from "../../app/(dashboard)/nodes/join-dialog.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { StatusDot } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";

/** Which proxies are there already, and how another one joins. */
export function SetupNodes() {
  const t = useTranslations("setup");
  const trpc = useTRPC();
  const nodes = useQuery(trpc.node.list.queryOptions());
  const [joining, setJoining] = useState(false);
  return (
    <>
      <ul className="flex flex-col gap-1 text-sm" aria-label={t("steps.nodes")}>
        {nodes.data?.map(({ id, connected }) => (
          <li key={id}>
            <StatusDot tone={connected ? "ok" : "neutral"}>
              {t(connected ? "connected" : "away", { node: id })}
            </StatusDot>
          </li>
        ))}
        {nodes.data?.length === 0 && <li className="text-muted">{t("noNodes")}</li>}
      </ul>
      <div>
        <Button icon="plus" onClick={() => setJoining(true)}>
          {t("addNode")}
        </Button>
      </div>
      <JoinDialog open={joining} onOpenChange={setJoining} />
    </>
  );
}
