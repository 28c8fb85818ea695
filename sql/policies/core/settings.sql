-- The service reads and changes settings. The counts of refusals are read by booking_stats() alone.
ALTER TABLE settings ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON settings FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON SEQUENCE
    refusals_invalid_input, refusals_not_authenticated, refusals_insufficient_points,
    refusals_insufficient_credits, refusals_payment_required, refusals_not_allowed, refusals_not_found,
    refusals_spot_not_available, refusals_slot_taken, refusals_outside_availability, refusals_already_booked,
    refusals_class_full, refusals_limit_reached, refusals_invalid_state, refusals_too_late,
    refusals_idempotency_conflict, refusals_in_the_past, refusals_self_booking, refusals_not_a_practitioner,
    refusals_inactive, refusals_not_accepting, refusals_nonexistent_local_time, refusals_rate_limited
    FROM PUBLIC, anon, authenticated, service_role;
GRANT SELECT, INSERT, UPDATE ON settings TO service_role;
DROP POLICY IF EXISTS settings_service ON settings;
CREATE POLICY settings_service ON settings TO service_role
    USING ((SELECT caller_is_service())) WITH CHECK ((SELECT caller_is_service()));
