import { notFound } from "next/navigation";
import { SourcePage } from "../../../../components/source/source-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export async function generateMetadata({ params }: { params: Promise<{ name: string }> }) {
  const [{ name }, { title }] = await Promise.all([params, pageTitle("sources")]);
  return { title: `${title} · ${name}` };
}

export default async function Page({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  if (!/^[a-z0-9-]{1,63}$/.test(name)) notFound();
  return <SourcePage name={name} />;
}
