CREATE TABLE "config"."authority" (
	"name" text PRIMARY KEY NOT NULL,
	"certificate" text NOT NULL,
	"sealed_key" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."join_token" (
	"id" text PRIMARY KEY NOT NULL,
	"hash" "bytea" NOT NULL,
	"note" text NOT NULL,
	"node" text,
	"labels" jsonb NOT NULL,
	"uses_max" integer NOT NULL,
	"uses" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"revoked_by" text
);
--> statement-breakpoint
CREATE TABLE "config"."node_certificate" (
	"serial" text PRIMARY KEY NOT NULL,
	"node" text NOT NULL,
	"labels" jsonb NOT NULL,
	"issued_at" timestamp with time zone NOT NULL,
	"not_after" timestamp with time zone NOT NULL,
	"token" text NOT NULL,
	"renewed_from" text,
	"peer" text NOT NULL,
	"revoked_at" timestamp with time zone,
	"revoked_by" text
);
--> statement-breakpoint
CREATE INDEX "node_certificate_node" ON "config"."node_certificate" USING btree ("node");--> statement-breakpoint
CREATE INDEX "node_certificate_not_after" ON "config"."node_certificate" USING btree ("not_after");