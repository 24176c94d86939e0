import { CliError } from "./cli-error.ts";

/** A whole number from 1; undefined when nothing was given. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new CliError(`'${text}' is not a number from 1`, 2);
  return number;
}

export function requiredNumber(text: string): number {
  const number = numberOf(text);
  if (number === undefined) throw new CliError("a number from 1 is missing", 2);
  return number;
}

/** Of `--timeout`, in milliseconds. */
export function timeoutOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new CliError(`--timeout '${text}' is not a number of seconds`, 2);
  return seconds * 1000;
}
