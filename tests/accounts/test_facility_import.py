"""Facilities come as a table: a verdict on each row first, then all or nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from foundation.accounts.facility_import import (
    FaultyRowsError,
    UnreadableSheetError,
    Verdict,
    import_facilities,
    plan_import,
)
from foundation.accounts.facility_sheet import SheetError, read_sheet
from foundation.accounts.models import Facility
from foundation.kernel.roles import Role
from tests.factories.accounts import FacilityFactory, ProvinceFactory, UserFactory

HEAD = "name_vi,name_en,province,former_district,tier,hospital_class,insurance_code,national_code,is_hub,parent_hubs\n"
GOOD = HEAD + (
    "Bệnh viện Hạt nhân,Hub Hospital,Hà Nội,,central,special,01001,0123456789012,x,\n"
    "Trung tâm Y tế Ba Vì,Ba Vi Centre,01,Ba Vì,huyện,hạng II,01002,,,hub\n"
)


@pytest.fixture
def hanoi(db):
    FacilityFactory(slug="hub", name_vi="Hub", hub=True, province=(province := ProvinceFactory()))
    return province


def verdicts(text: str) -> list[Verdict]:
    return [row.verdict for row in plan_import(text.encode()).rows]


def problems(text: str) -> str:
    return " ".join(problem for row in plan_import(text.encode()).rows for problem in row.problems)


def test_a_plan_writes_nothing(hanoi):
    assert verdicts(GOOD) == [Verdict.NEW, Verdict.NEW]
    assert Facility.objects.count() == 1


def test_importing_twice_changes_nothing(hanoi):
    import_facilities(GOOD.encode(), by=None)
    centre = Facility.objects.get(insurance_code="01002")
    assert (centre.tier, centre.hospital_class, centre.former_district) == ("district", "2", "Ba Vì")
    assert [hub.slug for hub in centre.parent_hubs.all()] == ["hub"]
    assert Facility.objects.get(insurance_code="01001").is_hub
    assert verdicts(GOOD) == [Verdict.SAME, Verdict.SAME]
    import_facilities(GOOD.encode(), by=None)
    assert Facility.objects.count() == 3


def test_a_changed_row_is_recognised_by_its_code(hanoi):
    import_facilities(GOOD.encode(), by=None)
    plan = plan_import(GOOD.replace("Ba Vi Centre", "Ba Vi Health Centre").encode())
    assert [row.verdict for row in plan.rows] == [Verdict.SAME, Verdict.CHANGED]
    assert plan.rows[1].changed == ["name_en"]


def test_empty_cells_delete_nothing(hanoi):
    import_facilities(GOOD.encode(), by=None)
    assert verdicts(HEAD + "Trung tâm Y tế Ba Vì,,Hà Nội,Ba Vì,district,,01002,,,\n") == [Verdict.SAME]


def test_excel_in_vietnamese_is_understood(hanoi):
    table = "\ufeffTên;Tỉnh/Thành phố;Tuyến;Mã BHYT\r\nTrạm y tế Một;Hà Nội;Xã;01003\r\n"
    assert verdicts(table) == [Verdict.NEW]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",,Hà Nội,,district,,,,,", "name_vi is missing"),
        ("A,,Atlantis,,district,,,,,", "province: no such province"),
        ("A,,Hà Nội,,planet,,,,,", "tier: this word is not known"),
        ("A,,Hà Nội,,district,seven,,,,", "hospital_class: this word is not known"),
        ("A,,Hà Nội,,district,,123,,,", "insurance_code has the wrong length"),
        ("A,,Hà Nội,,district,,,12a,,", "national_code has the wrong length"),
        ("A,,Hà Nội,,district,,,,maybe,", "is_hub: this word is not known"),
        ("A,,Hà Nội,,district,,,,,nowhere", "parent_hubs: no such hub"),
        ("A,,Hà Nội,,district,,00001,,,\nB,,Hà Nội,,district,,00001,,,", "has the same code"),
    ],
)
def test_each_mistake_has_a_sentence_and_stops_all(hanoi, row, said):
    assert said in problems(HEAD + row)
    with pytest.raises(FaultyRowsError):
        import_facilities((HEAD + "Fine,,Hà Nội,,district,,,,,\n" + row).encode(), by=None)
    assert Facility.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "code"),
    [("Tên,Tỉnh\nA,B\n".encode("utf-16"), "encoding"), (b"", "empty"), (b"name_vi\nA\n", "columns")],
)
def test_files_that_are_no_such_table(data, code):
    with pytest.raises(SheetError) as error:
        read_sheet(data)
    assert error.value.code == code
    with pytest.raises(UnreadableSheetError):
        plan_import(data)


def test_two_facilities_of_one_name_get_two_addresses(hanoi):
    rows = "Trạm y tế Tân Lập,,Hà Nội,Ba Vì,commune,,,,,\nTrạm y tế Tân Lập,,Hà Nội,Đan Phượng,commune,,,,,\n"
    import_facilities((HEAD + rows).encode(), by=None)
    assert Facility.objects.filter(name_vi="Trạm y tế Tân Lập").values("slug").distinct().count() == 2


def test_a_thousand_rows_are_read_with_few_queries(hanoi, django_assert_max_num_queries):
    rows = "".join(f"Trạm y tế {n},,Hà Nội,,commune,,,,,\n" for n in range(1000))
    with django_assert_max_num_queries(6):
        plan_import((HEAD + rows).encode())


def test_the_command_can_try_first(hanoi, tmp_path, capsys):
    (sheet := tmp_path / "sheet.csv").write_text(GOOD)
    call_command("import_facilities", str(sheet), "--dry-run")
    assert "new: 2" in capsys.readouterr().out
    assert Facility.objects.count() == 1
    call_command("import_facilities", str(sheet))
    assert Facility.objects.count() == 3
    with pytest.raises(CommandError):
        call_command("import_facilities", str(tmp_path / "none.csv"))


def test_an_administrator_uploads_looks_and_confirms(client, hanoi):
    client.force_login(UserFactory(is_superuser=True, admin_language="en"))
    address = reverse("accounts_facility_import")
    assert client.get(address).status_code == 200
    page = client.post(address, {"sheet": SimpleUploadedFile("sheet.csv", GOOD.encode())})
    assert "Import now" in page.content.decode()
    assert Facility.objects.count() == 1
    response = client.post(address, {"text": page.context["form"].initial["text"], "confirm": "1"})
    assert response.status_code == 302
    assert Facility.objects.count() == 3


def test_an_upload_with_mistakes_cannot_be_confirmed(client, hanoi):
    client.force_login(UserFactory(is_superuser=True, admin_language="en"))
    address = reverse("accounts_facility_import")
    bad = HEAD + "A,,Atlantis,,district,,,,,\n"
    page = client.post(address, {"sheet": SimpleUploadedFile("sheet.csv", bad.encode())}).content.decode()
    assert "no such province" in page
    assert "Import now" not in page
    assert "Nothing was imported" in client.post(address, {"text": bad, "confirm": "1"}).content.decode()
    assert "Choose a file first" in client.post(address, {}).content.decode()


def test_editors_may_not_import(client, hanoi):
    client.force_login(UserFactory(roles=[Role.EDITOR]))
    assert client.get(reverse("accounts_facility_import")).status_code in {302, 403}
