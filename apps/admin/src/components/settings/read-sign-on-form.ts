import type { RoleRule } from "../../server/sign-on/sign-on-contract.ts";

/** What the dialog's fields say. A secret that is left empty stays, where there is one to keep. */
export function readSignOnForm(
  form: FormData,
  {
    roleRules,
    keepSecret = false,
  }: { readonly roleRules: readonly RoleRule[]; readonly keepSecret?: boolean | undefined },
) {
  const text = (name: string): string => String(form.get(name) ?? "").trim();
  const words = (name: string): string[] =>
    text(name)
      .split(/[\s,]+/)
      .filter((word) => word !== "");
  const on = (name: string): boolean => form.get(name) === "on";
  const clientSecret = text("clientSecret");
  return {
    id: text("id"),
    name: text("name"),
    enabled: on("enabled"),
    issuer: text("issuer"),
    clientId: text("clientId"),
    clientSecret: clientSecret === "" && keepSecret ? undefined : clientSecret,
    scopes: words("scopes"),
    domains: words("domains"),
    rolesClaim: text("rolesClaim") || undefined,
    roleRules: roleRules.filter(({ value }) => value.trim() !== ""),
    defaultRole: text("defaultRole") || undefined,
    createAccounts: on("createAccounts"),
    linkByEmail: on("linkByEmail"),
    trustEmail: on("trustEmail"),
    trust: text("trust") || undefined,
  };
}
