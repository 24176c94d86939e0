import { authorizeRead } from "../access/authorize.ts";
import { change } from "../access/change.ts";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import { appendAudit } from "../audit/append-audit.ts";
import {
  type ApplianceSettings,
  ConfigError,
  type Context,
  DEFAULT_SETTINGS,
  SETTING_BOUNDS,
} from "../contract.ts";
import { applianceSettings, version } from "../schema/index.ts";

const ROW = { id: true } as const;
const NAME_LENGTH_MAX = 60;

/** Any of the settings. */
export type SettingsInput = {
  readonly [K in keyof ApplianceSettings]?: ApplianceSettings[K] | undefined;
};

/** For the appliance itself: what holds now. */
export async function readSettings({ sql }: Pick<Context, "sql">): Promise<ApplianceSettings> {
  return await settingsIn(databaseOver(sql));
}

/** Needs config.read. */
export async function getSettings(context: Context): Promise<ApplianceSettings> {
  await authorizeRead(context, "settings.get");
  return await settingsIn(context.db);
}

/** What is left out stays. Needs settings.manage. `bad_input`. */
export async function changeSettings(context: Context, input: SettingsInput): Promise<ApplianceSettings> {
  const attempt = { permission: "settings.manage", action: "settings.change", subject: "settings" } as const;
  return await change(context, attempt, async (tx) => {
    await tx
      .insert(applianceSettings)
      .values({ ...ROW, changed: {} })
      .onConflictDoNothing();
    const [row] = await tx.select().from(applianceSettings).for("update");
    const before = { ...DEFAULT_SETTINGS, ...row?.changed };
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    const after = checked({ ...before, ...given });
    await tx.update(applianceSettings).set({ changed: after });
    const names = settingNames().filter((name) => before[name] !== after[name]);
    const values = (of: ApplianceSettings) => Object.fromEntries(names.map((name) => [name, of[name]]));
    await appendAudit(tx, context, { ...attempt, details: { before: values(before), after: values(after) } });
    return after;
  });
}

/** Whether the first-run guide is still to be offered: nobody finished or skipped it, and nothing was ever published. Needs config.read. */
export async function setupOpen(context: Context): Promise<boolean> {
  await authorizeRead(context, "settings.setup");
  const [[row], [published]] = await Promise.all([
    context.db.select().from(applianceSettings),
    context.db.select({ number: version.number }).from(version).limit(1),
  ]);
  return (row?.setUpAt ?? null) === null && published === undefined;
}

/** The first-run guide is done, or skipped, for everybody and for good. Needs settings.manage. */
export async function finishSetup(context: Context): Promise<void> {
  const attempt = { permission: "settings.manage", action: "settings.setup", subject: "settings" } as const;
  await change(context, attempt, async (tx) => {
    const setUpAt = context.now();
    await tx
      .insert(applianceSettings)
      .values({ ...ROW, changed: {}, setUpAt })
      .onConflictDoUpdate({ target: applianceSettings.id, set: { setUpAt } });
    await appendAudit(tx, context, attempt);
  });
}

async function settingsIn(executor: Executor): Promise<ApplianceSettings> {
  const [row] = await executor.select().from(applianceSettings);
  return { ...DEFAULT_SETTINGS, ...row?.changed };
}

function settingNames(): readonly (keyof ApplianceSettings)[] {
  return Object.keys(DEFAULT_SETTINGS) as (keyof ApplianceSettings)[];
}

function checked(settings: ApplianceSettings): ApplianceSettings {
  const name = settings.name.trim();
  if (name.length > NAME_LENGTH_MAX || /\p{Cc}/u.test(name))
    throw bad(`the name is one line of at most ${NAME_LENGTH_MAX} characters`);
  const baseUrl = settings.baseUrl.trim().replace(/\/$/, "");
  if (baseUrl !== "" && !/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? ""))
    throw bad(`the address '${baseUrl}' does not begin with http:// or https://`);
  if (settings.timeZone !== "" && !isTimeZone(settings.timeZone))
    throw bad(`there is no time zone '${settings.timeZone}'`);
  for (const [key, [min, max]] of Object.entries(SETTING_BOUNDS)) {
    const value = settings[key as keyof typeof SETTING_BOUNDS];
    if (!Number.isInteger(value) || value < min || value > max)
      throw bad(`${key} is ${value}: it is a whole number from ${min} to ${max}`);
  }
  return { ...settings, name, baseUrl };
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function bad(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
