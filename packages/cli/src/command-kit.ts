import { type Command, Option } from "commander";
import { type ApiClient, createApiClient, describeFailure } from "./api-client.ts";
import { watchText } from "./commands/watch-text.ts";
import { readCredentials } from "./credentials.ts";
import { type Column, formatTable, formatValue, OUTPUT_FORMATS, type OutputFormat } from "./output.ts";

/** Of every command that has it. */
export const WATCH_OPTION = ["--watch", "print again whenever something changes, until interrupted"] as const;

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** Standard output. */
  readonly write: (text: string) => void;
  /** Standard error. */
  readonly warn: (text: string) => void;
  /** Ends `--watch`; default: only the process's end does. */
  readonly signal?: AbortSignal;
}

/** What every command is made with. */
export interface CommandKit {
  readonly program: Command;
  readonly surroundings: Surroundings;
  readonly output: () => OutputFormat;
  /** A command of its own, or below another one. */
  readonly command: (nameAndArguments: string, description: string, parent?: Command) => Command;
  /** Runs one command against the server, with its failures in words. */
  readonly call: <T>(run: (client: ApiClient) => Promise<T>) => Promise<T>;
  /** Rows as a table, or the whole value in another format. */
  readonly print: <Row>(value: unknown, columns: readonly Column<Row>[], rows: readonly Row[]) => void;
  /** `print` of what is read; with `watch` again whenever it is something else, until interrupted. */
  readonly printRead: <Row>(
    watch: boolean | undefined,
    read: () => Promise<readonly Row[]>,
    columns: readonly Column<Row>[],
  ) => Promise<void>;
  /** Lines for people, or the value in another format. */
  readonly printLines: (value: unknown, lines: readonly string[]) => void;
}

export function createCommandKit(program: Command, surroundings: Surroundings): CommandKit {
  const { environment, write } = surroundings;
  const output = (): OutputFormat => program.opts<{ output: OutputFormat }>().output;
  return {
    program,
    surroundings,
    output,
    // `-o` is understood before and after the command's name.
    command: (nameAndArguments, description, parent = program) =>
      parent
        .command(nameAndArguments)
        .description(description)
        .exitOverride()
        .addOption(new Option("-o, --output <format>").choices([...OUTPUT_FORMATS]).hideHelp())
        .hook("preAction", (_this, action) => {
          const own = action.opts<{ output?: string }>().output;
          if (own !== undefined) program.setOptionValue("output", own);
        }),
    async call(run) {
      const credentials = readCredentials(environment);
      try {
        return await run(createApiClient(credentials));
      } catch (error) {
        throw describeFailure(error, credentials.server);
      }
    },
    print(value, columns, rows) {
      const format = output();
      write(format === "table" ? formatTable(columns, rows) : formatValue(format, value));
    },
    async printRead(watch, read, columns) {
      const shown = async (): Promise<string> => {
        const rows = await read();
        const format = output();
        return format === "table" ? formatTable(columns, rows) : formatValue(format, rows);
      };
      if (watch) await watchText(shown, write, surroundings.signal);
      else write(await shown());
    },
    printLines(value, lines) {
      const format = output();
      write(format === "table" ? lines.map((line) => `${line}\n`).join("") : formatValue(format, value));
    },
  };
}
