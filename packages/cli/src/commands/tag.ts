import type { CommandKit } from "../command-kit.ts";
import { resolveVersion } from "../resolve-version.ts";

/** `tag`, `untag` and `tags`. */
export function addTags({ call, command, print, printLines }: CommandKit): void {
  command("tag <version> <name>", "give a version a name, which other commands take for its number")
    .option("--move", "take the name away from the version that has it")
    .action(async (version: string, name: string, options: { move?: boolean }) => {
      const tag = await call(async (client) =>
        client.history.tag.mutate({
          version: await resolveVersion(client, version),
          name,
          move: options.move ?? false,
        }),
      );
      printLines(tag, [`version ${tag.version} is tagged '${tag.name}'`]);
    });

  command("untag <name>", "take a name away").action(async (name: string) => {
    await call((client) => client.history.untag.mutate({ name }));
    printLines({ removed: name }, [`removed the tag '${name}'`]);
  });

  command("tags", "list tags, newest version first").action(async () => {
    const tags = await call((client) => client.history.tags.query());
    print(
      tags,
      [
        { title: "tag", value: (row) => row.name },
        { title: "version", value: (row) => String(row.version) },
        { title: "by", value: (row) => row.author },
        { title: "since", value: (row) => row.createdAt.toISOString() },
      ],
      tags,
    );
  });
}
