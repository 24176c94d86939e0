"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useRefusalWords } from "../../client/use-refusal-words.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Select, Textarea } from "../ui/input.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { WorkingNotice } from "../ui/working-notice.tsx";
import { ImportPreviewView } from "./import-preview.tsx";
import { FORMATS, type Format, readChosenFiles, type TextFile } from "./read-chosen-files.ts";
import { TransferLinks } from "./transfer-links.tsx";

/** Files or a pasted text; what they would make; then exactly that. */
export function ImportPage() {
  const t = useTranslations("transfer");
  const refusalWords = useRefusalWords();
  const trpc = useTRPC();
  const may = useMay();
  const [files, setFiles] = useState<readonly TextFile[]>([]);
  const [pasted, setPasted] = useState("");
  const [format, setFormat] = useState<Format | "">("");
  const [unreadable, setUnreadable] = useState("");
  const preview = useMutation(trpc.transfer.previewImport.mutationOptions());
  const apply = useMutation(trpc.transfer.applyImport.mutationOptions());
  const given =
    files.length > 0 ? files : pasted.trim() === "" ? [] : [{ path: t("import.pasted"), text: pasted }];
  const input = { files: given, ...(format === "" ? {} : { format }) };
  const failed = apply.error ?? preview.error;

  function forget(): void {
    preview.reset();
    apply.reset();
  }

  async function choose(list: FileList | null): Promise<void> {
    forget();
    const chosen = await readChosenFiles(list);
    setUnreadable("refused" in chosen ? t(`import.refused.${chosen.refused}`) : "");
    setFiles("refused" in chosen ? [] : chosen.files);
  }

  return (
    <>
      <PageHeader title={t("import.title")} description={t("import.description")} />
      <TransferLinks />
      <div className="flex flex-col gap-6 px-6 pb-10 max-sm:px-4">
        <form
          className="flex max-w-3xl flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            apply.reset();
            preview.mutate(input);
          }}
        >
          <Field label={t("import.files")} hint={t("import.filesHint")} error={unreadable || undefined}>
            <input
              type="file"
              multiple
              className="text-sm file:mr-3 file:h-8 file:rounded-md file:border file:border-line-strong file:bg-surface file:px-3 file:text-ink hover:file:bg-hover"
              onChange={(event) => void choose(event.target.files)}
            />
          </Field>
          {files.length === 0 && (
            <Field label={t("import.paste")} hint={t("import.pasteHint")}>
              <Textarea
                rows={8}
                className="font-mono text-xs"
                value={pasted}
                onChange={(event) => {
                  forget();
                  setPasted(event.target.value);
                }}
              />
            </Field>
          )}
          <Field label={t("import.format")} hint={t("import.formatHint")} className="max-w-xs">
            <Select
              value={format}
              onChange={(event) => {
                forget();
                setFormat(FORMATS.find((name) => name === event.target.value) ?? "");
              }}
            >
              <option value="">{t("import.told")}</option>
              {FORMATS.map((name) => (
                <option key={name} value={name}>
                  {t(`formats.${name}`)}
                </option>
              ))}
            </Select>
          </Field>
          <div>
            <Button type="submit" disabled={given.length === 0} busy={preview.isPending}>
              {t("import.preview")}
            </Button>
          </div>
        </form>
        {preview.isPending && <WorkingNotice>{t("import.reading")}</WorkingNotice>}
        {apply.isPending && <WorkingNotice>{t("import.storing")}</WorkingNotice>}
        {failed && (
          <Notice tone="bad" title={t("import.failed")}>
            {refusalWords(failed)}
          </Notice>
        )}
        {apply.data && (
          <Notice
            tone="ok"
            title={t("import.done", { count: apply.data.changes.length })}
            action={
              <LinkButton href="/publish" size="sm">
                {t("import.review")}
              </LinkButton>
            }
          />
        )}
        {preview.data && !apply.data && (
          <ImportPreviewView
            preview={preview.data}
            action={
              !may("config.edit") ? null : (
                <Button
                  tone="primary"
                  busy={apply.isPending}
                  disabled={preview.data.changes.length + preview.data.routeTests.length === 0}
                  onClick={() => apply.mutate({ ...input, hash: preview.data.hash })}
                >
                  {t("import.apply")}
                </Button>
              )
            }
          />
        )}
      </div>
    </>
  );
}
