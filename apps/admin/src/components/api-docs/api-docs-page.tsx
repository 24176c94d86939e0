"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Badge } from "../ui/badge.tsx";
import { LinkButton } from "../ui/button.tsx";
import { SearchInput } from "../ui/input.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { PathText } from "../ui/path-text.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";
import { type ListedOperation, listOperations, type OpenApi } from "./openapi.ts";

const DOCUMENT = "/api/openapi.json";

/** The HTTP API, read from its own OpenAPI document. */
export function ApiDocsPage() {
  const t = useTranslations("settings.api");
  const [search, setSearch] = useState("");
  const document = useQuery({
    queryKey: [DOCUMENT],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const answer = await fetch(DOCUMENT);
      if (!answer.ok) throw new Error(`${DOCUMENT}: ${answer.status}`);
      return listOperations((await answer.json()) as OpenApi);
    },
  });
  const wanted = search.toLowerCase();
  const shown =
    document.data?.filter(({ path, summary }) => `${path} ${summary}`.toLowerCase().includes(wanted)) ?? [];
  const tags = [...new Set(shown.map(({ tag }) => tag))];
  return (
    <>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <LinkButton href={DOCUMENT} icon="download" prefetch={false} target="_blank">
            {t("document")}
          </LinkButton>
        }
      />
      <div className="flex flex-col gap-5 px-6 pb-8 max-sm:px-4">
        <pre className="rounded-lg border border-line bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
          {`curl -H "Authorization: Bearer $SLUICE_TOKEN" "$SLUICE_SERVER/api/v1/version/list?limit=5"`}
        </pre>
        <div className="w-80 max-w-full">
          <SearchInput
            label={t("search")}
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <QueryProblem query={document} />
        {document.isPending && <SkeletonRows bare />}
        {document.data && shown.length === 0 && <p className="text-sm text-muted">{t("nothing")}</p>}
        {tags.map((tag) => (
          <section key={tag} aria-labelledby={`api-${tag}`} className="flex flex-col gap-2">
            <h2 id={`api-${tag}`} className="text-base font-semibold">
              {tag}
            </h2>
            <ul className="overflow-hidden rounded-lg border border-line">
              {shown
                .filter((operation) => operation.tag === tag)
                .map((operation) => (
                  <Operation key={operation.path} operation={operation} />
                ))}
            </ul>
          </section>
        ))}
      </div>
    </>
  );
}

function Operation({ operation }: { readonly operation: ListedOperation }) {
  const t = useTranslations("settings.api");
  const { method, path, summary, inputs } = operation;
  return (
    <li className="border-b border-line px-3 py-2 text-sm last:border-b-0">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={method === "GET" ? "info" : "accent"}>{method}</Badge>
        <code className="font-mono text-xs wrap-anywhere">
          <PathText path={path} />
        </code>
      </div>
      <p className="mt-1 text-muted">{summary}</p>
      {inputs.length > 0 && (
        <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5 font-mono text-xs">
          {inputs.map(({ name, type, required }) => (
            <div key={name} className="flex gap-1.5">
              <dt>
                {name}
                {required && (
                  <span className="text-bad" title={t("required")}>
                    {" *"}
                  </span>
                )}
              </dt>
              <dd className="text-muted">{type}</dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
