"use client";

import { applyEdits } from "@sluice/config/browser";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ChangeEvent, useEffect, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { RefusalNotice } from "../ui/refusal-notice.tsx";
import { Tabs } from "../ui/tabs.tsx";
import type { ConfigProblem, FieldEdit, ResourceKind } from "./config-types.ts";
import { has, textAt } from "./field-value.ts";
import { FormView } from "./form-view.tsx";
import { localBackup } from "./local-backup.ts";
import { readYaml } from "./read-yaml.ts";
import { resourceHref } from "./resource-href.ts";
import { nameFieldOf, templateOf } from "./templates.ts";
import { YamlView } from "./yaml-view.tsx";

const CHECK_AFTER_MS = 250;

/** A resource that is not in the draft yet: kept in this browser until it is created. */
export function NewResource({ kind }: { readonly kind: ResourceKind }) {
  const t = useTranslations("config");
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const router = useRouter();
  const hasForm = kind !== "endpoints" && kind !== "secrets";
  const [tab, setTab] = useState(hasForm ? "form" : "yaml");
  const [text, setTextState] = useState(() => templateOf(kind));
  const [problems, setProblems] = useState<readonly ConfigProblem[]>([]);
  const [touched, setTouched] = useState(false);
  const backup = useMemo(() => (kind === "secrets" ? undefined : localBackup(`${kind}:new`)), [kind]);
  const nameField = nameFieldOf(kind);
  const name = textAt(readYaml(text).value, nameField);

  useEffect(() => {
    const kept = backup?.read();
    if (kept) {
      setTextState(kept.text);
      setTouched(true);
    }
  }, [backup]);

  useEffect(() => {
    const timer = setTimeout(() => {
      void client.draft.checkText.mutate({ kind, yaml: text }).then(
        (checked) => setProblems(checked.problems),
        () => {},
      );
    }, CHECK_AFTER_MS);
    return () => clearTimeout(timer);
  }, [client, kind, text]);

  const create = useMutation({
    ...trpc.draft.put.mutationOptions(),
    onSuccess: async (made) => {
      backup?.clear();
      await queries.invalidateQueries(trpc.draft.pathFilter());
      router.push(resourceHref(made));
    },
  });

  function setText(next: string): void {
    setTouched(true);
    setTextState(next);
    backup?.write(next, 0);
  }

  function edit(edits: readonly FieldEdit[]): string | undefined {
    try {
      setText(applyEdits(text, edits));
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  function setName(next: string): void {
    const inner = "load_assignment.cluster_name";
    edit([
      { op: "set", path: nameField, value: next },
      ...(has(readYaml(text).value, inner) ? [{ op: "set" as const, path: inner, value: next }] : []),
    ]);
  }

  const shown = touched ? problems : [];
  const nameProblem = shown.find((problem) => problem.path === nameField && problem.severity === "error");
  return (
    <>
      <PageHeader
        title={t(`kinds.${kind}.new`)}
        back={{ href: `/${kind}`, label: t(`kinds.${kind}.title`) }}
        description={t("newHint")}
        actions={
          <>
            {touched && (
              <Button
                tone="quiet"
                onClick={() => {
                  backup?.clear();
                  setTextState(templateOf(kind));
                  setTouched(false);
                }}
              >
                {t("startOver")}
              </Button>
            )}
            <Button
              tone="primary"
              icon="check"
              busy={create.isPending}
              onClick={() => {
                setTouched(true);
                if (name) create.mutate({ kind, yaml: text });
              }}
            >
              {t("createInDraft")}
            </Button>
          </>
        }
      />
      <div className="flex max-w-96 flex-col gap-3 px-6 pb-4 max-sm:px-4">
        <RefusalNotice error={create.error} />
        <Field
          label={t("columns.name")}
          required
          error={touched && !name ? t("nameNeeded") : nameProblem?.message}
        >
          <Input
            value={name}
            autoFocus
            onChange={(event: ChangeEvent<HTMLInputElement>) => setName(event.target.value)}
          />
        </Field>
      </div>
      <Tabs
        label={t("views")}
        value={tab}
        onChange={setTab}
        items={[
          ...(hasForm
            ? [
                {
                  id: "form",
                  label: t("tabs.form"),
                  content: (
                    <FormView
                      kind={kind}
                      draft={{ text, problems: shown }}
                      session={{ edit }}
                      readOnly={false}
                      onShowYaml={() => setTab("yaml")}
                    />
                  ),
                },
              ]
            : []),
          {
            id: "yaml",
            label: t("tabs.yaml"),
            content: (
              <YamlView
                kind={kind}
                name={undefined}
                text={text}
                problems={shown}
                readOnly={false}
                onChange={setText}
              />
            ),
          },
        ]}
      />
    </>
  );
}
