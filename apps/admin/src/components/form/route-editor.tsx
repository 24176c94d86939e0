"use client";

import { useTranslations } from "use-intl";
import { Button } from "../ui/button.tsx";
import { Field, FieldMessage } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { NumberField, SelectField, TextField } from "./fields.tsx";
import { useForm, useFormField, useFormList } from "./form-context.tsx";
import { HeaderMatchers } from "./header-matchers.tsx";
import { ReferenceField } from "./reference-field.tsx";
import { RemoveRow } from "./remove-row.tsx";
import {
  ACTION_KINDS,
  type ActionKind,
  actionEdits,
  actionKindOf,
  MATCH_KINDS,
  type MatchKind,
  matchEdits,
  matchKindOf,
  matchTextOf,
} from "./route-match.ts";

/** One route: what it matches, where it sends. Kinds that the form does not know are left to the YAML. */
export function RouteEditor({ path, route }: { readonly path: string; readonly route: unknown }) {
  const t = useTranslations("config.route");
  const { edit, readOnly } = useForm();
  const match = matchKindOf(route);
  const action = actionKindOf(route);
  const whole = useFormField(path);
  const matchProblem = useFormField(`${path}.match`);
  const routeProblem = useFormField(`${path}.route`);
  const problem = whole.error ?? matchProblem.error ?? routeProblem.error;
  return (
    <div className="flex flex-col gap-4">
      {problem && <FieldMessage tone="error" text={problem} />}
      <div className="grid gap-4 sm:grid-cols-[200px_minmax(0,1fr)]">
        <Field label={t("match")}>
          <Select
            value={match ?? ""}
            disabled={readOnly}
            onChange={(event) => edit(matchEdits(path, event.target.value as MatchKind, matchTextOf(route)))}
          >
            {match === undefined && <option value="">{t("otherMatch")}</option>}
            {MATCH_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`matches.${kind}`)}
              </option>
            ))}
          </Select>
        </Field>
        {match && (
          <TextField
            path={match === "safe_regex" ? `${path}.match.safe_regex.regex` : `${path}.match.${match}`}
            label={t("pathText")}
            placeholder={match === "safe_regex" ? "/users/[0-9]+" : "/"}
          />
        )}
      </div>
      <HeaderMatchers path={`${path}.match.headers`} />
      <div className="grid gap-4 sm:grid-cols-[200px_minmax(0,1fr)]">
        <Field label={t("action")}>
          <Select
            value={action ?? ""}
            disabled={readOnly}
            onChange={(event) => edit(actionEdits(path, route, event.target.value as ActionKind))}
          >
            {action === undefined && <option value="">{t("otherAction")}</option>}
            {ACTION_KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t(`actions.${kind}`)}
              </option>
            ))}
          </Select>
        </Field>
        {action === "cluster" && (
          <ReferenceField path={`${path}.route.cluster`} kind="clusters" label={t("cluster")} />
        )}
        {action === "weighted_clusters" && (
          <WeightedClusters path={`${path}.route.weighted_clusters.clusters`} />
        )}
        {action === "direct_response" && (
          <div className="grid grid-cols-[88px_minmax(0,1fr)] gap-4">
            <NumberField path={`${path}.direct_response.status`} label={t("status")} />
            <TextField path={`${path}.direct_response.body.inline_string`} label={t("body")} />
          </div>
        )}
        {action === "redirect" && (
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField path={`${path}.redirect.host_redirect`} label={t("redirectHost")} />
            <TextField path={`${path}.redirect.path_redirect`} label={t("redirectPath")} />
            <SelectField
              path={`${path}.redirect.response_code`}
              label={t("redirectCode")}
              defaultValue="MOVED_PERMANENTLY"
              options={[
                { value: "MOVED_PERMANENTLY", label: "301" },
                { value: "FOUND", label: "302" },
                { value: "SEE_OTHER", label: "303" },
                { value: "TEMPORARY_REDIRECT", label: "307" },
                { value: "PERMANENT_REDIRECT", label: "308" },
              ]}
            />
          </div>
        )}
      </div>
      {(action === "cluster" || action === "weighted_clusters") && (
        <div className="grid gap-4 sm:grid-cols-3">
          <TextField
            path={`${path}.route.timeout`}
            label={t("timeout")}
            hint={t("timeoutHint")}
            placeholder="15s"
          />
          <TextField
            path={`${path}.route.prefix_rewrite`}
            label={t("prefixRewrite")}
            hint={t("prefixRewriteHint")}
          />
          <TextField
            path={`${path}.route.host_rewrite_literal`}
            label={t("hostRewrite")}
            hint={t("hostRewriteHint")}
          />
        </div>
      )}
    </div>
  );
}

function WeightedClusters({ path }: { readonly path: string }) {
  const t = useTranslations("config.route");
  const list = useFormList(path);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{t("weightedClusters")}</legend>
      {list.items.map((_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: addressed by position
        <div key={index} className="grid grid-cols-[minmax(0,1fr)_80px_24px] items-start gap-2">
          <ReferenceField
            path={`${path}[${index}].name`}
            kind="clusters"
            label={t("clusterNumber", { number: index + 1 })}
            labelHidden
          />
          <NumberField
            path={`${path}[${index}].weight`}
            label={t("weightNumber", { number: index + 1 })}
            labelHidden
          />
          {!list.readOnly && list.items.length > 1 && (
            <RemoveRow label={t("removeCluster", { number: index + 1 })} onClick={() => list.remove(index)} />
          )}
        </div>
      ))}
      {!list.readOnly && (
        <div>
          <Button size="sm" icon="plus" onClick={() => list.insert({ name: "", weight: 0 })}>
            {t("addCluster")}
          </Button>
        </div>
      )}
    </fieldset>
  );
}
