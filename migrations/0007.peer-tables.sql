-- Peer: practitioners treat each other for credits. Its sessions are the calendar's, its payments the ledger's.
-- depends: 0004.credits-tables 0005.calendar-tables

CREATE TABLE credit_rates (
    practitioner_id  uuid    NOT NULL REFERENCES practitioners ON DELETE RESTRICT,
    duration_minutes integer NOT NULL CHECK (duration_minutes BETWEEN 15 AND 180),
    credit_cost      integer NOT NULL CHECK (credit_cost BETWEEN 1 AND 1000000),
    PRIMARY KEY (practitioner_id, duration_minutes)
);
COMMENT ON TABLE credit_rates IS 'What a practitioner''s session of a length costs, where it is not practitioners.credits_per_hour.';

-- Closed from the first moment; what is open is said in sql/policies.
ALTER TABLE credit_rates ENABLE ROW LEVEL SECURITY;

INSERT INTO applied_migrations (migration_id) VALUES ('0007.peer-tables');
