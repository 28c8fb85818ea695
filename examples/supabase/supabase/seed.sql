-- Master data is written in SQL. user_id is the id of somebody who has signed up; it may come later.
INSERT INTO bookingdb.employees (name, email, is_admin) VALUES
    ('Alice', 'alice@club.example', false),
    ('Momo', 'momo@club.example', false),
    ('Merlin', 'merlin@club.example', true)
ON CONFLICT (email) DO NOTHING;

UPDATE bookingdb.employees e SET user_id = u.id
FROM auth.users u WHERE u.email = e.email AND e.user_id IS NULL;
