import type { Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import type { Column } from "./output.ts";

/** What a group of commands is made with. */
export interface CommandKit {
  /** A command of the program, with `-o`. */
  readonly command: (nameAndArguments: string, description: string) => Command;
  /** Runs against the server, with its failures in words. */
  readonly call: <T>(run: (client: ApiClient) => Promise<T>) => Promise<T>;
  /** In the format that the user chose. */
  readonly print: <Row>(value: unknown, columns: readonly Column<Row>[], rows: readonly Row[]) => void;
  /** Standard error. */
  readonly warn: (text: string) => void;
}
