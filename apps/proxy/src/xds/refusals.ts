import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { validateMessage } from "@sluice/xds";

/** Resources that are refused, and why. */
export interface Refusal {
  readonly names: ReadonlySet<string>;
  readonly message: string;
}

/** Collects what is refused in one update. */
export class Refusals {
  readonly #lines: string[] = [];
  readonly #names = new Set<string>();

  /** The message when there is nothing wrong with it. */
  check<Desc extends DescMessage>(
    schema: Desc,
    resource: { readonly name: string; readonly value: Uint8Array },
    check: (message: MessageShape<Desc>) => readonly Problem[],
  ): MessageShape<Desc> | undefined {
    let message: MessageShape<Desc>;
    try {
      message = fromBinary(schema, resource.value);
    } catch (error) {
      this.add(resource.name, [
        { path: "", message: `cannot be decoded: ${String(error)}`, severity: "error" },
      ]);
      return undefined;
    }
    const violations = validateMessage(schema, message).filter(isError);
    const problems = violations.length > 0 ? violations : check(message).filter(isError);
    if (problems.length === 0) return message;
    this.add(resource.name, problems);
    return undefined;
  }

  add(name: string, problems: readonly Problem[]): void {
    this.#names.add(name);
    const texts = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
    this.#lines.push(`${name}: ${texts.join("; ")}`);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** Undefined when nothing is refused. */
  outcome(type: string): Refusal | undefined {
    if (this.#lines.length === 0) return undefined;
    return { names: this.#names, message: `${type}: ${this.#lines.join("\n")}` };
  }
}

const isError = (problem: Problem): boolean => problem.severity === "error";
