DROP TABLE employee_points_history, gusmester_bookings, guest_spots, session_employees, sessions, employees;
ALTER TABLE settings
    DROP COLUMN gus_initial_points,
    DROP COLUMN gus_spot_cost,
    DROP COLUMN gus_release_award,
    DROP COLUMN gus_release_notice,
    DROP COLUMN gus_cancel_notice;
DELETE FROM applied_migrations WHERE migration_id = '0003.gusmester-tables';
