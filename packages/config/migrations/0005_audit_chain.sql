CREATE TABLE "config"."audit_anchor" (
	"id" boolean PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."audit_head" (
	"id" boolean PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL,
	"hash" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."audit_link" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"event" bigint NOT NULL,
	"previous" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	CONSTRAINT "audit_link_event_unique" UNIQUE("event")
);
--> statement-breakpoint
CREATE TABLE "config"."audit_retention" (
	"id" boolean PRIMARY KEY NOT NULL,
	"days" integer
);
--> statement-breakpoint
CREATE INDEX "audit_event_at" ON "config"."audit_event" USING btree ("at");--> statement-breakpoint
INSERT INTO "config"."audit_head" ("id", "seq", "hash") VALUES (true, 0, decode(repeat('00', 32), 'hex'));
--> statement-breakpoint
INSERT INTO "config"."audit_retention" ("id", "days") VALUES (true, null);
--> statement-breakpoint
CREATE FUNCTION "config"."audit_hash"(previous bytea, event "config"."audit_event") RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(previous || convert_to(jsonb_build_array(
    event.id, (extract(epoch FROM event.at) * 1000000)::bigint, event.actor_id, event.actor, event.action, event.subject,
    event.details)::text, 'UTF8'))
$$;
--> statement-breakpoint
CREATE FUNCTION "config"."link_audit_event"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  head "config"."audit_head";
  own bytea;
BEGIN
  SELECT * INTO STRICT head FROM "config"."audit_head" FOR UPDATE;
  own := "config"."audit_hash"(head.hash, NEW);
  INSERT INTO "config"."audit_link" ("seq", "event", "previous", "hash") VALUES (head.seq + 1, NEW.id, head.hash, own);
  UPDATE "config"."audit_head" SET "seq" = head.seq + 1, "hash" = own;
  RETURN NULL;
END
$$;
--> statement-breakpoint
DO $$
DECLARE
  event "config"."audit_event";
  head "config"."audit_head";
  own bytea;
BEGIN
  SELECT * INTO STRICT head FROM "config"."audit_head";
  FOR event IN SELECT * FROM "config"."audit_event" ORDER BY "id" LOOP
    own := "config"."audit_hash"(head.hash, event);
    INSERT INTO "config"."audit_link" ("seq", "event", "previous", "hash") VALUES (head.seq + 1, event.id, head.hash, own);
    head.seq := head.seq + 1;
    head.hash := own;
  END LOOP;
  UPDATE "config"."audit_head" SET "seq" = head.seq, "hash" = head.hash;
END
$$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER "link" AFTER INSERT ON "config"."audit_event" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "config"."link_audit_event"();
--> statement-breakpoint
CREATE FUNCTION "config"."refuse_audit_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Retention says so for its own transaction; it leaves an anchor and an event behind.
  IF TG_OP = 'DELETE' AND current_setting('sluice.audit_retention', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
DROP TRIGGER "immutable" ON "config"."audit_event";
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."audit_event" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_audit_change"();
--> statement-breakpoint
CREATE TRIGGER "append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."audit_link" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_audit_change"();
