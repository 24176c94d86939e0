import { notFound } from "next/navigation";
import { VersionPage } from "../../../../components/release/version-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export async function generateMetadata({ params }: { params: Promise<{ number: string }> }) {
  const [{ number }, { title }] = await Promise.all([params, pageTitle("versions")]);
  return { title: `${title} · ${number}` };
}

export default async function Page({ params }: { params: Promise<{ number: string }> }) {
  const { number } = await params;
  if (!/^[1-9]\d{0,8}$/.test(number)) notFound();
  return <VersionPage number={Number(number)} />;
}
