DROP TABLE class_waitlist, package_usage, membership_usage, bookings, packages, memberships, class_sessions, clients, leads,
    user_organizations, organizations;
ALTER TABLE settings
    DROP COLUMN class_cancel_notice,
    DROP COLUMN class_booking_cutoff,
    DROP COLUMN card_payment_window,
    DROP COLUMN widget_rate_window,
    DROP COLUMN widget_bookings_per_address,
    DROP COLUMN widget_bookings_per_email,
    DROP COLUMN trusted_proxies,
    DROP COLUMN widget_secret;
DELETE FROM applied_migrations WHERE migration_id = '0008.classes-tables';
