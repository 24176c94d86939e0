import type { CommandKit } from "../command-kit.ts";
import { numberOf } from "../read-option.ts";

interface SetOptions {
  readonly name?: string;
  readonly baseUrl?: string;
  readonly timeZone?: string;
  readonly figuresDays?: string;
  readonly requestsHours?: string;
  readonly requestsMax?: string;
  readonly tracesHours?: string;
  readonly tracesMax?: string;
}

/** settings list, set; about. */
export function addSettings({ command, call, print }: CommandKit): void {
  const settings = command("settings", "the appliance's name and address, and how long telemetry is kept");
  const show = (value: object): void => {
    const rows = Object.entries(value);
    print(
      value,
      [
        { title: "setting", value: ([name]: [string, unknown]) => name },
        { title: "value", value: ([, content]: [string, unknown]) => String(content) },
      ],
      rows,
    );
  };

  command("list", "all settings", settings).action(async () => {
    show(await call((client) => client.settings.get.query()));
  });

  command("set", "change settings; what is left out stays", settings)
    .option("--name <text>", "shown above the navigation and in messages; empty: Sluice")
    .option("--base-url <url>", "the dashboard's address, for links in messages")
    .option("--time-zone <zone>", "of everybody who chose none, like Europe/Berlin; empty: the browser's own")
    .option("--figures-days <n>", "days that figures of a minute are kept")
    .option("--requests-hours <n>", "hours that requests are kept")
    .option("--requests-max <n>", "how many requests are kept at most")
    .option("--traces-hours <n>", "hours that traces are kept")
    .option("--traces-max <n>", "how many traces are kept at most")
    .action(async ({ name, baseUrl, timeZone, ...numbers }: SetOptions) => {
      const input = {
        name,
        baseUrl,
        timeZone,
        figuresDays: numberOf(numbers.figuresDays),
        requestsHours: numberOf(numbers.requestsHours),
        requestsMax: numberOf(numbers.requestsMax),
        tracesHours: numberOf(numbers.tracesHours),
        tracesMax: numberOf(numbers.tracesMax),
      };
      show(await call((client) => client.settings.change.mutate(input)));
    });

  const aboutCommand = command("about", "versions of what runs on the server, and how each part is");
  aboutCommand.option("--licences", "instead: the packages that are part of it, with their licences");
  aboutCommand.action(async ({ licences }: { licences?: boolean }) => {
    if (licences === true) {
      const packages = await call((client) => client.settings.licences.query());
      print(
        packages,
        [
          { title: "package", value: (row) => row.name },
          { title: "version", value: (row) => row.version },
          { title: "licence", value: (row) => row.licence },
        ],
        packages,
      );
      return;
    }
    const about = await call((client) => client.settings.about.query());
    const parts = Object.entries(about.health.parts).map(([name, { state, reason }]) => [
      name,
      reason === "" ? state : `${state}: ${reason}`,
    ]);
    const rows = [...Object.entries(about.versions), ...parts];
    print(
      about,
      [
        { title: "what", value: ([name]) => name ?? "" },
        { title: "is", value: ([, content]) => content ?? "" },
      ],
      rows,
    );
  });
}
