import { z } from "zod";

const time = z.iso.datetime({ offset: true });

/** Which events, in a form that an address can hold. */
export const auditFilterInput = z.object({
  actor: z.string().max(300).optional(),
  action: z.string().max(200).optional(),
  subject: z.string().max(200).optional(),
  /** RFC 3339. */
  from: time.optional(),
  to: time.optional(),
  refused: z.boolean().optional(),
});

export function readAuditFilter({ from, to, ...rest }: z.infer<typeof auditFilterInput>) {
  return {
    ...rest,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
}
