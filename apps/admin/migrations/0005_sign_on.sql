CREATE TABLE "auth"."passkey" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text,
	"public_key" text NOT NULL,
	"user_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"counter" integer NOT NULL,
	"device_type" text NOT NULL,
	"backed_up" boolean NOT NULL,
	"transports" text,
	"created_at" timestamp (3) with time zone,
	"aaguid" text,
	CONSTRAINT "passkey_credential_id_unique" UNIQUE("credential_id")
);
--> statement-breakpoint
CREATE TABLE "auth"."sign_on_policy" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"password_sign_in" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth"."sign_on_provider" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"enabled" boolean NOT NULL,
	"issuer" text NOT NULL,
	"client_id" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"domains" jsonb NOT NULL,
	"roles_claim" text,
	"role_rules" jsonb NOT NULL,
	"default_role" text,
	"create_accounts" boolean NOT NULL,
	"link_by_email" boolean NOT NULL,
	"trust_email" boolean NOT NULL,
	"trust" text,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "auth"."two_factor" ADD COLUMN "last_used_step" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth"."user" ADD COLUMN "disabled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth"."passkey" ADD CONSTRAINT "passkey_user_id_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "auth"."user"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "passkey_user_id" ON "auth"."passkey" USING btree ("user_id");