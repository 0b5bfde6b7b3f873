"""People and the places where they practise, and the world in which docs/roles.md is walked."""

import datetime
from dataclasses import dataclass, field
from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils import timezone
from wagtail.users.models import UserProfile

from foundation.accounts.models import (
    ConsentText,
    Facility,
    Practitioner,
    Profession,
    Province,
    Specialty,
    User,
)
from foundation.accounts.reference import load_roles
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


class ContinuedFactory(factory.django.DjangoModelFactory):
    """Numbers go on after the rows that are there: several processes may seed one running portal."""

    class Meta:
        abstract = True

    @classmethod
    def _setup_next_sequence(cls) -> int:
        return int(cls._meta.model._base_manager.count())


class FacilityFactory(ContinuedFactory):
    class Meta:
        model = Facility

    slug = factory.Sequence(lambda n: f"facility-{n}")
    name_vi = factory.Sequence(lambda n: f"Trung tâm Y tế Mẫu {n}")
    name_en = factory.Sequence(lambda n: f"Sample Medical Centre {n}")
    province = factory.SubFactory(ProvinceFactory)
    tier = Facility.Tier.DISTRICT

    class Params:
        hub = factory.Trait(is_hub=True, tier=Facility.Tier.CENTRAL)


class UserFactory(ContinuedFactory):
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
    def admin_language(self, create, extracted, **kwargs):
        """`admin_language="en"` shows them the Wagtail admin in English."""
        if create and extracted:
            UserProfile.objects.create(user=self, preferred_language=extracted)

    @factory.post_generation
    def address(self, create, extracted, **kwargs):
        """`address=False` leaves the e-mail unconfirmed, as right after signing up."""
        if create:
            EmailAddress.objects.create(user=self, email=self.email, primary=True, verified=extracted is not False)

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
    licence_issuer = "Sở Y tế Hà Nội"
    licence_date = datetime.date(2023, 1, 15)

    class Params:
        pending = factory.Trait(
            verification=Practitioner.Verification.PENDING, submitted_at=factory.LazyFunction(timezone.now)
        )
        verified = factory.Trait(
            verification=Practitioner.Verification.VERIFIED, verified_at=factory.LazyFunction(timezone.now)
        )


class ConsentTextFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ConsentText
        django_get_or_create = ("version",)

    version = "1"
    text_vi = "Chúng tôi dùng dữ liệu của bạn như sau."
    text_en = "This is how we use your data."


class CoordinatorFactory(UserFactory):
    """Somebody with the role; `CoordinatorFactory(facilities=[facility])` verifies the people there."""

    roles = factory.PostGeneration(lambda obj, create, extracted, **kw: None)

    @factory.post_generation
    def facilities(self, create, extracted, **kwargs):
        self.groups.add(Group.objects.get_or_create(name=Role.COORDINATOR.value)[0])
        for facility in extracted or []:
            facility.coordinators.add(self)


# The columns of docs/roles.md, in order; all but the first two hold the role of their name.
COLUMNS = ("stranger", "unverified", *(role.value for role in Role))
# Staff who are not health professionals: pages for members send them to their standing.
WITHOUT_PROFILE = {"coordinator", "cpd_admin", "editor", "ministry"}


@dataclass
class World:
    """One person of each column, at one facility, and what the samples of the rooms build on demand.

    `people["member"]` is None for the stranger; `made` is for samples that share an object.
    """

    facility: Facility
    people: dict[str, User | None] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def build(cls) -> "World":
        load_roles()
        ConsentTextFactory()
        world = cls(facility=FacilityFactory(hub=True))
        for column in COLUMNS:
            world.people[column] = None if column == "stranger" else world._person(column)
        return world

    def _person(self, column: str) -> User:
        user = UserFactory(email=f"{column}@lientuyen.example", roles=[] if column == "unverified" else [Role(column)])
        if column == "coordinator":
            self.facility.coordinators.add(user)
        if column not in WITHOUT_PROFILE:
            state = {"pending": True} if column == "unverified" else {"verified": True}
            PractitionerFactory(user=user, facility=self.facility, **state)
        return user

    def person(self, column: str) -> User:
        user = self.people[column]
        assert user is not None
        return user

    def waiting_practitioner(self) -> Practitioner:
        """Somebody who waits at the coordinator's facility."""
        return self.person("unverified").practitioner


# URL name → (world) → what `reverse` takes (a dict or a tuple), or a whole path. See docs/roles.md.
SAMPLES = {
    **{
        f"accounts:{name}": lambda world: {"practitioner_id": world.waiting_practitioner().pk}
        for name in ("person", "verify", "refuse", "end_verification")
    },
    "account_confirm_email": lambda world: {"key": "not-a-key"},
    "account_reset_password_from_key": lambda world: {"uidb36": "1", "key": "not-a-key"},
    "mfa_remove_webauthn": lambda world: {"pk": 1},
    "mfa_edit_webauthn": lambda world: {"pk": 1},
    "media": lambda world: "/media/images/none.png",
    "wagtaildocs_serve": lambda world: (1, "none.pdf"),
    "wagtaildocs_authenticate_with_password": lambda world: {"restriction_id": 1},
    "wagtailcore_authenticate_with_password": lambda world: {"page_view_restriction_id": 1, "page_id": 1},
    "wagtail_serve": lambda world: "/en/no-such-page/",
}
