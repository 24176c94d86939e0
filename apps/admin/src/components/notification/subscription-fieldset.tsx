"use client";

import { EVENT_KINDS } from "@sluice/config/contract";
import { useTranslations } from "use-intl";
import { Button, IconButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Input } from "../ui/input.tsx";
import type { SubscriptionFields } from "./read-channel-form.ts";

const OFFERED = EVENT_KINDS.filter((kind) => kind !== "channel.test");

export interface SubscriptionFieldsetProps {
  readonly subscriptions: readonly SubscriptionFields[];
  readonly onChange: (subscriptions: readonly SubscriptionFields[]) => void;
}

/** Which events of which node groups the channel gets. */
export function SubscriptionFieldset({ subscriptions, onChange }: SubscriptionFieldsetProps) {
  const t = useTranslations("notifications");
  const replace = (next: SubscriptionFields): void =>
    onChange(subscriptions.map((one) => (one.id === next.id ? next : one)));
  return (
    <div className="flex flex-col gap-3">
      {subscriptions.map((one) => (
        <fieldset key={one.id} className="rounded-lg border border-line p-3">
          <legend className="px-1 text-sm font-medium">{t("subscription")}</legend>
          <div className="flex flex-col gap-3">
            <div className="grid grid-cols-2 gap-x-3 gap-y-1 max-sm:grid-cols-1">
              {OFFERED.map((kind) => (
                <label key={kind} className="flex items-center gap-2 text-sm">
                  <input
                    type="checkbox"
                    checked={one.events.length === 0 || one.events.includes(kind)}
                    onChange={(event) => {
                      const chosen = one.events.length === 0 ? OFFERED : one.events;
                      const events = event.target.checked
                        ? [...chosen, kind]
                        : chosen.filter((other) => other !== kind);
                      // No event at all would mean every event: the last one stays.
                      if (events.length > 0)
                        replace({ ...one, events: events.length === OFFERED.length ? [] : events });
                    }}
                  />
                  {t(`events.${kind.replace(".", "_")}`)}
                </label>
              ))}
            </div>
            <div className="flex items-end gap-2">
              <Field label={t("groups")} hint={t("groupsHint")} className="flex-1">
                <Input
                  value={one.groups}
                  onChange={(event) => replace({ ...one, groups: event.target.value })}
                />
              </Field>
              {subscriptions.length > 1 && (
                <IconButton
                  icon="trash"
                  label={t("removeSubscription")}
                  onClick={() => onChange(subscriptions.filter(({ id }) => id !== one.id))}
                />
              )}
            </div>
          </div>
        </fieldset>
      ))}
      <div>
        <Button
          size="sm"
          icon="plus"
          onClick={() =>
            onChange([
              ...subscriptions,
              { id: Math.max(-1, ...subscriptions.map(({ id }) => id)) + 1, events: [], groups: "" },
            ])
          }
        >
          {t("addSubscription")}
        </Button>
      </div>
    </div>
  );
}
