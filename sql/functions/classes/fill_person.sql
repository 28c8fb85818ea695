-- Whose a row is: leads and clients are persons, what is theirs carries the person, so that composite keys tie it together.
-- A client who came from a lead is the lead's person; linked later, the client's rows follow (ON UPDATE CASCADE),
-- which one_live_booking_per_person refuses where both hold a place.
CREATE OR REPLACE FUNCTION fill_person() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan TO off
AS $$
BEGIN
    IF TG_TABLE_NAME = 'leads' THEN
        NEW.person_id := coalesce(NEW.person_id, NEW.id);
    ELSIF TG_TABLE_NAME = 'clients' THEN
        NEW.person_id := coalesce((SELECT l.person_id FROM leads l WHERE l.id = NEW.lead_id), NEW.person_id, NEW.id);
    ELSIF TG_TABLE_NAME IN ('memberships', 'packages') THEN
        NEW.person_id := coalesce((SELECT c.person_id FROM clients c WHERE c.id = NEW.client_id),
                                  (SELECT l.person_id FROM leads l WHERE l.id = NEW.lead_id));
    ELSE
        NEW.person_id := coalesce((SELECT c.person_id FROM clients c WHERE c.id = NEW.client_id),
                                  (SELECT l.person_id FROM leads l WHERE l.id = NEW.customer_id));
    END IF;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION fill_person FROM PUBLIC, anon, authenticated, service_role;
COMMENT ON FUNCTION fill_person IS 'Trigger: fills person_id in from the client or lead that a row belongs to.';
CREATE OR REPLACE TRIGGER leads_person BEFORE INSERT ON leads FOR EACH ROW EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER clients_person BEFORE INSERT OR UPDATE OF lead_id ON clients FOR EACH ROW EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER memberships_person BEFORE INSERT ON memberships FOR EACH ROW EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER packages_person BEFORE INSERT ON packages FOR EACH ROW EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER bookings_person BEFORE INSERT ON bookings FOR EACH ROW WHEN (NEW.person_id IS NULL) EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER class_waitlist_person BEFORE INSERT ON class_waitlist FOR EACH ROW EXECUTE FUNCTION fill_person();
CREATE OR REPLACE TRIGGER organizations_timezone
    BEFORE INSERT OR UPDATE OF timezone ON organizations
    FOR EACH ROW EXECUTE FUNCTION check_timezone();
