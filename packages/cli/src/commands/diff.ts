import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { diffSources } from "../diff-sources.ts";
import { formatValue } from "../output.ts";
import { impactLines } from "./impact-lines.ts";
import { renderDiff } from "./render-diff.ts";

/** `diff`. */
export function addDiff({ call, command, output, printLines, surroundings }: CommandKit): void {
  command(
    "diff [a] [b]",
    "what changed: the draft against what is live, A against what is live, or A against B; each a version, a tag, `draft`, `live`, `node:ID` (what that node really has: it is asked) or `acknowledged:ID` (what it accepted last)",
  )
    .option("--impact", "what publishing the draft would touch, with what goes through it now")
    .action(async (a: string | undefined, b: string | undefined, options: { impact?: boolean }) => {
      if (options.impact) {
        if (a !== undefined) throw new CliError("--impact is of the draft: leave the versions out", 2);
        const impact = await call((client) => client.review.impact.query());
        printLines(impact, impactLines(impact));
        return;
      }
      const diffs = await call(async (client) =>
        client.history.diff.query(
          await diffSources(
            client,
            a ?? "live",
            a === undefined ? "draft" : (b ?? "live"),
            surroundings.warn,
          ),
        ),
      );
      const format = output();
      surroundings.write(format === "table" ? renderDiff(diffs) : formatValue(format, diffs));
    });
}
