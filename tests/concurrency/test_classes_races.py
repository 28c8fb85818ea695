"""Many customers at the same moment: no place, use or line is given twice, and nobody waits for ever."""

import psycopg
import pytest
from classes.fixtures import every_invariant_holds, staff_as, studio, studio_as
from classes.studio import Customer, Studio
from support.blocking import TIMEOUT, execute_in_thread, wait_until_blocked
from support.race import race
from support.refusals import STATUS, refused

__all__ = ["every_invariant_holds", "staff_as", "studio", "studio_as"]

ROUNDS = 5
"""How often a race is run that has several outcomes."""


def winners(outcomes, *reasons):
    """Return the results; all others were refused for one of the reasons."""
    results = [each for each in outcomes if not isinstance(each, Exception)]
    for error in outcomes:
        if isinstance(error, Exception):
            assert isinstance(error, psycopg.Error), repr(error)
            allowed = {f"PT{STATUS[reason]}": reason for reason in reasons}
            assert error.sqlstate in allowed, repr(error)
            assert any(f'"{reason}"' in (error.diag.message_detail or "") for reason in reasons), repr(error)
    return results


@pytest.fixture
def at_once(studio, connect):
    """Let calls begin at the same moment, each of a service on a connection of its own."""

    def at_once(*works):
        connections = [connect() for _ in works]
        return race(
            len(works),
            lambda i: connections[i],
            lambda connection, i: works[i](Studio(connection, studio.organization)),
        )

    return at_once


class TestPlaces:
    def test_the_one_place_is_one_of_a_client_a_lead_and_a_duplicate_clients(self, studio, at_once):
        """Scenario 32."""
        lead, client = studio.lead(), studio.client()
        duplicate = studio.turned(lead)
        for _ in range(ROUNDS):
            class_id = studio.plans(p_is_free=True)
            outcomes = at_once(
                *(lambda s, c=c, k=class_id: s.books(k, c) for c in (lead, client, duplicate, lead, client, duplicate))
            )
            assert len(winners(outcomes, "class_full", "already_booked")) == 1
            assert (studio.taken(class_id), len(studio.holders(class_id))) == (1, 1)

    def test_a_client_and_the_lead_they_came_from_book_once(self, studio, at_once):
        lead = studio.lead()
        client = studio.turned(lead)
        for _ in range(ROUNDS):
            class_id = studio.plans(capacity=10, p_is_free=True)
            outcomes = at_once(*(lambda s, c=c, k=class_id: s.books(k, c) for c in [lead, client] * 2))
            assert len(winners(outcomes, "already_booked")) == 1
            assert studio.taken(class_id) == 1

    def test_three_places_are_three_of_twelve_customers(self, studio, at_once):
        class_id = studio.plans(capacity=3)
        clients = [studio.covered(1) for _ in range(12)]
        outcomes = at_once(*(lambda s, c=c: s.books(class_id, c) for c in clients))
        assert sorted(each["spots_left"] for each in winners(outcomes, "class_full")) == [0, 1, 2]
        assert studio.value("SELECT count(*) FROM package_usage") == 3


class TestTheLastUse:
    @pytest.mark.parametrize("method", ["membership", "package"])
    def test_is_one_of_bookings_of_different_classes(self, studio, at_once, method):
        """Scenario 34: never eleven of ten."""
        lead = studio.lead()
        client = studio.turned(lead)
        getattr(studio, method)(client, 3)
        classes = [studio.plans_at(f"2090-03-{day} 12:00Z") for day in range(10, 20)]
        outcomes = at_once(*(lambda s, k=k, i=i: s.books(k, [client, lead][i % 2]) for i, k in enumerate(classes)))
        assert len(winners(outcomes, "limit_reached", "payment_required")) == 3

    def test_of_two_packages_and_a_membership_is_used_up_exactly(self, studio, at_once):
        client = studio.client()
        membership, packages = studio.membership(client, 2), [studio.package(client, 1), studio.package(client, 2)]
        classes = [studio.plans_at(f"2090-03-{day} 12:00Z") for day in range(10, 20)]
        outcomes = at_once(*(lambda s, k=k: s.books(k, client) for k in classes))
        assert len(winners(outcomes, "limit_reached")) == 5
        assert [studio.used(each) for each in packages] == [1, 2]
        assert len(studio.uses(membership)) == 2

    def test_given_back_and_taken_at_once_is_there_once(self, studio, at_once):
        for _ in range(ROUNDS):
            client = studio.client()
            package = studio.package(client, 1)
            booking, other = studio.books(studio.plans(), client)["booking_id"], studio.plans()
            outcomes = at_once(lambda s, b=booking: s.cancels(b), lambda s, c=client, k=other: s.books(k, c))
            assert studio.used(package) == len(winners(outcomes, "payment_required")) - 1


class TestCancelling:
    def test_twice_gives_the_use_back_once(self, studio, at_once):
        client = studio.client()
        package = studio.package(client, 5)
        for _ in range(4):
            studio.books(studio.plans(), client)
        booking = studio.value("SELECT min(id::text) FROM bookings")
        outcomes = at_once(*[lambda s: s.cancels(booking)] * 6)
        assert len(winners(outcomes, "invalid_state")) == 1
        assert studio.used(package) == 3

    def test_gives_the_place_to_who_waits_or_to_who_comes(self, studio, at_once):
        for _ in range(ROUNDS):
            class_id, booking = studio.full()
            waits, comes = studio.covered(), studio.covered()
            studio.joins(class_id, waits)
            outcomes = at_once(lambda s, b=booking: s.cancels(b), lambda s, k=class_id, c=comes: s.books(k, c))
            assert winners(outcomes, "class_full")[0]["promoted_booking_id"]
            assert studio.holders(class_id) == [waits.id]

    def test_of_many_classes_promotes_the_same_people_without_a_deadlock(self, studio, at_once):
        line = [studio.covered(20) for _ in range(4)]
        for _ in range(ROUNDS):
            fulls = [studio.full(capacity=1) for _ in range(6)]
            for i, (class_id, _) in enumerate(fulls):
                for each in line[:: 1 if i % 2 else -1]:
                    studio.joins(class_id, each)
            more = studio.plans(capacity=10)
            outcomes = at_once(
                *(lambda s, b=booking: s.cancels(b) for _, booking in fulls),
                *(lambda s, c=c, k=more: s.books(k, c) for c in line),
            )
            assert len(winners(outcomes)) == 10
            assert [studio.taken(class_id) for class_id, _ in fulls] == [1] * 6

    def test_by_the_customer_and_with_the_class_is_once(self, studio, at_once):
        for _ in range(ROUNDS):
            class_id, client = studio.plans(capacity=5), studio.client()
            package = studio.package(client, 2)
            booking = studio.books(class_id, client)["booking_id"]
            comes, waits = studio.covered(), studio.covered()
            outcomes = at_once(
                lambda s, b=booking: s.cancels(b),
                lambda s, k=class_id: s.calls_off(k),
                lambda s, k=class_id, c=comes: s.books(k, c),
                lambda s, k=class_id, c=waits: s.books(k, c),
                lambda s, b=booking: s.checks_in(b),
            )
            winners(outcomes, "invalid_state")
            assert not isinstance(outcomes[1], Exception)
            assert (studio.taken(class_id), studio.used(package)) == (0, 0)
            assert studio.value("SELECT coalesce(sum(classes_used), 0) FROM packages") == 0

    def test_of_two_at_once_promotes_two(self, studio, at_once):
        for _ in range(ROUNDS):
            class_id = studio.plans(capacity=2, p_is_free=True)
            bookings = [studio.books(class_id, studio.client())["booking_id"] for _ in range(2)]
            line = [studio.client() for _ in range(3)]
            for each in line:
                studio.joins(class_id, each)
            winners(at_once(*(lambda s, b=b: s.cancels(b) for b in bookings)))
            assert set(studio.holders(class_id)) == {line[0].id, line[1].id}
            assert studio.waiting(class_id) == [line[2].id]


class TestOnePerson:
    def test_is_made_of_two_while_both_book(self, studio, at_once):
        for n in range(ROUNDS):
            email = f"ann{n}@studio.example"
            lead, client = studio.lead(email=email), studio.client(email=email)
            class_id = studio.plans(capacity=5, p_is_free=True)
            outcomes = at_once(
                lambda s, each=lead: s.converts(each.id),
                lambda s, k=class_id, each=lead: s.books(k, each),
                lambda s, k=class_id, each=client: s.books(k, each),
            )
            winners(outcomes, "already_booked")
            linked = studio.about("clients", client.id, "lead_id") is not None
            assert linked is not isinstance(outcomes[0], Exception)
            assert studio.taken(class_id) == (1 if linked else 2)

    def test_is_converted_and_erased_without_a_deadlock(self, studio, at_once):
        for n in range(ROUNDS):
            email = f"ann{n}@studio.example"
            user_id = studio.profile(email=email)
            lead, client = studio.lead(email=email), studio.client(email=email, user_id=user_id)
            class_id, booking = studio.full()
            studio.package(client)
            studio.joins(class_id, client)
            studio.books(studio.plans(), client)
            outcomes = at_once(
                lambda s, each=lead: s.converts(each.id),
                lambda s, u=user_id: s.erases(u),
                lambda s, b=booking: s.cancels(b),
            )
            assert len(winners(outcomes)) == 3

    def test_is_erased_or_promoted_or_both_without_a_deadlock(self, studio, at_once):
        for _ in range(ROUNDS):
            class_id, booking = studio.full()
            waits = studio.covered()
            studio.joins(class_id, waits)
            outcomes = at_once(
                lambda s, u=waits.user_id: s.erases(u), lambda s, b=booking: s.cancels(b), lambda s: s.maintains()
            )
            assert len(winners(outcomes)) == 3
            assert studio.about("clients", waits.id, "name") == "Erased"
            assert studio.waiting(class_id) == []
            told = studio.rows("SELECT payload, status FROM notifications WHERE user_id = %s", [waits.user_id])
            assert all(each == ({}, "withdrawn") for each in told)

    def test_saved_ten_times_at_once_is_one(self, studio, at_once):
        for kind in ("lead", "client"):
            saved = at_once(*(lambda s, k=kind, n=n: s.saves(k, f"Ann {n}", "ann@studio.example") for n in range(10)))
            assert len(set(winners(saved))) == 1
        assert studio.value("SELECT count(DISTINCT person_id) FROM clients JOIN leads USING (person_id)") == 1

    def test_known_by_twenty_widgets_at_once_has_one_place(self, studio, at_once):
        class_id = studio.plans(capacity=30)
        answers = at_once(*[lambda s: s.widget(class_id)] * 20)
        assert len({each["receipt"] for each in winners(answers)}) == 1
        assert studio.value("SELECT count(*) FROM leads") == studio.taken(class_id) == 1

    def test_has_five_bookings_of_twenty_widgets_of_different_classes(self, studio, at_once):
        classes = [studio.plans() for _ in range(20)]
        answers = at_once(*(lambda s, k=k: s.widget(k) for k in classes))
        assert len(winners(answers, "rate_limited")) == 5

    def test_of_one_network_address_books_for_twenty(self, studio, at_once):
        studio.connection.execute("UPDATE settings SET widget_bookings_per_address = 7")
        class_id = studio.plans(capacity=30)
        answers = at_once(*(lambda s, n=n: s.widget(class_id, f"z{n}@anybody.example") for n in range(20)))
        assert len(winners(answers, "rate_limited")) == studio.taken(class_id) == 7


class TestHousekeeping:
    def test_cancels_what_is_not_paid_or_leaves_what_is(self, studio, at_once):
        for _ in range(ROUNDS):
            booking = studio.books(studio.plans(), studio.client(), "card")["booking_id"]
            studio.connection.execute("UPDATE bookings SET created_at = now() - interval '1 hour'")
            outcomes = at_once(lambda s, b=booking: s.pays(b), lambda s: s.maintains(), lambda s: s.maintains())
            assert len(winners(outcomes)) == 3
            status, payment = studio.booking(booking, "booking_status", "payment_status")
            # A payment that comes too late is on record; staff give it back.
            assert payment == "paid"
            assert status in ("confirmed", "cancelled")
            assert sum(done.get("unpaid_bookings_cancelled", 0) for done in outcomes[1:]) == (status == "cancelled")

    def test_twice_at_once_promotes_once(self, studio, at_once):
        class_id, _ = studio.full()
        line = [studio.covered() for _ in range(4)]
        for each in line:
            studio.joins(class_id, each)
        studio.connection.execute("UPDATE class_sessions SET capacity = 3")
        done = at_once(*[lambda s: s.maintains()] * 4)
        assert sum(each.get("waitlist_promoted", 0) for each in winners(done)) == 2
        assert studio.taken(class_id) == 3


class TestRoles:
    def test_of_two_owners_who_remove_each_other_one_stays(self, studio, studio_as):
        for how in ("dismisses", "appoints"):
            for _ in range(ROUNDS):
                owners = [studio.staff("owner") for _ in range(2)]
                callers = [studio_as(owner) for owner in owners]
                more = [] if how == "dismisses" else ["staff"]
                outcomes = race(
                    2,
                    lambda i, callers=callers: callers[i].connection,
                    lambda _, i, callers=callers, owners=owners, how=how, more=more: getattr(callers[i], how)(
                        owners[1 - i], *more
                    ),
                )
                assert len(winners(outcomes, "not_allowed")) == 1
                left = studio.rows("SELECT user_id FROM user_organizations WHERE role = 'owner'")
                assert len(left) == 1
                studio.connection.execute("DELETE FROM user_organizations")


class TestInSteps:
    """One waits for another's lock, and the test knows that it does."""

    BOOK = "SELECT create_class_booking(%s, %s, %s, %s)"

    @pytest.fixture
    def first(self, studio, connect):
        """Somebody who comes first and takes their time."""
        connection = connect()
        connection.execute("BEGIN")
        return Studio(connection, studio.organization)

    @pytest.fixture
    def wait(self, db, connect):
        """Start a call of somebody who comes later and return when they wait; the result is for later."""

        def wait(statement, parameters):
            second = connect()
            later = execute_in_thread(second, statement, parameters)
            wait_until_blocked(db, second.info.backend_pid)
            return later

        return wait

    def whom(self, class_id, customer: Customer):
        """Return the parameters of BOOK."""
        return [customer.organization, class_id, customer.id, customer.kind]

    def test_who_waits_for_the_last_place_gets_it_when_the_first_rolls_back(self, studio, first, wait):
        class_id, one, other = studio.plans(), studio.covered(), studio.covered()
        first.books(class_id, one)
        later = wait(self.BOOK, self.whom(class_id, other))
        first.connection.execute("ROLLBACK")
        assert later.result(TIMEOUT)[0][0]["success"]
        assert studio.holders(class_id) == [other.id]

    def test_who_waits_for_the_last_place_is_refused_when_the_first_commits(self, studio, first, wait):
        class_id, one, other = studio.plans(), studio.covered(), studio.covered()
        first.books(class_id, one)
        later = wait(self.BOOK, self.whom(class_id, other))
        first.connection.execute("COMMIT")
        with refused("class_full", capacity=1):
            later.result(TIMEOUT)

    def test_who_comes_after_the_winners_commit_does_not_wait(self, studio, first):
        class_id, _ = studio.full()
        client = studio.covered()
        first.connection.execute("SELECT FROM class_sessions FOR NO KEY UPDATE")
        studio.connection.execute("SET lock_timeout = '100ms'")
        with refused("class_full"):
            studio.books(class_id, client)
        with refused("class_full"):
            studio.widget(class_id)

    def test_other_classes_and_people_do_not_wait(self, studio, first):
        classes, clients = [studio.plans() for _ in range(2)], [studio.covered() for _ in range(2)]
        first.books(classes[0], clients[0])
        studio.connection.execute("SET lock_timeout = '100ms'")
        assert studio.books(classes[1], clients[1])["success"]

    def test_a_class_cancelled_meanwhile_is_not_booked(self, studio, first, wait):
        class_id, client = studio.plans(), studio.covered()
        first.calls_off(class_id)
        later = wait(self.BOOK, self.whom(class_id, client))
        first.connection.execute("COMMIT")
        with refused("invalid_state", status="cancelled"):
            later.result(TIMEOUT)

    def test_a_class_booked_meanwhile_is_not_cancelled_by_hand(self, studio, first, wait):
        class_id = studio.plans()
        first.books(class_id, studio.covered())
        later = wait("UPDATE class_sessions SET status = 'cancelled'", [])
        first.connection.execute("COMMIT")
        with pytest.raises(psycopg.errors.CheckViolation):
            later.result(TIMEOUT)

    def test_somebody_deactivated_meanwhile_does_not_book(self, studio, first, wait):
        class_id, client = studio.plans(), studio.covered()
        first.connection.execute("UPDATE clients SET status = 'inactive'")
        later = wait(self.BOOK, self.whom(class_id, client))
        first.connection.execute("COMMIT")
        with refused("inactive"):
            later.result(TIMEOUT)

    def test_who_stops_being_staff_meanwhile_changes_no_role(self, studio, first, as_user, db):
        owner, user = studio.staff("owner"), studio.profile()
        studio.staff("owner")
        first.dismisses(owner)
        second = as_user(owner)
        later = execute_in_thread(second, "SELECT set_organization_role(%s, %s, 'owner')", [studio.organization, user])
        wait_until_blocked(db, second.info.backend_pid)
        first.connection.execute("COMMIT")
        with refused("not_allowed"):
            later.result(TIMEOUT)

    def test_the_widget_books_for_nobody_who_is_being_erased(self, studio, first, wait):
        class_id, email = studio.plans(), "ann@home.example"
        user_id = studio.profile(email=email)
        client = studio.client(user_id=user_id, email=email)
        first.erases(user_id)
        later = wait("SELECT create_public_booking(%s, %s, 'Ann', %s)", [studio.organization, class_id, email])
        first.connection.execute("COMMIT")
        assert later.result(TIMEOUT)[0][0]["success"]
        (row,) = studio.roster(class_id)
        assert (row["customer_type"], row["email"]) == ("lead", email)
        assert client.id not in studio.holders(class_id)

    def test_who_is_being_erased_books_the_class_they_wait_for_without_a_deadlock(self, studio, connect, db):
        class_id, booking = studio.full()
        client = studio.client()
        studio.joins(class_id, client)
        studio.cancels(booking)
        studio.package(client)
        holder, eraser = connect(), connect()
        holder.execute("BEGIN")
        holder.execute("SELECT FROM clients WHERE id = %s FOR NO KEY UPDATE", [client.id])
        erased = execute_in_thread(eraser, "SELECT erase_person(%s)", [client.user_id])
        wait_until_blocked(db, eraser.info.backend_pid)
        # The holder goes on as a booking does that has locked its client: it takes them out of the line.
        booked = execute_in_thread(holder, self.BOOK, self.whom(class_id, client))
        assert booked.result(TIMEOUT)[0][0]["success"]
        holder.execute("COMMIT")
        assert erased.result(TIMEOUT)
