CREATE TABLE "config"."acme_authority" (
	"name" text PRIMARY KEY NOT NULL,
	"position" integer NOT NULL,
	"directory_url" text NOT NULL,
	"email" text,
	"trust" text,
	"eab_kid" text,
	"sealed_eab" text,
	"account_url" text,
	"sealed_account_key" text,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."acme_challenge" (
	"token" text PRIMARY KEY NOT NULL,
	"key_authorization" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."managed_certificate" (
	"name" text PRIMARY KEY NOT NULL,
	"names" jsonb NOT NULL,
	"state" text NOT NULL,
	"chain" text NOT NULL,
	"sealed_key" text NOT NULL,
	"not_after" timestamp with time zone NOT NULL,
	"authority" text,
	"due_at" timestamp with time zone NOT NULL,
	"failures" integer NOT NULL,
	"last_error" text,
	"tried_at" timestamp with time zone,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."key_holder" (
	"process" text NOT NULL,
	"label" text NOT NULL,
	"keys" jsonb NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "key_holder_process_pk" PRIMARY KEY("process")
);
--> statement-breakpoint
CREATE TABLE "config"."sealed_setting" (
	"name" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."secret_value" (
	"id" text PRIMARY KEY NOT NULL,
	"field" text NOT NULL,
	"sealed" text NOT NULL,
	"public_key" text,
	"used_at" timestamp with time zone NOT NULL
);
