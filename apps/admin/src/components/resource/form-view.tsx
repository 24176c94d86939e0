"use client";

import dynamic from "next/dynamic";
import { useEffect, useMemo } from "react";
import { useTranslations } from "use-intl";
import { FormProvider } from "../form/form-context.tsx";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { useToast } from "../ui/toast.tsx";
import type { ConfigProblem, FieldEdit, ResourceKind } from "./config-types.ts";
import { readYaml } from "./read-yaml.ts";

const FORMS = {
  clusters: dynamic(() => import("../form/cluster-form.tsx").then((module) => module.ClusterForm), {
    loading: () => <SkeletonRows />,
  }),
  routes: dynamic(() => import("../form/route-form.tsx").then((module) => module.RouteForm), {
    loading: () => <SkeletonRows />,
  }),
  listeners: dynamic(() => import("../form/listener-form.tsx").then((module) => module.ListenerForm), {
    loading: () => <SkeletonRows />,
  }),
};

export interface FormViewProps {
  readonly kind: ResourceKind;
  readonly draft: { readonly text: string; readonly problems: readonly ConfigProblem[] };
  /** Answers why the edit cannot be made, if so. */
  readonly session: { edit(edits: readonly FieldEdit[]): string | undefined };
  readonly readOnly: boolean;
  readonly onShowYaml: () => void;
  /** Field path to show first. */
  readonly at?: string | undefined;
}

/** The form over the text. While the text is no YAML there is nothing to draw a form from, and it says so. */
export function FormView({ kind, draft, session, readOnly, onShowYaml, at }: FormViewProps) {
  const t = useTranslations("config");
  const toast = useToast();
  const { value, error } = useMemo(() => readYaml(draft.text), [draft.text]);
  useFocusAt(at);
  const Form = kind in FORMS ? FORMS[kind as keyof typeof FORMS] : undefined;
  if (error !== undefined || !Form)
    return (
      <div className="p-6">
        <Notice
          tone="bad"
          title={t("formNeedsYaml")}
          action={
            <Button size="sm" onClick={onShowYaml}>
              {t("openYaml")}
            </Button>
          }
        >
          {error}
        </Notice>
      </div>
    );
  const whole = draft.problems.filter((problem) => problem.path === "");
  return (
    <div className="px-6 max-sm:px-4">
      {whole.length > 0 && (
        <div className="flex flex-col gap-2 pt-4">
          {whole.map((problem) => (
            <Notice key={problem.message} tone={problem.severity === "error" ? "bad" : "warn"}>
              {problem.message}
            </Notice>
          ))}
        </div>
      )}
      <FormProvider
        state={{
          value,
          problems: draft.problems,
          readOnly,
          at,
          edit: (edits) => {
            const refusal = session.edit(edits);
            if (refusal) toast({ tone: "bad", text: refusal });
          },
        }}
      >
        <Form />
      </FormProvider>
    </div>
  );
}

const FOCUS_WITHIN_MS = 3_000;

/** Puts the focus on the field (else the nearest one around it) as soon as the form has drawn it. */
function useFocusAt(at: string | undefined): void {
  useEffect(() => {
    if (at === undefined) return undefined;
    const until = performance.now() + FOCUS_WITHIN_MS;
    let frame = 0;
    const look = (): void => {
      const fields = [...document.querySelectorAll<HTMLElement>("[data-path]")];
      const field =
        fields.find(({ dataset }) => dataset.path === at) ??
        fields.find(({ dataset }) => dataset.path?.startsWith(at));
      if (field) {
        field.focus();
        field.scrollIntoView({ block: "center" });
      } else if (performance.now() < until) frame = requestAnimationFrame(look);
    };
    look();
    return () => cancelAnimationFrame(frame);
  }, [at]);
}
