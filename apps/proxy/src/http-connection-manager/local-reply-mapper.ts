import type { LogCondition } from "../access-log/compile-access-log-filter.ts";
import type { FormatContext, SubstitutionFormatter } from "../formatter/format-context.ts";
import type { Headers } from "../http/header-map.ts";
import type { LocalReplyContent } from "../http-filter/local-reply.ts";
import { applyHeaderMutations, type HeaderMutations } from "../route/header-mutations.ts";

/** How a local reply's body is written. */
export interface BodyFormat {
  readonly formatter: SubstitutionFormatter;
  readonly contentType: string;
}

/** One `ResponseMapper`: what it changes of the replies that it is for. */
export interface LocalReplyMapping {
  readonly condition: LogCondition;
  readonly status: number | undefined;
  /** A binary string. */
  readonly body: string | undefined;
  readonly format: BodyFormat | undefined;
  readonly headers: HeaderMutations | undefined;
}

/** A reply on its way, as its conditions and formats see it: its code is set already. */
export interface LocalReplyView extends FormatContext {
  /** %LOCAL_REPLY_BODY%, as the mapping may have replaced it. */
  localReplyBody: string | undefined;
  /** %RESPONSE_CODE% and `status_code_filter` read it. */
  setResponseCode(status: number): void;
}

/** `local_reply_config`: the first mapping whose condition holds changes a reply; then it is formatted. */
export class LocalReplyMapper {
  private readonly mappings: readonly LocalReplyMapping[];
  private readonly format: BodyFormat | undefined;

  constructor(mappings: readonly LocalReplyMapping[], format: BodyFormat | undefined) {
    this.mappings = mappings;
    this.format = format;
  }

  rewrite(headers: Headers, given: number, givenBody: string, view: LocalReplyView): LocalReplyContent {
    let status = given;
    let body = givenBody;
    let { format } = this;
    view.localReplyBody = body;
    const mapping = this.mappings.find(({ condition }) => condition(view));
    if (mapping !== undefined) {
      body = mapping.body ?? body;
      view.localReplyBody = body;
      if (mapping.headers !== undefined) applyHeaderMutations(mapping.headers, headers, view);
      if (mapping.status !== undefined && mapping.status !== status) {
        status = mapping.status;
        headers.set(":status", String(status));
        view.setResponseCode(status);
      }
      format = mapping.format ?? format;
    }
    const text = format === undefined ? body : format.formatter.format(view);
    // It is known to what makes the reply alone: the access log has none.
    view.localReplyBody = undefined;
    return { status, body: text, contentType: format?.contentType ?? "text/plain" };
  }
}
