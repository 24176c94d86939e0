import { notFound } from "next/navigation";
import { ApprovalPage } from "../../../../components/approval/approval-page.tsx";
import { pageTitle } from "../../../../i18n/page-title.ts";

export async function generateMetadata({ params }: { params: Promise<{ id: string }> }) {
  const [{ id }, { title }] = await Promise.all([params, pageTitle("approvals")]);
  return { title: `${title} · ${id}` };
}

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!/^[1-9]\d{0,8}$/.test(id)) notFound();
  return <ApprovalPage id={Number(id)} />;
}
