import type { KeyState } from "@sluice/config";
import type { CommandKit } from "../command-kit.ts";
import type { Column } from "../output.ts";

const KEY_COLUMNS: readonly Column<KeyState>[] = [
  { title: "key", value: (row) => row.id },
  { title: "state", value: (row) => row.state },
  { title: "sealed with it", value: (row) => String(row.uses) },
  { title: "known by", value: (row) => row.knownBy.join(", ") || "-" },
  { title: "unknown to", value: (row) => row.unknownTo.join(", ") || "-" },
];

/** keys list, rotate, retire. */
export function addKeys({ command, call, print }: CommandKit): void {
  const keys = command("keys", "the keys that secrets in the database are sealed with");
  command("list", "ids of the keys, who has them and what still needs them", keys).action(async () => {
    const status = await call((client) => client.keys.status.query());
    print(status, KEY_COLUMNS, status.keys);
  });
  command(
    "rotate",
    "make a new key the current one; what is sealed moves over in the background",
    keys,
  ).action(async () => {
    const rotated = await call((client) => client.keys.rotate.mutate());
    print(
      rotated,
      [
        { title: "current", value: (row) => row.current },
        { title: "previous", value: (row) => row.previous },
      ],
      [rotated],
    );
  });
  command("retire <id>", "take out a key that nothing is sealed with any more", keys).action(
    async (id: string) => {
      await call((client) => client.keys.retire.mutate({ id }));
      print({ retired: id }, [{ title: "retired", value: (row) => row.retired }], [{ retired: id }]);
    },
  );
}
