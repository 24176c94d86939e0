export const FORMATS = ["envoy", "config_dump", "nginx", "csv", "directory"] as const;
export type Format = (typeof FORMATS)[number];

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

const BYTES_MAX = 7 << 20;

/** Texts of what somebody chose; files of a folder keep their path in it. */
export async function readChosenFiles(
  list: Iterable<File> | null,
): Promise<{ readonly files: readonly TextFile[] } | { readonly refused: "tooLong" | "noText" }> {
  const chosen = [...(list ?? [])];
  if (chosen.reduce((sum, { size }) => sum + size, 0) > BYTES_MAX) return { refused: "tooLong" };
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const files = await Promise.all(
      chosen.map(async (file) => ({
        path: file.webkitRelativePath || file.name,
        text: decoder.decode(await file.arrayBuffer()),
      })),
    );
    return { files };
  } catch {
    return { refused: "noText" };
  }
}
