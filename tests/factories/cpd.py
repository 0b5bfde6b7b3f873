"""Issuing bodies, activities, credit."""

import datetime
from decimal import Decimal

import factory
from django.utils import timezone

from cpd.models import Activity, ActivityKind, CreditEntry, IssuingBody
from foundation.kernel.roles import Role
from tests.factories.accounts import ContinuedFactory, FacilityFactory, PractitionerFactory, UserFactory


class IssuingBodyFactory(ContinuedFactory):
    """`IssuingBodyFactory(admins=[user])` names who issues; they need the role too, see `CpdAdminFactory`."""

    class Meta:
        model = IssuingBody
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"body-{n}")
    name_vi = factory.Sequence(lambda n: f"Bệnh viện Mẫu {n}")
    name_en = factory.Sequence(lambda n: f"Sample Hospital {n}")
    governing_body_vi = "Bộ Y tế"
    governing_body_en = "Ministry of Health"
    place_vi = "Hà Nội"
    place_en = "Hanoi"
    signatory_title_vi = "Giám đốc"
    signatory_title_en = "Director"
    signatory_name = "PGS. TS. Đặng Thị Mẫu"
    serial_code = factory.Sequence(lambda n: f"BODY{n:02}")
    facility = factory.SubFactory(FacilityFactory, hub=True)

    @factory.post_generation
    def admins(self, create, extracted, **kwargs):
        if create and extracted:
            self.admins.add(*extracted)


class CpdAdminFactory(UserFactory):
    """Somebody with the role; `CpdAdminFactory(bodies=[body])` may issue for these."""

    roles = factory.PostGeneration(lambda obj, create, extracted, **kw: None)

    @factory.post_generation
    def bodies(self, create, extracted, **kwargs):
        from django.contrib.auth.models import Group

        self.groups.add(Group.objects.get_or_create(name=Role.CPD_ADMIN.value)[0])
        for body in extracted or []:
            body.admins.add(self)


class ActivityKindFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ActivityKind
        django_get_or_create = ("code",)

    code = "course_learner"
    regime = "TT32/2023"
    name_vi = "Khóa đào tạo, bồi dưỡng ngắn hạn"
    name_en = "Short-term training course"
    unit = "period"
    hours_per_unit = Decimal(1)
    confidence = "source_seen"


class ActivityFactory(factory.django.DjangoModelFactory):
    """Confirmed by its body's issuer; trait `proposed` gives nothing yet."""

    class Meta:
        model = Activity

    key = factory.Sequence(lambda n: f"course:{n}")
    kind = factory.SubFactory(ActivityKindFactory)
    title = "Sốt xuất huyết Dengue có dấu hiệu cảnh báo: xử trí tại tuyến huyện"
    issuing_body = factory.SubFactory(IssuingBodyFactory)
    hours = Decimal(2)
    confirmed_by = factory.SubFactory(CpdAdminFactory)
    confirmed_at = factory.LazyFunction(timezone.now)

    class Params:
        proposed = factory.Trait(confirmed_by=None, confirmed_at=None)


class CreditEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CreditEntry

    practitioner = factory.SubFactory(PractitionerFactory, verified=True)
    activity = factory.SubFactory(ActivityFactory)
    hours = factory.SelfAttribute("activity.hours")
    began_on = datetime.date(2026, 10, 1)
    on_date = datetime.date(2026, 11, 3)


def confirm_proposal(activity, *, by):
    """As the desk does with what was proposed."""
    from cpd.actions import confirm_activity

    return confirm_activity(
        activity.key,
        kind_code=activity.kind.code,
        title=activity.title,
        issuing_body=activity.issuing_body,
        hours=activity.hours,
        by=by,
    )


def issued(entry=None, *, by=None, **changes):
    """A certificate as the job issues it; `issued(activity=…)` makes the entry too."""
    from cpd.actions import issue_certificates
    from cpd.issuing import issue_for_row
    from cpd.models import Certificate

    entry = entry or CreditEntryFactory(**changes)
    by = by or CpdAdminFactory(bodies=[entry.activity.issuing_body])
    batch = issue_certificates([entry], by=by)
    for row in batch.rows.waiting():
        issue_for_row(row.pk, by=by)
    return Certificate.objects.valid().get(entry=entry)


def _certificate(world):
    """One of the member, issued by the body of the CPD administrator."""
    if "certificate" not in world.made:
        body = IssuingBodyFactory(admins=[world.person("cpd_admin")])
        entry = CreditEntryFactory(
            activity=ActivityFactory(issuing_body=body), practitioner=world.person("member").practitioner
        )
        world.made["certificate"] = issued(entry, by=world.person("cpd_admin"))
    return world.made["certificate"]


def _batch(world):
    return {"batch_id": _certificate(world).issuing_body.batches.get().pk}


def _entry(world):
    return {"entry_id": _certificate(world).entry_id}


# See docs/roles.md.
SAMPLES = {
    "certificate_code": lambda world: f"/c/{_certificate(world).public_id}",
    **{
        f"cpd:{name}": lambda world: {"public_id": _certificate(world).public_id}
        for name in ("certificate", "certificate_file", "certificate_revoke", "check")
    },
    "cpd:batch": _batch,
    "cpd:watching": _entry,
    "cpd:watching_file": _entry,
    "cpd:batch_resume": _batch,
    "cpd:activity_confirm": lambda world: {"activity_id": _certificate(world).entry.activity_id},
}
