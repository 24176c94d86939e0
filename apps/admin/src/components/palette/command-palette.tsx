"use client";

import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useRouter } from "next/navigation";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useAskedWords } from "../approval/approval-state.tsx";
import { useRollback } from "../release/use-rollback.ts";
import { resourceHref } from "../resource/resource-href.ts";
import { NAVIGATION } from "../shell/navigation.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Kbd } from "../ui/kbd.tsx";
import { scoreEntry } from "./score-entry.ts";
import { usePaletteActions } from "./use-palette-actions.ts";
import { useReleaseActions } from "./use-release-actions.ts";

const ROLLBACKS_MAX = 10;
/** Of resources and of nodes: a configuration has tens of thousands, and each entry is an element of the page. */
const FOUND_MAX = 50;

export interface CommandPaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onShowHelp: () => void;
}

/** Everything by name: pages, resources, nodes, versions and actions. */
export function CommandPalette({ open, onOpenChange, onShowHelp }: CommandPaletteProps) {
  const t = useTranslations("palette");
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_10_14/45%)]" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[12vh] left-1/2 z-50 w-[calc(100%-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-line bg-surface shadow-pop focus:outline-none"
        >
          <Radix.Title className="sr-only">{t("title")}</Radix.Title>
          <Entries close={() => onOpenChange(false)} onShowHelp={onShowHelp} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Entries({ close, onShowHelp }: { readonly close: () => void; readonly onShowHelp: () => void }) {
  const t = useTranslations("palette");
  const shell = useTranslations("shell");
  const kinds = useTranslations("config.kinds");
  const trpc = useTRPC();
  const router = useRouter();
  const may = useMay();
  const actions = [...useReleaseActions(), ...usePaletteActions(onShowHelp)];
  const rollback = useRollback();
  const names = useQuery(trpc.draft.names.queryOptions());
  const nodes = useQuery(trpc.node.list.queryOptions());
  const approvals = useQuery(trpc.approval.list.queryOptions({ open: true, limit: 100 }));
  const asked = useAskedWords();
  const versions = useQuery(trpc.version.list.queryOptions({ limit: 50 }));
  const live = versions.data?.versions.find((version) => version.live)?.number;
  const [search, setSearch] = useState("");
  const recent = versions.data?.versions ?? [];
  // Of all the others the number finds them.
  const typed = Number(/\d+/.exec(search)?.[0] ?? 0);
  const named = typed > 0 && typed < (recent.at(-1)?.number ?? 0) ? [{ number: typed, message: "" }] : [];
  const older = [...recent.filter((version) => !version.live).slice(0, ROLLBACKS_MAX), ...named];
  const resources = best(names.data ?? [], (ref) => `${ref.kind}/${ref.name}`, search);
  const reached = best(nodes.data ?? [], (node) => `node/${node.id}`, search);

  const run = (action: () => void) => () => {
    close();
    action();
  };
  const go = (href: string) => run(() => router.push(href));

  return (
    <Command label={t("title")} loop filter={scoreEntry}>
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Icon name="search" className="text-faint" />
        <Command.Input
          placeholder={t("placeholder")}
          value={search}
          onValueChange={setSearch}
          className="h-11 w-full bg-transparent text-base outline-none placeholder:text-faint"
        />
        <Kbd keys="Esc" />
      </div>
      <Command.List className="max-h-[56vh] overflow-y-auto p-1">
        <Command.Empty className="px-3 py-6 text-center text-sm text-muted">{t("nothing")}</Command.Empty>
        <Group heading={t("pages")}>
          {NAVIGATION.flatMap((group) => group.items).map((item) => (
            <Entry
              key={item.id}
              icon={item.icon}
              label={shell(`pages.${item.id}`)}
              keywords={[item.id]}
              keys={`g ${item.key}`}
              onSelect={go(item.href)}
            />
          ))}
        </Group>
        <Group heading={t("actions")}>
          {actions.map((action) => (
            <Entry
              key={action.id}
              icon={action.icon}
              label={action.label}
              keywords={[...action.words]}
              {...(action.keys === undefined ? {} : { keys: action.keys })}
              onSelect={run(action.run)}
            />
          ))}
        </Group>
        {(approvals.data?.length ?? 0) > 0 && (
          <Group heading={shell("pages.approvals")}>
            {approvals.data?.map((request) => (
              <Entry
                key={request.id}
                value={`approval/${request.id} ${request.message}`}
                icon="approvals"
                label={asked(request)}
                note={request.requestedBy}
                onSelect={go(`/approvals/${request.id}`)}
              />
            ))}
          </Group>
        )}
        {resources.length > 0 && (
          <Group heading={t("resources")}>
            {resources.map((ref) => (
              <Entry
                key={`${ref.kind}/${ref.name}`}
                value={`${ref.kind}/${ref.name}`}
                icon={ref.kind}
                label={ref.name}
                note={kinds(`${ref.kind}.one`)}
                onSelect={go(resourceHref(ref))}
              />
            ))}
          </Group>
        )}
        {reached.length > 0 && (
          <Group heading={t("nodes")}>
            {reached.map((node) => (
              <Entry
                key={node.id}
                value={`node/${node.id}`}
                icon="nodes"
                label={node.id}
                note={node.product}
                onSelect={go(`/nodes/${encodeURIComponent(node.id)}`)}
              />
            ))}
          </Group>
        )}
        {recent.length > 0 && (
          <Group heading={t("versions")}>
            {[...recent, ...named].map((version) => (
              <Entry
                key={version.number}
                value={`version/${version.number} ${version.message}`}
                icon="versions"
                label={t("version", { number: version.number })}
                note={version.message}
                onSelect={go(`/versions/${version.number}`)}
              />
            ))}
          </Group>
        )}
        {may("config.publish") && older.length > 0 && (
          <Group heading={t("rollBack")}>
            {older.map((version) => (
              <Entry
                key={version.number}
                value={`rollback/${version.number} ${version.message}`}
                keywords={["roll back", "undo", "version"]}
                icon="rollback"
                label={t("rollBackTo", { number: version.number })}
                note={version.message}
                onSelect={run(() => void rollback.start(version.number, live))}
              />
            ))}
          </Group>
        )}
      </Command.List>
    </Command>
  );
}

/** Those that fit what is typed, best first; the first ones while nothing is. */
function best<Item>(items: readonly Item[], textOf: (item: Item) => string, search: string): readonly Item[] {
  if (search === "") return items.slice(0, FOUND_MAX);
  return items
    .map((item) => ({ item, score: scoreEntry(textOf(item), search) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, FOUND_MAX)
    .map(({ item }) => item);
}

function Group({ heading, children }: { readonly heading: string; readonly children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Command.Group>
  );
}

interface EntryProps {
  readonly icon: IconName;
  readonly label: string;
  readonly note?: string;
  readonly keys?: string;
  readonly keywords?: string[];
  readonly value?: string;
  readonly onSelect: () => void;
}

function Entry({ icon, label, note, keys, keywords, value, onSelect }: EntryProps) {
  return (
    <Command.Item
      value={value ?? label}
      {...(keywords ? { keywords } : {})}
      onSelect={onSelect}
      className="flex h-9 cursor-pointer items-center gap-2 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
    >
      <Icon name={icon} className="text-faint" />
      <span className="truncate">{label}</span>
      {note && <span className="truncate text-xs text-faint">{note}</span>}
      <span className="flex-1" />
      {keys && <Kbd keys={keys} />}
    </Command.Item>
  );
}
