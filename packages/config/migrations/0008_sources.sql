CREATE TABLE "config"."source" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"location" text NOT NULL,
	"ref" text NOT NULL,
	"path" text NOT NULL,
	"winner" text NOT NULL,
	"apply" text NOT NULL,
	"group_name" text NOT NULL,
	"interval_ms" integer NOT NULL,
	"sealed_credentials" text,
	"sealed_webhook" text,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"next_check_at" timestamp with time zone NOT NULL,
	"checked_at" timestamp with time zone,
	"commit" text,
	"commit_subject" text,
	"fetched_at" timestamp with time zone,
	"sealed_content" text,
	"applied_commit" text,
	"applied_at" timestamp with time zone,
	"applied_version" integer,
	"phase" text NOT NULL,
	"message" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."source_resource" (
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "source_resource_kind_name_pk" PRIMARY KEY("kind","name")
);
--> statement-breakpoint
ALTER TABLE "config"."source_resource" ADD CONSTRAINT "source_resource_source_source_name_fk" FOREIGN KEY ("source") REFERENCES "config"."source"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "source_resource_source" ON "config"."source_resource" USING btree ("source");