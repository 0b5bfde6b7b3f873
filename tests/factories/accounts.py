"""People and the places where they practise."""

import datetime

import factory
from django.contrib.auth.models import Group
from django.utils import timezone

from foundation.accounts.models import Facility, Practitioner, Profession, Province, Specialty, User
from foundation.kernel.roles import Role

PASSWORD = "correct horse battery staple"


class ProvinceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Province
        django_get_or_create = ("code",)

    code = "01"
    slug = "hanoi"
    name_vi = "Hà Nội"
    name_en = "Hanoi"
    kind = "city"


class SpecialtyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Specialty
        django_get_or_create = ("slug",)

    slug = "internal-medicine"
    name_vi = "Nội khoa"
    name_en = "Internal medicine"


class ProfessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Profession
        django_get_or_create = ("code",)

    code = "doctor"
    name_vi = "Bác sĩ"
    name_en = "Physician"
    abbreviation = "BS"
    is_licensed = True
    is_cpd_required = True


class FacilityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Facility

    slug = factory.Sequence(lambda n: f"facility-{n}")
    name_vi = factory.Sequence(lambda n: f"Trung tâm Y tế Mẫu {n}")
    name_en = factory.Sequence(lambda n: f"Sample Medical Centre {n}")
    province = factory.SubFactory(ProvinceFactory)
    tier = Facility.Tier.DISTRICT

    class Params:
        hub = factory.Trait(is_hub=True, tier=Facility.Tier.CENTRAL)


class UserFactory(factory.django.DjangoModelFactory):
    """`UserFactory(roles=[Role.EDITOR])` puts the person in the groups."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@lientuyen.example")
    full_name = factory.Sequence(lambda n: f"Mẫu Văn Người{n}")
    language = "en"

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        self.set_password(extracted or PASSWORD)
        if create:
            self.save()

    @factory.post_generation
    def roles(self, create, extracted, **kwargs):
        for role in extracted or []:
            self.groups.add(Group.objects.get_or_create(name=Role(role).value)[0])


class PractitionerFactory(factory.django.DjangoModelFactory):
    """A practitioner; trait `verified` makes a member."""

    class Meta:
        model = Practitioner

    user = factory.SubFactory(UserFactory)
    title = "BS"
    profession = factory.SubFactory(ProfessionFactory)
    facility = factory.SubFactory(FacilityFactory)
    date_of_birth = datetime.date(1994, 5, 6)
    licence_number = "000000/DEMO-CCHN"
    licence_date = datetime.date(2023, 1, 15)

    class Params:
        pending = factory.Trait(
            verification=Practitioner.Verification.PENDING, submitted_at=factory.LazyFunction(timezone.now)
        )
        verified = factory.Trait(
            verification=Practitioner.Verification.VERIFIED, verified_at=factory.LazyFunction(timezone.now)
        )
