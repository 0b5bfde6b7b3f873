"""Reference data and roles are loaded again and again without doubles."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from wagtail.models import GroupCollectionPermission, GroupPagePermission

from foundation.accounts.models import ConsentText, Facility, Profession, Province, Specialty
from foundation.kernel import roles
from foundation.kernel.reference import reference_loaders
from foundation.kernel.roles import Role
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def load():
    call_command("load_reference", verbosity=0)


def counts():
    tables = (Province, Specialty, Profession, Facility, ConsentText, Group, GroupPagePermission)
    return [table.objects.count() for table in (*tables, GroupCollectionPermission)]


def test_loading_twice_leaves_no_doubles():
    load()
    first = counts()
    load()
    assert counts() == first
    assert first[:3] == [34, 80, 17]
    assert Facility.objects.hubs().count() == 38
    assert set(Group.objects.values_list("name", flat=True)) == {role.value for role in Role}


def test_loading_stays_cheap(django_assert_max_num_queries):
    load()
    with django_assert_max_num_queries(170):
        load()


def test_what_administrators_changed_is_left_alone():
    load()
    Facility.objects.filter(slug="bach-mai").update(name_vi="Bệnh viện Bạch Mai (cơ sở 1)")
    Province.objects.filter(code="01").update(kind="other", name_vi="X")
    load()
    assert Facility.objects.get(slug="bach-mai").name_vi == "Bệnh viện Bạch Mai (cơ sở 1)"
    hanoi = Province.objects.get(code="01")
    assert (hanoi.kind, hanoi.name_vi) == ("other", "Hà Nội")


def test_a_published_consent_text_never_changes():
    load()
    ConsentText.objects.update(text_vi="as it was")
    load()
    assert ConsentText.objects.get().text_vi == "as it was"


def test_hubs_are_found_without_marks():
    load()
    assert Facility.objects.matching("bach mai").get().slug == "bach-mai"


def test_groups_hold_exactly_what_rooms_grant():
    load()
    editor = UserFactory(roles=[Role.EDITOR])
    assert editor.has_perm("wagtailadmin.access_admin")
    assert not UserFactory(roles=[Role.MINISTRY]).has_perm("wagtailadmin.access_admin")
    for role in Role:
        held = {
            f"{app}.{name}"
            for app, name in Group.objects.get(name=role.value).permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        assert held == roles.permissions_of(role)


def test_a_permission_nobody_has_heard_of_stops_the_command(monkeypatch):
    monkeypatch.setitem(roles._granted, Role.EDITOR, {"accounts.fly"})
    with pytest.raises(CommandError, match=r"accounts\.fly"):
        load()


def test_rooms_join_in(monkeypatch, capsys):
    monkeypatch.setattr(reference_loaders, "_items", [lambda: "three kinds"])
    call_command("load_reference")
    assert "three kinds" in capsys.readouterr().out
