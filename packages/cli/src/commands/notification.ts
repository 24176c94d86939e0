import type { Channel, ChannelSettings, Delivery, EmailSettings, EventKind } from "@sluice/config";
import { Option } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";
import { numberOf } from "../read-option.ts";
import { readStandardInput } from "../read-standard-input.ts";

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

interface CreateOptions {
  readonly webhook?: string;
  readonly slack?: boolean;
  readonly smtp?: string;
  readonly security: EmailSettings["security"];
  readonly user?: string;
  readonly from?: string;
  readonly to?: string;
  readonly events?: string;
  readonly groups?: string;
  readonly secretStdin?: boolean;
}

/** `notification list|create|remove|enable|disable|test|messages|resend`. */
export function addNotifications(kit: CommandKit): void {
  const { call, command, print, printLines } = kit;
  const parent = command("notification", "where what happens is told: webhooks, mail and Slack");

  command("list", "the channels and how their messages fare", parent).action(async () => {
    const rows = await call((client) => client.notification.channels.query());
    print(rows, CHANNEL_COLUMNS, rows);
  });

  command("create <name>", "add a channel; a webhook's new signing key is printed once", parent)
    .option("--webhook <url>", "POST signed JSON to an address")
    .option("--slack", "an incoming webhook of Slack or alike; its address is the secret")
    .option("--smtp <host:port>", "send mail through a server")
    .addOption(
      new Option("--security <how>", "of the mail server's connection")
        .choices(["tls", "starttls", "none"])
        .default("starttls"),
    )
    .option("--user <name>", "the mail server's user; the password is the secret")
    .option("--from <address>", "the mail's sender")
    .option("--to <addresses>", "the mail's recipients, apart by commas")
    .option("--events <kinds>", "which events, apart by commas (default: all)")
    .option("--groups <names>", "of which node groups, apart by commas (default: all)")
    .option("--secret-stdin", "read the secret (signing key, password or Slack address) from standard input")
    .action(async (name: string, options: CreateOptions) => {
      const { kind, settings } = settingsOf(options);
      const secret = options.secretStdin === true ? await readStandardInput() : undefined;
      const subscription = {
        events: listOf(options.events) as readonly EventKind[],
        groups: listOf(options.groups),
      };
      const saved = await call((client) =>
        client.notification.create.mutate({
          name,
          kind,
          settings: settings as { url: string },
          subscriptions: [{ events: [...subscription.events], groups: [...subscription.groups] }],
          ...(secret === undefined ? {} : { secret }),
        }),
      );
      const key =
        saved.signingKey === undefined ? [] : [`signing key (shown this once): ${saved.signingKey}`];
      printLines(saved, [`channel '${name}' is made`, ...key]);
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

function settingsOf(options: CreateOptions): {
  readonly kind: Channel["kind"];
  readonly settings: ChannelSettings;
} {
  const { webhook, slack, smtp, security, user, from, to } = options;
  const chosen = [webhook, slack, smtp].filter((one) => one !== undefined).length;
  if (chosen !== 1) throw new CliError("use one of --webhook, --slack and --smtp", 2);
  if (webhook !== undefined) return { kind: "webhook", settings: { url: webhook } };
  if (smtp === undefined) return { kind: "slack", settings: {} };
  const colon = smtp.lastIndexOf(":");
  const port = numberOf(smtp.slice(colon + 1));
  if (colon < 1 || port === undefined) throw new CliError(`--smtp ${smtp}: use host:port`, 2);
  if (from === undefined || to === undefined) throw new CliError("--smtp needs --from and --to", 2);
  const server = { host: smtp.slice(0, colon), port, security, from, to: listOf(to) };
  return { kind: "email", settings: { ...server, ...(user === undefined ? {} : { user }) } };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function destinationOf(settings: ChannelSettings): string {
  if ("to" in settings && Array.isArray(settings.to)) return settings.to.join(", ");
  return "url" in settings ? String(settings.url) : "(secret)";
}
