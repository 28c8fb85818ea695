-- The one catalogue of refusals: reason, HTTP status (the SQLSTATE is PT + status) and what to do unless _fail() is told better.
-- Each reason has a sequence refusals_<reason>, made by a migration.
CREATE OR REPLACE FUNCTION _error_reasons() RETURNS TABLE (reason text, status integer, hint text)
LANGUAGE sql IMMUTABLE
SET search_path FROM CURRENT
AS $$
    VALUES
        ('invalid_input',          400, 'Correct the parameter named in the details and call again.'),
        ('not_authenticated',      401, 'Sign in and call again.'),
        ('insufficient_points',    402, 'Earn points first, for example by releasing a guest spot in time.'),
        ('insufficient_credits',   402, 'Get credits first.'),
        ('payment_required',       402, 'Choose a payment method, or get a membership or package that covers it.'),
        ('not_allowed',            403, 'Act for yourself, or ask somebody with the role for it.'),
        ('not_found',              404, 'Check the id.'),
        ('spot_not_available',     409, 'Choose another session, or try later.'),
        ('slot_taken',             409, 'Choose another time.'),
        ('outside_availability',   409, 'Choose a time within the working hours.'),
        ('already_booked',         409, 'Nothing to do: the booking exists.'),
        ('class_full',             409, 'Join the waitlist or choose another class.'),
        ('limit_reached',          409, 'Wait for the next period or use another payment method.'),
        ('invalid_state',          409, 'Look at the current status; this step does not follow from it.'),
        ('too_late',               409, 'The deadline has passed; contact the organizer.'),
        ('idempotency_conflict',   409, 'Use a new idempotency key for another request.'),
        ('in_the_past',            422, 'Choose a time in the future.'),
        ('self_booking',           422, 'Let somebody else book it.'),
        ('not_a_practitioner',     422, 'Choose a practitioner.'),
        ('inactive',               422, 'The person is inactive; choose somebody else or activate them first.'),
        ('not_accepting',          422, 'Choose a practitioner who accepts peer bookings.'),
        ('nonexistent_local_time', 422, 'The clock skips this time; choose one before or after the change.'),
        ('rate_limited',           429, 'Wait and try again.')
$$;
REVOKE ALL ON FUNCTION _error_reasons FROM PUBLIC, anon, authenticated, service_role;
