"use client";

import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { EmptyState } from "./empty-state.tsx";
import type { IconName } from "./icon.tsx";
import { Notice } from "./notice.tsx";
import { PageHeader } from "./page-header.tsx";
import { SkeletonRows } from "./skeleton.tsx";

export interface ListPageProps {
  readonly title: string;
  readonly description: string;
  /** Of the button that adds one. */
  readonly add: string;
  readonly onAdd: () => void;
  readonly pending: boolean;
  /** Why the list could not be read. */
  readonly problem?: string | undefined;
  /** The table. */
  readonly children: ReactNode;
}

/** The head of a page that is one list, and the list once it is there. */
export function ListPage({ title, description, add, onAdd, pending, problem, children }: ListPageProps) {
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
      {problem !== undefined && (
        <div className="px-6 pb-4 max-sm:px-4">
          <Notice tone="bad">{problem}</Notice>
        </div>
      )}
      {pending ? <SkeletonRows /> : <div className="border-t border-line">{children}</div>}
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
