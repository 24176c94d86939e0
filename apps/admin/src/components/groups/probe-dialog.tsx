"use client";

import type { NodeGroup } from "@sluice/config/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { ProbeFields } from "../rollout/probe-fields.tsx";
import { EMPTY_PROBE, formOfProbe, readProbe } from "../rollout/read-probe.ts";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Select } from "../ui/input.tsx";

/** The synthetic request of a group's rollouts. */
export function ProbeDialog({ group, onClose }: { readonly group: NodeGroup; readonly onClose: () => void }) {
  const t = useTranslations("rollout.probe");
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [sends, setSends] = useState(group.probe !== undefined);
  const [form, setForm] = useState(group.probe === undefined ? EMPTY_PROBE : formOfProbe(group.probe));
  const { probe, problems } = readProbe(form);
  const save = useMutation(
    trpc.group.setProbe.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.group.pathFilter());
        onClose();
      },
    }),
  );
  return (
    <FormDialog
      title={t("ofGroup", { name: group.name })}
      description={t("hint")}
      submit={t("save")}
      busy={save.isPending}
      disabled={sends && probe === undefined}
      error={save.error}
      onSubmit={() => save.mutate({ group: group.name, probe: sends && probe !== undefined ? probe : null })}
      onClose={onClose}
    >
      <Field label={t("title")}>
        <Select value={sends ? "own" : "none"} onChange={(event) => setSends(event.target.value === "own")}>
          <option value="none">{t("none")}</option>
          <option value="own">{t("own")}</option>
        </Select>
      </Field>
      {sends && <ProbeFields form={form} problems={problems} onChange={setForm} />}
    </FormDialog>
  );
}
