/** Inclusive bounds of the statuses that `404`, `5xx`, `>=400`, `<300` or `400-499` mean; undefined when it is none of these. */
export function parseStatusFilter(text: string): { readonly from: number; readonly to: number } | undefined {
  const spec = text.trim().toLowerCase();
  const classOf = /^([1-5])xx$/.exec(spec);
  if (classOf !== null) return { from: Number(classOf[1]) * 100, to: Number(classOf[1]) * 100 + 99 };
  const range = /^(\d{1,3})-(\d{1,3})$/.exec(spec);
  if (range !== null) return { from: Number(range[1]), to: Number(range[2]) };
  const compared = /^(>=|<=|>|<|=)?\s*(\d{1,3})$/.exec(spec);
  if (compared === null) return undefined;
  const status = Number(compared[2]);
  switch (compared[1]) {
    case ">=":
      return { from: status, to: 999 };
    case ">":
      return { from: status + 1, to: 999 };
    case "<=":
      return { from: 0, to: status };
    case "<":
      return { from: 0, to: status - 1 };
    default:
      return { from: status, to: status };
  }
}
