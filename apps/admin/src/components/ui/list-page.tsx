"use client";

import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";
import type { IconName } from "./icon.tsx";
import { PageHeader } from "./page-header.tsx";
import { QueryProblem, type QueryState } from "./query-problem.tsx";
import { SkeletonRows } from "./skeleton.tsx";

export interface ListPageProps {
  readonly title: string;
  readonly description: string;
  /** Of the button that adds one. */
  readonly add: string;
  readonly onAdd: () => void;
  readonly query: QueryState & { readonly isPending: boolean };
  /** The table. */
  readonly children: ReactNode;
}

/** The head of a page that is one list, and the list once it is there. */
export function ListPage({ title, description, add, onAdd, query, children }: ListPageProps) {
  return (
    <>
      <PageHeader
        title={title}
        description={description}
        actions={
          <Button tone="primary" icon="plus" onClick={onAdd}>
            {add}
          </Button>
        }
      />
      <QueryProblem query={query} padded />
      {query.isPending ? <SkeletonRows /> : <div className="border-t border-line">{children}</div>}
    </>
  );
}

export interface NotAllowedPageProps {
  readonly title: string;
  readonly icon: IconName;
  readonly what: string;
  /** Whom to ask. */
  readonly hint: string;
}

/** For who came to a page that is not theirs, by an address or a key. */
export function NotAllowedPage({ title, icon, what, hint }: NotAllowedPageProps) {
  return (
    <>
      <PageHeader title={title} />
      <EmptyState icon={icon} title={what}>
        {hint}
      </EmptyState>
    </>
  );
}
