"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useRoleName } from "../../client/role-name.ts";
import { useMay, useSession } from "../../client/session.tsx";
import { useTRPC } from "../../client/trpc.tsx";
import { useOpenFromAddress } from "../../client/use-open-from-address.ts";
import type { Person } from "../../server/people/person.ts";
import { SessionTable } from "../profile/session-table.tsx";
import { actionsColumn } from "../ui/actions-column.tsx";
import { Badge } from "../ui/badge.tsx";
import { IconButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Select } from "../ui/input.tsx";
import { ListPage, NotAllowedPage } from "../ui/list-page.tsx";
import { Menu } from "../ui/menu.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Table } from "../ui/table.tsx";
import { useToast } from "../ui/toast.tsx";
import { useRefusalToast } from "../ui/use-refusal-toast.ts";
import { AddPersonDialog } from "./add-person-dialog.tsx";
import { InvitationTable } from "./invitation-table.tsx";
import { RemovePersonDialog } from "./remove-person-dialog.tsx";
import { ResetPasswordDialog } from "./reset-password-dialog.tsx";
import { SecondFactors } from "./second-factors.tsx";

/** Who may sign in, and what they may do. */
export function PeoplePage() {
  const t = useTranslations("people");
  const refusalToast = useRefusalToast();
  const roleName = useRoleName();
  const trpc = useTRPC();
  const queries = useQueryClient();
  const toast = useToast();
  const session = useSession();
  const admin = useMay()("people.manage");
  const [adding, setAdding] = useState(false);
  useOpenFromAddress(() => setAdding(true));
  const [resetting, setResetting] = useState<Person>();
  const [watched, setWatched] = useState<Person>();
  const [removing, setRemoving] = useState<Person>();
  const people = useQuery({ ...trpc.people.list.queryOptions(), enabled: admin });
  const roles = useQuery({ ...trpc.role.list.queryOptions(), enabled: admin });
  const roleNames = roles.data?.map(({ name }) => name) ?? [];
  const refresh = async () => {
    await queries.invalidateQueries(trpc.people.pathFilter());
    await queries.invalidateQueries(trpc.invitation.pathFilter());
  };
  const setRole = useMutation({
    ...trpc.people.setRole.mutationOptions(),
    onSettled: refresh,
    onError: refusalToast,
  });

  const removeTwoFactor = useMutation({
    ...trpc.people.removeTwoFactor.mutationOptions(),
    onSuccess: () => toast({ text: t("twoFactorRemoved") }),
    onError: refusalToast,
  });

  const setDisabled = {
    onSettled: refresh,
    onError: refusalToast,
  };
  const disable = useMutation({ ...trpc.people.disable.mutationOptions(), ...setDisabled });
  const enable = useMutation({ ...trpc.people.enable.mutationOptions(), ...setDisabled });

  function switchPerson({ id, name, disabled }: Person): void {
    const text = t(disabled ? "enabledDone" : "disabledDone", { name });
    (disabled ? enable : disable).mutate({ id }, { onSuccess: () => toast({ text }) });
  }

  function changeRole(person: Person, role: Person["role"]): void {
    setRole.mutate(
      { id: person.id, role },
      {
        onSuccess: () =>
          toast({
            text: t("roleChanged", { name: person.name, role: roleName(role) }),
            undo: () => setRole.mutate({ id: person.id, role: person.role }),
          }),
      },
    );
  }

  if (!admin)
    return (
      <NotAllowedPage title={t("title")} icon="people" what={t("adminsOnly")} hint={t("adminsOnlyHint")} />
    );
  return (
    <>
      <ListPage
        title={t("title")}
        description={t("description")}
        add={t("add")}
        onAdd={() => setAdding(true)}
        query={people}
      >
        <Table
          label={t("title")}
          rows={people.data ?? []}
          rowKey={(person) => person.id}
          columns={[
            {
              id: "name",
              header: t("columns.name"),
              cell: (person) => (
                <span className="flex flex-col">
                  <span className="flex items-center gap-2 font-medium">
                    {person.name}
                    {person.id === session.id && <Badge>{t("you")}</Badge>}
                    {person.disabled && <Badge tone="warn">{t("disabled")}</Badge>}
                  </span>
                  <span className="text-xs break-all text-muted md:hidden">{person.email}</span>
                </span>
              ),
            },
            {
              id: "email",
              header: t("columns.email"),
              secondary: true,
              className: "text-muted",
              cell: (person) => person.email,
            },
            {
              id: "role",
              header: t("columns.role"),
              cell: (person) => (
                <Select
                  aria-label={t("roleOf", { name: person.name })}
                  value={person.role}
                  className="max-w-32 min-w-24"
                  onChange={(event) => {
                    changeRole(person, event.target.value);
                  }}
                >
                  {[...new Set([person.role, ...roleNames])].map((role) => (
                    <option key={role} value={role}>
                      {roleName(role)}
                    </option>
                  ))}
                </Select>
              ),
            },
            {
              id: "secondFactor",
              header: t("columns.secondFactor"),
              secondary: true,
              cell: (person) => <SecondFactors person={person} />,
            },
            {
              id: "seen",
              header: t("columns.lastSeen"),
              align: "right",
              secondary: true,
              className: "text-muted",
              cell: (person) =>
                person.lastSeenAt ? <RelativeTime at={person.lastSeenAt} /> : t("notSignedIn"),
            },
            {
              ...actionsColumn(t("columns.actions")),
              cell: (person) => (
                <Menu
                  trigger={<IconButton size="sm" icon="more" label={t("actionsOf", { name: person.name })} />}
                  groups={[
                    [
                      { label: t("resetPassword"), icon: "edit", onSelect: () => setResetting(person) },
                      {
                        label: t("removeTwoFactor"),
                        icon: "secrets",
                        onSelect: () => removeTwoFactor.mutate({ id: person.id }),
                      },
                      { label: t("sessions"), icon: "versions", onSelect: () => setWatched(person) },
                    ],
                    [
                      {
                        label: t(person.disabled ? "enable" : "disable"),
                        icon: person.disabled ? "play" : "pause",
                        disabled: person.id === session.id,
                        onSelect: () => switchPerson(person),
                      },
                      {
                        label: t("remove"),
                        icon: "trash",
                        tone: "danger",
                        disabled: person.id === session.id,
                        onSelect: () => setRemoving(person),
                      },
                    ],
                  ]}
                />
              ),
              className: "w-12",
            },
          ]}
        />
      </ListPage>
      <InvitationTable />
      <AddPersonDialog
        roles={roleNames}
        open={adding}
        onOpenChange={setAdding}
        onDone={() => void refresh()}
      />
      <ResetPasswordDialog person={resetting} onClose={() => setResetting(undefined)} />
      {watched !== undefined && (
        <Dialog
          open
          onOpenChange={(open) => !open && setWatched(undefined)}
          title={t("sessionsOf", { name: watched.name })}
        >
          <SessionTable person={watched.id} />
        </Dialog>
      )}
      <RemovePersonDialog
        person={removing}
        onClose={() => setRemoving(undefined)}
        onDone={() => void refresh()}
      />
    </>
  );
}
