/** What a handler answers. */
export interface AdminReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const TEXT = "text/plain; charset=UTF-8";

export function text(body: string, status = 200): AdminReply {
  return { status, contentType: TEXT, body };
}

/** JSON as Envoy prints it: one space of indent per level. */
export function json(value: unknown): AdminReply {
  return { status: 200, contentType: "application/json", body: `${JSON.stringify(value, undefined, 1)}\n` };
}

export const ok = (): AdminReply => text("OK\n");
