"use client";

import type { ExplainInput, RouteExpectation, StoredRouteTest } from "@sluice/config";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC, useTRPCClient } from "../../client/trpc.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { QueryProblem } from "../ui/query-problem.tsx";
import { Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { explainHref } from "./explain-href.ts";

const EXPECTED = ["listener", "virtualHost", "route", "cluster", "status", "location"] as const;

/** The draft's route tests with what they give on `source`; a failing one says what came instead. */
export function RouteTestList({ source }: { readonly source: ExplainInput["source"] }) {
  const t = useTranslations("explain.tests");
  const refusalToast = useRefusalToast();
  const trpc = useTRPC();
  const client = useTRPCClient();
  const queries = useQueryClient();
  const toast = useToast();
  const may = useMay();
  const tests = useQuery(trpc.routeTest.list.queryOptions());
  const run = useQuery({
    ...trpc.routeTest.run.queryOptions({ source }),
    enabled: (tests.data?.length ?? 0) > 0,
  });
  const results = new Map(run.data?.results.map((result) => [result.name, result]));
  const refresh = () => queries.invalidateQueries(trpc.routeTest.pathFilter());
  const remove = useMutation({
    mutationFn: (test: StoredRouteTest) => client.routeTest.remove.mutate({ name: test.name }),
    onSuccess: async (_gone, test) => {
      const { updatedAt: _at, updatedBy: _by, ...content } = test;
      toast({
        text: t("removed", { name: test.name }),
        undo: async () => {
          await client.routeTest.put.mutate(content);
          await refresh();
        },
      });
      await refresh();
    },
    onError: refusalToast,
  });
  if (tests.error) return <QueryProblem query={tests} />;
  return (
    <section aria-label={t("title")} className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline gap-3 px-6 max-sm:px-4">
        <h2 className="text-base font-semibold">{t("title")}</h2>
        <p className="text-sm text-muted" aria-live="polite">
          {run.data && tests.data && tests.data.length > 0
            ? t("summary", { passed: run.data.results.length - run.data.failed, failed: run.data.failed })
            : t("hint")}
        </p>
      </div>
      <QueryProblem query={run} />
      {tests.data && tests.data.length > 0 && (
        <Table<StoredRouteTest>
          label={t("title")}
          rows={tests.data}
          rowKey={(test) => test.name}
          {...(!may("config.edit") ? {} : { onDelete: (test) => remove.mutate(test) })}
          columns={[
            {
              id: "result",
              header: t("result"),
              className: "w-24",
              cell: ({ name }) => {
                const result = results.get(name);
                if (result === undefined) return <Badge>{t("running")}</Badge>;
                return (
                  <Badge tone={result.passed ? "ok" : "bad"}>{t(result.passed ? "passed" : "failed")}</Badge>
                );
              },
            },
            {
              id: "name",
              header: t("name"),
              cell: (test) => (
                <div className="flex flex-col">
                  <Link href={explainHref(test, source)} className="font-medium hover:underline">
                    {test.name}
                  </Link>
                  {(results.get(test.name)?.failures ?? []).map((failure) => (
                    <span key={failure} className="text-xs text-bad">
                      {failure}
                    </span>
                  ))}
                </div>
              ),
            },
            {
              id: "request",
              header: t("request"),
              secondary: true,
              className: "max-w-72",
              cell: (test) => (
                <code className="block truncate font-mono text-xs" title={test.url}>
                  {test.method} {test.url}
                </code>
              ),
            },
            {
              id: "expects",
              header: t("expects"),
              secondary: true,
              cell: (test) => <Expectation expect={test.expect} />,
            },
            ...(!may("config.edit")
              ? []
              : [
                  {
                    ...actionsColumn(t("actions")),
                    cell: (test: StoredRouteTest) => (
                      <IconButton
                        icon="trash"
                        size="sm"
                        label={t("remove", { name: test.name })}
                        onClick={() => remove.mutate(test)}
                      />
                    ),
                  },
                ]),
          ]}
        />
      )}
    </section>
  );
}

function Expectation({ expect }: { readonly expect: RouteExpectation }) {
  const t = useTranslations("explain.tests.expect");
  return (
    <span className="text-xs text-muted">
      {EXPECTED.flatMap((field) =>
        expect[field] === undefined ? [] : [`${t(field)} ${expect[field]}`],
      ).join(" · ")}
    </span>
  );
}
