"""What callers rely on: names, parameters, result keys, columns."""

from gusmester.calls import run
from gusmester.every_command.commands import COMMANDS, every_command

KEY = "p_idempotency_key text DEFAULT NULL::text"
EMPLOYEE = "p_employee_id uuid DEFAULT NULL::uuid"

COMMAND_PARAMETERS = {
    "book_gusmester_spot": f"p_session_id uuid, {EMPLOYEE}, {KEY}",
    "cancel_gusmester_booking": f"p_booking_id uuid, {KEY}",
    "release_guest_spot": f"p_session_id uuid, {KEY}",
    "book_guest_for_session": "p_session_id uuid, p_guest_name text, p_guest_email text,"
    f" p_guest_phone text DEFAULT NULL::text, {KEY}",
    "cancel_guest_booking": f"p_session_id uuid, {KEY}",
    "create_gus_session": "p_name text, p_starts_at timestamp with time zone, p_duration_minutes integer,"
    " p_host_employee_ids uuid[] DEFAULT '{}'::uuid[], p_location text DEFAULT NULL::text,"
    f" p_max_participants integer DEFAULT NULL::integer, p_is_private boolean DEFAULT false, {KEY}",
    "assign_session_employee": f"p_session_id uuid, p_employee_id uuid, {KEY}",
    "unassign_session_employee": f"p_session_id uuid, p_employee_id uuid, {KEY}",
    "cancel_gus_session": f"p_session_id uuid, p_reason text, {KEY}",
    "adjust_employee_points": f"p_employee_id uuid, p_amount integer, p_reason text, {KEY}",
}

QUERIES = {
    "get_employee_points": (EMPLOYEE, "points integer"),
    "get_points_history": (
        f"{EMPLOYEE}, p_limit integer DEFAULT 50",
        "id bigint, entry_number integer, amount integer, reason text, related_session_id uuid,"
        " related_booking_id uuid, points_before integer, points_after integer, created_at timestamp with time zone",
    ),
    "available_guest_spots": (
        EMPLOYEE,
        "session_id uuid, guest_spot_id uuid, name text, starts_at timestamp with time zone,"
        " duration_minutes integer, location text, host_name text, point_cost integer, can_afford boolean",
    ),
    "my_gusmester_bookings": (
        EMPLOYEE,
        "booking_id uuid, session_id uuid, name text, starts_at timestamp with time zone,"
        " duration_minutes integer, location text, host_name text, status text, point_cost integer,"
        " can_cancel boolean, cancel_deadline timestamp with time zone",
    ),
    "my_hosting_sessions": (
        EMPLOYEE,
        "session_id uuid, guest_spot_id uuid, name text, starts_at timestamp with time zone, status text,"
        " guest_name text, can_release boolean, will_earn_points boolean",
    ),
}

COLUMNS = {
    "employees": "id user_id name email status points is_admin",
    "sessions": "id name starts_at duration_minutes location max_participants is_private status",
    "session_employees": "session_id employee_id assigned_at",
    "guest_spots": "id session_id host_employee_id status guest_name guest_email guest_phone released_by released_at"
    " points_earned",
    "gusmester_bookings": "id employee_id session_id point_cost status booked_at cancelled_at",
    "employee_points_history": "id employee_id amount reason related_session_id related_booking_id points_before"
    " points_after created_at",
}


def signature(club, function):
    """Return parameters, result and volatility of the one function of this name."""
    (found,) = club.rows(
        "SELECT pg_get_function_arguments(oid), pg_get_function_result(oid), provolatile FROM pg_proc"
        " WHERE proname = %s AND pronamespace = current_schema()::regnamespace",
        [function],
    )
    return found


def test_every_command_is_tried():
    assert {command.name for command in COMMANDS} == set(COMMAND_PARAMETERS)


@every_command
def test_a_command_takes_and_answers_what_is_promised(club, command):
    assert signature(club, command.name) == (COMMAND_PARAMETERS[command.name], "json", "v")
    trial = command.prepare(club)
    result = run(club.connection, command.name, **trial.service_arguments)
    assert result["success"] is True
    assert set(result) == {"success", *command.result}


def test_queries_take_and_return_what_is_promised(club):
    for query, (parameters, columns) in QUERIES.items():
        assert signature(club, query) == (parameters, f"TABLE({columns})", "s")


def test_tables_have_the_columns_that_are_promised(club):
    for table, columns in COLUMNS.items():
        found = club.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        assert set(columns.split()) <= {name for (name,) in found}
