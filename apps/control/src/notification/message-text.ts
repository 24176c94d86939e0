import type { NotificationMessage } from "@sluice/config";

/** Where the dashboard shows what a message is about; undefined when its address is not known or it shows nothing of the kind. */
export function linkOf(
  { subject }: NotificationMessage,
  dashboardUrl: string | undefined,
): string | undefined {
  if (dashboardUrl === undefined) return undefined;
  const slash = subject.indexOf("/");
  const id = encodeURIComponent(subject.slice(slash + 1));
  switch (subject.slice(0, slash)) {
    case "approval":
      return `${dashboardUrl}/approvals/${id}`;
    case "rollout":
      return `${dashboardUrl}/rollouts/${id}`;
    case "node":
      return `${dashboardUrl}/nodes/${id}`;
    case "alert":
      return `${dashboardUrl}/alerts`;
    case "channel":
      return `${dashboardUrl}/notifications`;
    default:
      return undefined;
  }
}

/** As plain text, one fact a line. */
export function textOf(message: NotificationMessage, dashboardUrl: string | undefined): string {
  const link = linkOf(message, dashboardUrl);
  return [
    message.title,
    "",
    ...message.lines,
    `At: ${message.at}`,
    ...(link === undefined ? [] : [link]),
  ].join("\n");
}
