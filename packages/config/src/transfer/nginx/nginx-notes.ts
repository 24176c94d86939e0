import type { ImportNote, ImportNoteKind } from "../import/import-contract.ts";
import { type Directive, shownDirective } from "./directive.ts";
import { fateOf } from "./known-directives.ts";

/** What is told of each directive that is not carried over as it stands. */
export class NginxNotes {
  readonly notes: ImportNote[] = [];

  add(kind: ImportNoteKind, directive: Directive, reason: string): void {
    this.notes.push({ kind, path: shownDirective(directive), reason, position: directive.position });
  }

  /**
   * Tells what of a block is not in `translated`.
   * @returns whether the block can be carried over without it
   */
  judge(block: readonly Directive[], translated: ReadonlySet<string>, owner: string): boolean {
    let fine = true;
    for (const directive of block) {
      if (translated.has(directive.name)) continue;
      const fate = fateOf(directive.name);
      if (fate === "without_effect")
        this.add(
          "ignored",
          directive,
          "it does not change which requests go where; Sluice has settings of its own",
        );
      else if (fate === "worth_a_look")
        this.add("not_understood", directive, `not carried over: the ${owner} is imported without it`);
      else {
        this.add(
          "not_understood",
          directive,
          `not known: the ${owner} around it is left out, since it might depend on it`,
        );
        fine = false;
      }
    }
    return fine;
  }
}
