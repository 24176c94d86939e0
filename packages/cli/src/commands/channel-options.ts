import type { Channel, ChannelSettings, EmailSettings, EventKind } from "@sluice/config";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import { numberOf } from "../read-option.ts";

export interface ChannelOptions {
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

export function withChannelOptions(command: Command): Command {
  return command
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
    .option("--events <kinds>", "which events, apart by commas; all: every kind (default at first: all)")
    .option("--groups <names>", "of which node groups, apart by commas (default at first: all)")
    .option("--secret-stdin", "read the secret (signing key, password or Slack address) from standard input");
}

/** Whether it is said where messages go. */
export function namesKind({ webhook, slack, smtp }: ChannelOptions): boolean {
  return [webhook, slack, smtp].some((one) => one !== undefined);
}

export function settingsOf(options: ChannelOptions): {
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

/** Empty: every kind. */
export function eventsOf(text: string | undefined): EventKind[] {
  return text === "all" ? [] : (listOf(text) as EventKind[]);
}

export function listOf(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
