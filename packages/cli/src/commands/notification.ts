import type { Channel, ChannelSettings, Delivery } from "@sluice/config";
import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { numberOf } from "../read-option.ts";
import { readStandardInput } from "../read-standard-input.ts";
import {
  type ChannelOptions,
  eventsOf,
  listOf,
  namesKind,
  settingsOf,
  withChannelOptions,
} from "./channel-options.ts";

const CHANNEL_COLUMNS: readonly Column<Channel>[] = [
  { title: "channel", value: (row) => row.name },
  { title: "kind", value: (row) => row.kind },
  { title: "to", value: (row) => destinationOf(row.settings) },
  { title: "on", value: (row) => (row.enabled ? "yes" : "no") },
  { title: "waiting", value: (row) => String(row.health.waiting) },
  { title: "dead", value: (row) => String(row.health.dead) },
  { title: "last sent", value: (row) => row.health.lastSentAt?.toISOString() ?? "-" },
  { title: "trouble", value: (row) => row.health.failure ?? "" },
];

const DELIVERY_COLUMNS: readonly Column<Delivery>[] = [
  { title: "message", value: (row) => row.id },
  { title: "channel", value: (row) => row.channel },
  { title: "at", value: (row) => row.createdAt.toISOString() },
  { title: "state", value: (row) => row.state },
  { title: "tries", value: (row) => String(row.attempts) },
  { title: "outcome", value: (row) => row.outcome ?? "" },
  { title: "title", value: (row) => row.message.title },
];

/** `notification list|create|change|remove|enable|disable|test|messages|resend`. */
export function addNotifications(kit: CommandKit): void {
  const { call, command, print, printLines } = kit;
  const parent = command("notification", "where what happens is told: webhooks, mail and Slack");

  command("list", "the channels and how their messages fare", parent).action(async () => {
    const rows = await call((client) => client.notification.channels.query());
    print(rows, CHANNEL_COLUMNS, rows);
  });

  const make = command("create <name>", "add a channel; a webhook's new signing key is printed once", parent);
  withChannelOptions(make).action(async (name: string, options: ChannelOptions) => {
    const { kind, settings } = settingsOf(options);
    const secret = options.secretStdin === true ? await readStandardInput() : undefined;
    const saved = await call((client) =>
      client.notification.create.mutate({
        name,
        kind,
        settings: settings as { url: string },
        subscriptions: [{ events: eventsOf(options.events), groups: listOf(options.groups) }],
        ...(secret === undefined ? {} : { secret }),
      }),
    );
    printLines(saved, [`channel '${name}' is made`, ...keyLines(saved.signingKey)]);
  });

  const change = command(
    "change <name>",
    "change a channel of the same kind; what is left out stays",
    parent,
  );
  withChannelOptions(change)
    .option("--new-signing-key", "make a webhook's key anew, and print it once")
    .action(async (name: string, options: ChannelOptions & { newSigningKey?: boolean }) => {
      const { events, groups, newSigningKey } = options;
      const secret = options.secretStdin === true ? await readStandardInput() : undefined;
      const saved = await call(async (client) => {
        const now = (await client.notification.channels.query()).find((channel) => channel.name === name);
        if (now === undefined) throw new CliError(`there is no channel '${name}'`);
        const [subscription] = now.subscriptions;
        return await client.notification.change.mutate({
          name,
          newSigningKey,
          expectedRevision: now.revision,
          ...(secret === undefined ? {} : { secret }),
          ...(namesKind(options) ? { settings: settingsOf(options).settings as { url: string } } : {}),
          ...(events === undefined && groups === undefined
            ? {}
            : {
                subscriptions: [
                  {
                    events: events === undefined ? [...(subscription?.events ?? [])] : eventsOf(events),
                    groups: groups === undefined ? [...(subscription?.groups ?? [])] : listOf(groups),
                  },
                ],
              }),
        });
      });
      printLines(saved, [`channel '${name}' is changed`, ...keyLines(saved.signingKey)]);
    });

  command("remove <name>", "remove a channel with its messages", parent).action(async (name: string) => {
    await call((client) => client.notification.remove.mutate({ name }));
    printLines({ removed: name }, [`removed the channel '${name}'`]);
  });

  for (const [word, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const)
    command(`${word} <name>`, `switch a channel ${enabled ? "on" : "off"}`, parent).action(
      async (name: string) => {
        const { channel } = await call((client) => client.notification.change.mutate({ name, enabled }));
        print(channel, CHANNEL_COLUMNS, [channel]);
      },
    );

  command("test <name>", "send a test message and wait for what comes of it", parent)
    .option("--timeout <seconds>", "how long to wait", "30")
    .action(async (name: string, options: { timeout: string }) => {
      const delivery = await call(async (client) => {
        const [before] = await client.notification.deliveries.query({ channel: name, limit: 1 });
        await client.notification.test.mutate({ name });
        const until = Date.now() + (numberOf(options.timeout) ?? 30) * 1000;
        while (Date.now() < until) {
          const [newest] = await client.notification.deliveries.query({ channel: name, limit: 1 });
          if (newest !== undefined && newest.id !== before?.id && newest.outcome !== undefined) return newest;
          await new Promise((resolve) => setTimeout(resolve, 250));
        }
        throw new CliError(`nothing came of the test message within ${options.timeout} s`);
      });
      print(delivery, DELIVERY_COLUMNS, [delivery]);
      if (delivery.state !== "sent") throw new CliError(`not sent: ${delivery.outcome}`);
    });

  command("messages [channel]", "messages, newest first", parent)
    .addOption(new Option("--state <state>", "only those").choices(["waiting", "sent", "dead"]))
    .option("--limit <n>", "how many", "50")
    .action(async (channel: string | undefined, options: { state?: Delivery["state"]; limit: string }) => {
      const rows = await call((client) =>
        client.notification.deliveries.query({
          limit: numberOf(options.limit) ?? 50,
          ...(channel === undefined ? {} : { channel }),
          ...(options.state === undefined ? {} : { state: options.state }),
        }),
      );
      print(rows, DELIVERY_COLUMNS, rows);
    });

  command("resend <message>", "send a message again that was given up or sent", parent).action(
    async (id: string) => {
      const delivery = await call((client) => client.notification.resend.mutate({ id }));
      print(delivery, DELIVERY_COLUMNS, [delivery]);
    },
  );
}

function keyLines(key: string | undefined): readonly string[] {
  return key === undefined ? [] : [`signing key (shown this once): ${key}`];
}

function destinationOf(settings: ChannelSettings): string {
  if ("to" in settings && Array.isArray(settings.to)) return settings.to.join(", ");
  return "url" in settings ? String(settings.url) : "(secret)";
}
