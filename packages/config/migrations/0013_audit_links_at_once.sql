-- The first event of a transaction makes the links of all of them: each link on its own had the head updated for every event, and
-- thousands of versions of one row in a transaction are thousands to look through for the next.
CREATE OR REPLACE FUNCTION "config"."link_audit_event"() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  head "config"."audit_head";
  event "config"."audit_event";
  own bytea;
BEGIN
  IF EXISTS (SELECT FROM "config"."audit_link" WHERE "audit_link"."event" = NEW.id) THEN
    RETURN NULL;
  END IF;
  SELECT * INTO STRICT head FROM "config"."audit_head" FOR UPDATE;
  FOR event IN
    SELECT e.* FROM "config"."audit_event" e
    WHERE e.id >= NEW.id AND NOT EXISTS (SELECT FROM "config"."audit_link" l WHERE l."event" = e.id)
    ORDER BY e.id
  LOOP
    own := "config"."audit_hash"(head.hash, event);
    INSERT INTO "config"."audit_link" ("seq", "event", "previous", "hash") VALUES (head.seq + 1, event.id, head.hash, own);
    head.seq := head.seq + 1;
    head.hash := own;
  END LOOP;
  UPDATE "config"."audit_head" SET "seq" = head.seq, "hash" = head.hash;
  RETURN NULL;
END
$$;
