import { pageTitle } from "../../i18n/page-title.ts";
import { SignInForm } from "./sign-in-form.tsx";

export const generateMetadata = () => pageTitle("signIn");

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<{ next?: string | string[]; error?: string | string[] }>;
}) {
  const { next, error } = await searchParams;
  return (
    <SignInForm
      next={typeof next === "string" ? next : "/"}
      error={typeof error === "string" ? error : undefined}
    />
  );
}
