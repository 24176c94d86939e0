CREATE TABLE "config"."acme_dns_provider" (
	"name" text PRIMARY KEY NOT NULL,
	"position" integer NOT NULL,
	"settings" jsonb NOT NULL,
	"sealed_secret" text,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."node_managed" (
	"node" text PRIMARY KEY NOT NULL,
	"revision" text,
	"fingerprints" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "type" text DEFAULT 'http-01' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "certificate" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "chain" text;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "sealed_key" text;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "dns_provider" text;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "record_name" text;--> statement-breakpoint
ALTER TABLE "config"."acme_challenge" ADD COLUMN "record_value" text;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "requested" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "wanted_authority" text;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "challenge" text;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "dns_provider" text;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "listener" text;--> statement-breakpoint
ALTER TABLE "config"."managed_certificate" ADD COLUMN "key_type" text DEFAULT 'ec-p256' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."node_managed" ADD CONSTRAINT "node_managed_node_node_id_fk" FOREIGN KEY ("node") REFERENCES "config"."node"("id") ON DELETE cascade ON UPDATE no action;