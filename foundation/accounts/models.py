"""People, where they practise, and the reference tables they choose from."""

from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from foundation.accounts.names import given_name, sort_key
from foundation.kernel.roles import Role


class NamedInBothLanguages(models.Model):
    """A row of a reference table with a Vietnamese and an English name."""

    name_vi = models.CharField(_("name in Vietnamese"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.name_en if get_language() == "en" and self.name_en else self.name_vi


class Province(NamedInBothLanguages):
    """One of the 34 provinces and cities since 1 July 2025; `kind` is editable, as it changes by law."""

    code = models.CharField(_("code"), max_length=2, unique=True)
    slug = models.SlugField(unique=True)
    kind = models.CharField(_("kind"), max_length=20)
    area = models.CharField(_("area"), max_length=20, blank=True)
    former_vi = models.CharField(_("former provinces"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("province")
        verbose_name_plural = _("provinces")
        ordering = ["code"]


class Specialty(NamedInBothLanguages):
    """A medical specialty."""

    slug = models.SlugField(unique=True)
    group = models.CharField(_("group"), max_length=40, blank=True)
    sort = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ["sort", "slug"]


class Profession(NamedInBothLanguages):
    """A professional title of Law 15/2023 Art. 26; `is_cpd_required` marks the eight of Art. 22."""

    code = models.SlugField(unique=True)
    abbreviation = models.CharField(_("abbreviation"), max_length=10, blank=True)
    is_licensed = models.BooleanField(_("licensed title"), default=False)
    is_cpd_required = models.BooleanField(_("has the duty of continuing education"), default=False)
    sort = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("profession")
        verbose_name_plural = _("professions")
        ordering = ["sort", "code"]


class FacilityQuerySet(models.QuerySet["Facility"]):
    def hubs(self) -> Self:
        """Facilities that teach others, by name."""
        return self.filter(is_hub=True).order_by("name_vi")

    def coordinated_by(self, user: "User") -> Self:
        """Facilities whose members this person verifies."""
        return self.filter(coordinators=user)


class Facility(NamedInBothLanguages):
    """A place of practice. A hub is a facility that teaches others."""

    class Tier(models.TextChoices):
        CENTRAL = "central", _("Central")
        PROVINCE = "province", _("Province")
        DISTRICT = "district", _("District")
        COMMUNE = "commune", _("Commune")

    class HospitalClass(models.TextChoices):
        SPECIAL = "special", _("Special class")
        I = "1", _("Class I")  # noqa: E741  # the official name of the class
        II = "2", _("Class II")
        III = "3", _("Class III")
        IV = "4", _("Class IV")
        NONE = "", _("Not classed")

    class TechnicalLevel(models.TextChoices):
        PRIMARY = "primary", _("Primary")
        BASIC = "basic", _("Basic")
        SPECIALISED = "specialised", _("Specialised")
        UNKNOWN = "", _("Not ranked yet")

    slug = models.SlugField(max_length=80, unique=True)
    province = models.ForeignKey(
        Province, on_delete=models.PROTECT, related_name="facilities", verbose_name=_("province")
    )
    former_district = models.CharField(_("former district"), max_length=120, blank=True)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier)
    hospital_class = models.CharField(_("class"), max_length=10, choices=HospitalClass, blank=True)
    technical_level = models.CharField(_("technical level"), max_length=12, choices=TechnicalLevel, blank=True)
    insurance_code = models.CharField(_("insurance code (5 characters)"), max_length=5, blank=True)
    national_code = models.CharField(_("national code (13 digits)"), max_length=13, blank=True)
    is_hub = models.BooleanField(_("hub: teaches other facilities"), default=False)
    parent_hubs = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="satellites", verbose_name=_("parent hubs")
    )
    coordinators = models.ManyToManyField(
        "accounts.User", blank=True, related_name="coordinated_facilities", verbose_name=_("coordinators")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects: ClassVar[FacilityQuerySet] = FacilityQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("facility")
        verbose_name_plural = _("facilities")
        ordering = ["name_vi"]
        constraints = [
            models.UniqueConstraint(
                fields=["insurance_code"], condition=~models.Q(insurance_code=""), name="accounts_insurance_code_once"
            ),
            models.UniqueConstraint(
                fields=["national_code"], condition=~models.Q(national_code=""), name="accounts_national_code_once"
            ),
        ]


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """A person who can sign in; without a password, only by reset."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account, known by e-mail. Personal data: e-mail, name (see docs/privacy.md)."""

    email = models.EmailField(_("e-mail address"), unique=True)
    full_name = models.CharField(
        _("full name"), max_length=120, blank=True, help_text=_("Family name first, as on your licence.")
    )
    name_sort = models.CharField(max_length=160, blank=True, editable=False, db_index=True)
    language = models.CharField(
        _("language"), max_length=2, choices=[("vi", "Tiếng Việt"), ("en", "English")], default="vi"
    )
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name_sort"]
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_email_once")]

    def __str__(self) -> str:
        return self.full_name or self.email

    def save(self, *args: object, **kwargs: object) -> None:
        self.name_sort = sort_key(self.full_name)
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged

    # Wagtail's admin asks Django's classic user for these.
    def get_full_name(self) -> str:
        return self.full_name or self.email

    def get_short_name(self) -> str:
        return self.given_name

    def get_username(self) -> str:
        return self.email

    @property
    def first_name(self) -> str:
        return self.given_name

    @property
    def last_name(self) -> str:
        return self.full_name.removesuffix(self.given_name).strip()

    @property
    def given_name(self) -> str:
        """The last word of the name, by which people are greeted; the e-mail's first part where no name is known."""
        return given_name(self.full_name) or self.email.split("@")[0]

    @cached_property
    def role_names(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, *roles: Role) -> bool:
        """True when the person holds one of `roles`, or is a superuser."""
        return self.is_superuser or any(role.value in self.role_names for role in roles)

    @cached_property
    def practitioner_or_none(self) -> "Practitioner | None":
        return Practitioner.objects.select_related("facility", "profession", "user").filter(user=self).first()

    @property
    def is_verified_member(self) -> bool:
        """May read clinical content: a practitioner whom a coordinator verified, and the verification still holds."""
        practitioner = self.practitioner_or_none
        return practitioner is not None and practitioner.is_verified


class PractitionerQuerySet(models.QuerySet["Practitioner"]):
    def awaiting_verification(self) -> Self:
        """Those who asked to be verified, oldest first."""
        return self.filter(verification=Practitioner.Verification.PENDING).order_by("submitted_at")

    def of_facilities_coordinated_by(self, user: User) -> Self:
        """People of the facilities for which `user` is coordinator."""
        return self.filter(facility__coordinators=user)

    def by_given_name(self) -> Self:
        """Sorted as Vietnamese lists of people are: given name, family name, middle name."""
        return self.order_by("user__name_sort", "pk")


class Practitioner(models.Model):
    """A health professional with an account. Personal data: birth date, licence, workplace (see docs/privacy.md)."""

    class Verification(models.TextChoices):
        DRAFT = "draft", _("Profile not sent")
        PENDING = "pending", _("Waiting for the coordinator")
        VERIFIED = "verified", _("Verified")
        REFUSED = "refused", _("Not confirmed")

    class LicenceType(models.TextChoices):
        CCHN = "cchn", _("Practice certificate (CCHN)")
        GPHN = "gphn", _("Practice licence (GPHN)")
        NONE = "none", _("No licence yet")

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="practitioner")
    title = models.CharField(
        _("title before the name"), max_length=20, blank=True, help_text=_("For example BS, BSCKI, ThS, ĐD.")
    )
    date_of_birth = models.DateField(_("date of birth"), null=True, blank=True)
    profession = models.ForeignKey(Profession, on_delete=models.PROTECT, verbose_name=_("profession"))
    specialties = models.ManyToManyField(Specialty, blank=True, verbose_name=_("specialties"))
    licence_type = models.CharField(_("kind of licence"), max_length=5, choices=LicenceType, default=LicenceType.CCHN)
    licence_number = models.CharField(_("licence number"), max_length=60, blank=True)
    licence_issuer = models.CharField(_("issued by"), max_length=120, blank=True)
    licence_date = models.DateField(_("date of licence"), null=True, blank=True)
    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="practitioners", verbose_name=_("facility")
    )
    verification = models.CharField(max_length=10, choices=Verification, default=Verification.DRAFT)
    submitted_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_until = models.DateField(null=True, blank=True)
    refusal_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[PractitionerQuerySet] = PractitionerQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(verification="verified") | models.Q(verified_at__isnull=False),
                name="accounts_verified_has_a_date",
            )
        ]

    def __str__(self) -> str:
        return self.titled_name

    @property
    def full_name(self) -> str:
        return self.user.full_name

    @property
    def titled_name(self) -> str:
        """«BS. Nguyễn Văn An»."""
        return f"{self.title}. {self.full_name}" if self.title else self.full_name

    @property
    def greeting_name(self) -> str:
        """«BS. An»."""
        prefix = self.title or self.profession.abbreviation
        return f"{prefix}. {self.user.given_name}" if prefix else self.user.given_name

    @property
    def is_verified(self) -> bool:
        if self.verification != self.Verification.VERIFIED:
            return False
        return self.verified_until is None or self.verified_until >= timezone.localdate()
