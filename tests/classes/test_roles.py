"""Scenario 37: who says who works for an organization; nobody makes themself owner."""

import pytest

from classes.studio import UNKNOWN

ROLES = ["owner", "admin", "staff", "member"]


def role(studio, user_id):
    """Return somebody's role, None without one."""
    found = studio.rows(
        "SELECT role FROM user_organizations WHERE user_id = %s AND organization_id = %s",
        [user_id, studio.organization],
    )
    return found[0][0] if found else None


class TestAppointing:
    @pytest.mark.parametrize("new", ROLES)
    @pytest.mark.parametrize("old", [None, *ROLES])
    def test_by_an_owner_is_of_anybody_to_anything(self, studio, studio_as, old, new):
        owner = studio_as(studio.staff("owner"))
        user = studio.staff(old) if old else studio.profile()
        assert owner.appoints(user, new) == {
            "success": True, "organization_id": studio.organization, "user_id": user, "role": new,
        }  # fmt: skip
        assert role(studio, user) == new
        assert len(studio.audits("set_organization_role")) == (old != new)

    @pytest.mark.parametrize("old", [None, "admin", "staff", "member"])
    def test_by_an_admin_is_of_all_but_owners(self, studio, studio_as, refuses, old):
        admin = studio_as(studio.staff("admin"))
        user = studio.staff(old) if old else studio.profile()
        for new in ("staff", "admin", "member"):
            assert admin.appoints(user, new)["role"] == new
        with refuses("not_allowed"):
            admin.appoints(user, "owner")

    def test_by_an_admin_is_not_of_an_owner(self, studio, studio_as, refuses):
        owner, admin = studio.staff("owner"), studio_as(studio.staff("admin"))
        for new in ROLES:
            with refuses("not_allowed"):
                admin.appoints(owner, new)
        with refuses("not_allowed"):
            admin.dismisses(owner)

    @pytest.mark.parametrize("who", ["staff", "member", None])
    def test_by_others_is_refused_also_of_themselves(self, studio, studio_as, refuses, who):
        user = studio.staff(who) if who else studio.profile()
        themself, other = studio_as(user), studio.profile()
        for new in ROLES:
            for whom in (user, other):
                with refuses("not_allowed"):
                    themself.appoints(whom, new)

    def test_in_another_organization_is_refused(self, studio, studio_as, refuses):
        stranger = studio_as(studio.staff("owner", studio.opens()))
        user = studio.profile()
        for organization in (studio.organization, UNKNOWN):
            with refuses("not_allowed"):
                stranger.appoints(user, "staff", p_organization_id=organization)

    def test_by_the_service_makes_the_first_owner(self, studio):
        user = studio.profile()
        assert studio.appoints(user, "owner")["role"] == "owner"

    def test_of_nobody_known_or_active_is_refused(self, studio, refuses):
        inactive = studio.profile(is_active=False)
        with refuses("inactive", user_id=inactive):
            studio.appoints(inactive, "staff")
        with refuses("not_found", entity="profile", id=UNKNOWN):
            studio.appoints(UNKNOWN, "staff")

    @pytest.mark.parametrize("new", [None, "", "Owner", "x" * 20_000])
    def test_to_what_is_no_role_is_refused(self, studio, refuses, new):
        user = studio.profile()
        with refuses("invalid_input", parameter="p_role"):
            studio.appoints(user, new)

    def test_says_whom_and_where(self, studio, refuses):
        user = studio.profile()
        with refuses("invalid_input", parameter="p_user_id"):
            studio.appoints(None, "staff")
        with refuses("invalid_input", parameter="p_organization_id"):
            studio.appoints(user, "staff", p_organization_id=None)
        with refuses("not_found", entity="organization"):
            studio.appoints(user, "staff", p_organization_id=UNKNOWN)


class TestDismissing:
    def test_takes_the_role_and_all_it_opens(self, studio, studio_as, refuses):
        admin, user = studio_as(studio.staff("admin")), studio.staff()
        staff = studio_as(user)
        class_id = staff.plans()
        assert admin.dismisses(user) == {"success": True, "organization_id": studio.organization, "user_id": user}
        assert role(studio, user) is None
        with refuses("not_found"):
            staff.calls_off(class_id)
        assert staff.rows("SELECT * FROM class_sessions") == []

    def test_who_has_no_role_is_not_found(self, studio, studio_as, refuses):
        admin = studio_as(studio.staff("admin"))
        for user in (studio.profile(), UNKNOWN, studio.staff(organization=studio.opens())):
            with refuses("not_found", entity="user_organization", id=user):
                admin.dismisses(user)

    @pytest.mark.parametrize("who", ["staff", "member", None])
    def test_by_others_is_refused_also_of_themselves(self, studio, studio_as, refuses, who):
        user = studio.staff(who) if who else studio.profile()
        themself = studio_as(user)
        for whom in (user, studio.staff(), studio.profile()):
            with refuses("not_allowed"):
                themself.dismisses(whom)

    def test_needs_no_active_party(self, studio):
        user = studio.staff()
        studio.connection.execute("UPDATE profiles SET is_active = false")
        assert studio.dismisses(user)["success"]

    def test_says_whom_and_where(self, studio, refuses):
        with refuses("invalid_input", parameter="p_user_id"):
            studio.dismisses(None)
        with refuses("invalid_input", parameter="p_organization_id"):
            studio.dismisses(UNKNOWN, p_organization_id=None)


class TestTheLastOwner:
    def test_stays_whoever_says_otherwise(self, studio, studio_as, refuses):
        user = studio.staff("owner")
        for caller in (studio, studio_as(user)):
            for new in ("admin", "staff", "member"):
                with refuses("invalid_state"):
                    caller.appoints(user, new)
            with refuses("invalid_state"):
                caller.dismisses(user)
            assert caller.appoints(user, "owner")["role"] == "owner"

    def test_goes_once_there_is_another(self, studio, studio_as):
        user, heir = studio.staff("owner"), studio.profile()
        owner = studio_as(user)
        owner.appoints(heir, "owner")
        owner.dismisses(user)
        assert (role(studio, user), role(studio, heir)) == (None, "owner")

    def test_is_counted_for_each_organization(self, studio, refuses):
        user = studio.staff("owner")
        studio.staff("owner", studio.opens())
        with refuses("invalid_state"):
            studio.dismisses(user)
