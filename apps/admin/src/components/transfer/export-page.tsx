"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { TransferLinks } from "./transfer-links.tsx";

/** A version or the draft as a file that stock Envoy loads; a directory for Git comes from the command line. */
export function ExportPage() {
  const t = useTranslations("transfer");
  const refusalWords = useRefusalWords();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const versions = useQuery(trpc.version.list.queryOptions({ limit: 50 }));
  const [source, setSource] = useState("live");
  const [busy, setBusy] = useState(false);
  const [warnings, setWarnings] = useState<readonly string[]>([]);
  const [failed, setFailed] = useState("");

  async function download(): Promise<void> {
    setBusy(true);
    setFailed("");
    setWarnings([]);
    try {
      const found = await queries.fetchQuery(
        source === "draft"
          ? trpc.transfer.exportDraft.queryOptions()
          : trpc.transfer.exportVersion.queryOptions(source === "live" ? {} : { version: Number(source) }),
      );
      setWarnings(found.warnings);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([found.yaml], { type: "application/yaml" }));
      link.download = `envoy-${source}.yaml`;
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      setFailed(refusalWords(error));
    } finally {
      setBusy(false);
    }
  }

  const number = source === "live" ? "" : source === "draft" ? " --draft" : ` ${source}`;
  return (
    <>
      <PageHeader title={t("export.title")} description={t("export.description")} />
      <TransferLinks />
      <div className="flex max-w-3xl flex-col gap-5 px-6 pb-10 max-sm:px-4">
        <Field label={t("export.what")} className="max-w-xs">
          <Select value={source} onChange={(event) => setSource(event.target.value)}>
            <option value="live">{t("export.live")}</option>
            <option value="draft">{t("export.draft")}</option>
            {versions.data?.versions.map((version) => (
              <option key={version.number} value={version.number}>
                {t("export.version", { number: version.number, message: version.message })}
              </option>
            ))}
          </Select>
        </Field>
        <div>
          <Button tone="primary" icon="download" busy={busy} onClick={() => void download()}>
            {t("export.download")}
          </Button>
        </div>
        {failed !== "" && <Notice tone="bad">{failed}</Notice>}
        {warnings.length > 0 && (
          <Notice tone="warn" title={t("export.warnings")}>
            <ul>
              {warnings.map((warning) => (
                <li key={warning}>{warning}</li>
              ))}
            </ul>
          </Notice>
        )}
        <div className="flex flex-col gap-2 border-t border-line pt-5 text-sm">
          <h2 className="font-semibold">{t("export.forGit")}</h2>
          <p className="text-muted">{t("export.forGitHint")}</p>
          <code className="rounded-md bg-sunken px-3 py-2 font-mono text-xs">
            sluice export{number} --directory ./sluice
          </code>
        </div>
      </div>
    </>
  );
}
