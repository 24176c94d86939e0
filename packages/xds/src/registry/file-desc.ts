import type { DescFile } from "@bufbuild/protobuf";
import { fileDesc as linkFile } from "@bufbuild/protobuf/codegenv2";

const alone = new WeakMap<DescFile, DescFile>();

/**
 * What the generated modules of `@sluice/xds/gen` link themselves with. The library's own function gives each file a registry
 * of everything that it imports, however far away; over the files of a listener that is the square of the work. A file's
 * types can only refer to its own imports and to what those import publicly, so that is what the library is shown.
 */
export function fileDesc(base64: string, imports: readonly DescFile[] = []): DescFile {
  const file = linkFile(base64, imports.map(withoutImports));
  file.dependencies.splice(0, file.dependencies.length, ...imports);
  return file;
}

function withoutImports(file: DescFile): DescFile {
  let copy = alone.get(file);
  if (copy === undefined) {
    const dependencies = file.proto.publicDependency.flatMap((at) => {
      const imported = file.dependencies[at];
      return imported === undefined ? [] : [withoutImports(imported)];
    });
    copy = { ...file, dependencies };
    alone.set(file, copy);
  }
  return copy;
}
