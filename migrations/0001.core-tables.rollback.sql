DROP TABLE audit_log, idempotency_keys, profiles, settings, function_versions, applied_migrations;
DROP SEQUENCE refusals_invalid_input, refusals_not_authenticated, refusals_insufficient_points, refusals_insufficient_credits,
    refusals_payment_required, refusals_not_allowed, refusals_not_found, refusals_spot_not_available, refusals_slot_taken,
    refusals_outside_availability, refusals_already_booked, refusals_class_full, refusals_limit_reached, refusals_invalid_state,
    refusals_too_late, refusals_idempotency_conflict, refusals_in_the_past, refusals_self_booking, refusals_not_a_practitioner,
    refusals_inactive, refusals_not_accepting, refusals_nonexistent_local_time, refusals_rate_limited;
