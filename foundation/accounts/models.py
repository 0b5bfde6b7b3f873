"""People, where they practise, what they agreed to, and the reference tables they choose from."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from foundation.accounts.names import given_name, sort_key
from foundation.accounts.rules import LicenceOddity, device_named, licence_oddities
from foundation.kernel.roles import STAFF_ROLES, Role
from foundation.kernel.vietnamese import folded


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
    def in_use(self) -> Self:
        """Facilities that people may choose, by name."""
        return self.filter(is_active=True).order_by("name_vi", "pk")

    def matching(self, words: str, *, province: "Province | None" = None) -> Self:
        """Those whose name, former district or code holds every typed word, marks or no marks."""
        found = self.in_use().select_related("province")
        if province is not None:
            found = found.filter(province=province)
        for word in folded(words).split():
            found = found.filter(search_text__contains=word)
        return found

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
    search_text = models.CharField(max_length=640, blank=True, editable=False)

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

    def save(self, *args: object, **kwargs: object) -> None:
        words = (self.name_vi, self.name_en, self.former_district, self.insurance_code, self.national_code)
        self.search_text = folded(" ".join(words))[:640]
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged

    def acting_coordinators(self) -> models.QuerySet["User"]:
        """Those named here who may decide: with an open account, and the role or all rights."""
        may_decide = models.Q(groups__name=Role.COORDINATOR.value) | models.Q(is_superuser=True)
        return self.coordinators.filter(may_decide, is_active=True).distinct()

    @property
    def place(self) -> str:
        """«Quận cũ, Tỉnh»: what tells two facilities of one name apart."""
        return ", ".join(part for part in (self.former_district, self.province.name) if part)


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


class UserQuerySet(models.QuerySet["User"]):
    def by_given_name(self) -> Self:
        """Sorted as Vietnamese lists of people are."""
        return self.order_by("name_sort", "pk")

    def never_confirmed(self) -> Self:
        """Signed up long ago, never confirmed their address, never came in, hold no role: nobody will miss them."""
        return self.filter(
            emailaddress__isnull=False,
            date_joined__lt=timezone.now() - User.KEPT_UNCONFIRMED_FOR,
            last_login=None,
            is_staff=False,
            is_superuser=False,
            groups=None,
            practitioner=None,
            erased_at=None,
        ).exclude(emailaddress__verified=True)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody with an account, known by e-mail. Personal data: e-mail, name (see docs/privacy.md).

    An erased person's row stays, without name and address, so that certificates and the log keep a subject.
    """

    KEPT_UNCONFIRMED_FOR = timedelta(days=30)
    LANGUAGES = (("vi", "Tiếng Việt"), ("en", "English"))

    email = models.EmailField(_("e-mail address"), unique=True)
    full_name = models.CharField(
        _("full name"), max_length=120, blank=True, help_text=_("Family name first, as on your licence.")
    )
    name_sort = models.CharField(max_length=160, blank=True, editable=False, db_index=True)
    search_text = models.CharField(max_length=400, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, default="vi")
    is_staff = models.BooleanField(_("may enter the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name_sort"]
        constraints = [models.UniqueConstraint(Lower("email"), name="accounts_email_once")]

    def __str__(self) -> str:
        return self.get_full_name()

    def save(self, *args: object, **kwargs: object) -> None:
        self.name_sort = sort_key(self.full_name)
        self.search_text = folded(f"{self.full_name} {self.email}")[:400]
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # passed through unchanged

    # Wagtail's admin asks Django's classic user for these.
    def get_full_name(self) -> str:
        if self.erased_at:
            return gettext("Erased account %(number)s") % {"number": self.pk}
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

    @property
    def holds_staff_role(self) -> bool:
        """Must have a second factor before acting."""
        return self.has_role(*STAFF_ROLES)

    @cached_property
    def practitioner_or_none(self) -> "Practitioner | None":
        return Practitioner.objects.for_standing().filter(user=self).first()

    @property
    def is_verified_member(self) -> bool:
        """May read clinical content: a practitioner whom a coordinator verified, and the verification still holds."""
        practitioner = self.practitioner_or_none
        return practitioner is not None and practitioner.is_verified


class PractitionerQuerySet(models.QuerySet["Practitioner"]):
    def for_standing(self) -> Self:
        """With what a person's own pages and the coordinator's desk show of them."""
        return self.select_related("user", "profession", "facility__province", "verified_by")

    def awaiting_verification(self) -> Self:
        """Those who asked to be verified, oldest first."""
        return self.filter(verification=Practitioner.Verification.PENDING).order_by("submitted_at")

    def verified(self) -> Self:
        """Those who may read clinical content today."""
        today = timezone.localdate()
        return self.filter(verification=Practitioner.Verification.VERIFIED).filter(
            models.Q(verified_until=None) | models.Q(verified_until__gte=today)
        )

    def expired(self) -> Self:
        """Once verified, and the term has passed."""
        return self.filter(
            verification=Practitioner.Verification.VERIFIED, verified_until__lt=timezone.localdate()
        ).order_by("verified_until", "pk")

    def refused(self) -> Self:
        """Those whom a coordinator could not confirm, latest first."""
        return self.filter(verification=Practitioner.Verification.REFUSED).order_by("-submitted_at", "-pk")

    def of_facilities_coordinated_by(self, user: User) -> Self:
        """People of the facilities for which `user` is coordinator; of all facilities for a superuser."""
        present = self.filter(user__erased_at=None)
        return present if user.is_superuser else present.filter(facility__coordinators=user)

    def named_like(self, words: str) -> Self:
        """Whose name, e-mail or licence number holds every typed word, marks or no marks."""
        found = self
        for word in folded(words).split():
            found = found.filter(models.Q(user__search_text__contains=word) | models.Q(licence_number__icontains=word))
        return found

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

    VALIDITY = timedelta(days=2 * 365)

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
        indexes = [models.Index(fields=["facility", "verification", "submitted_at"], name="accounts_desk")]
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
        return self.user.get_full_name() if self.user.erased_at else self.user.full_name

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
        return not self.has_expired

    @property
    def was_confirmed(self) -> bool:
        """A coordinator vouched for what the profile says now, even where the term has passed since."""
        return self.verification == self.Verification.VERIFIED

    @property
    def has_expired(self) -> bool:
        """Was verified once, and must be looked at again."""
        return (
            self.verification == self.Verification.VERIFIED
            and self.verified_until is not None
            and self.verified_until < timezone.localdate()
        )

    @property
    def is_waiting(self) -> bool:
        return self.verification == self.Verification.PENDING

    @property
    def is_refused(self) -> bool:
        return self.verification == self.Verification.REFUSED

    @property
    def licence_warnings(self) -> list[str | Promise]:
        """What looks odd about the licence, in words. Warned about, never refused: old licences have many shapes."""
        oddities = licence_oddities(
            kind=self.licence_type,
            number=self.licence_number,
            issuer=self.licence_issuer,
            issued_on=self.licence_date,
            is_licensed_title=self.profession.is_licensed,
            today=timezone.localdate(),
        )
        return [LICENCE_WARNINGS[oddity] for oddity in oddities]


LICENCE_WARNINGS: dict[LicenceOddity, str | Promise] = {
    LicenceOddity.NO_NUMBER: _("The licence number is missing."),
    LicenceOddity.NO_LICENCE: _("This profession needs a licence to practise, and none is given."),
    LicenceOddity.SHAPE: _("The licence number has an unusual shape; most look like 003474/HNO-CCHN."),
    LicenceOddity.OTHER_KIND: _("The end of the licence number names another kind of licence than the one chosen."),
    LicenceOddity.NO_ISSUER: _("Who issued the licence is missing."),
    LicenceOddity.NO_DATE: _("The date of the licence is missing."),
    LicenceOddity.FUTURE: _("The date of the licence lies in the future."),
    LicenceOddity.BEFORE_THE_LAW: _("The date of the licence is earlier than licences of this kind exist."),
}


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """All that a practitioner says of themself; `specialties` in no order."""

    full_name: str
    profession: Profession
    facility: Facility
    date_of_birth: date | None
    title: str = ""
    licence_type: str = Practitioner.LicenceType.CCHN
    licence_number: str = ""
    licence_issuer: str = ""
    licence_date: date | None = None
    specialties: list[Specialty] = field(default_factory=list)
    language: str = "vi"


class ConsentText(models.Model):
    """One version of what people agree to. Never changed once published: a new wording is a new version."""

    class Purpose(models.TextChoices):
        DATA_USE = "data_use", _("Use of my data by the network")

    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, default=Purpose.DATA_USE)
    version = models.CharField(_("version"), max_length=20)
    text_vi = models.TextField(_("text in Vietnamese"))
    text_en = models.TextField(_("text in English"))
    published_at = models.DateTimeField(_("published"), default=timezone.now)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="accounts_consent_version_once")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.version}"

    @property
    def text(self) -> str:
        return self.text_en if get_language() == "en" else self.text_vi

    @classmethod
    def current(cls) -> "ConsentText | None":
        """The version in force for the use of data; None before `load_reference` has run."""
        return cls.objects.filter(purpose=cls.Purpose.DATA_USE, published_at__lte=timezone.now()).first()


class ConsentGiven(models.Model):
    """The proof that a person agreed: who, when, to which version, in which language, by which way. Kept for good.

    Personal data (see docs/privacy.md).
    """

    class Channel(models.TextChoices):
        SIGN_UP = "sign_up", _("Sign-up form")
        ACCOUNT = "account", _("Account page")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="given")
    given_at = models.DateTimeField(default=timezone.now)
    channel = models.CharField(max_length=10, choices=Channel)
    language = models.CharField(max_length=2)

    class Meta:
        verbose_name = _("consent given")
        verbose_name_plural = _("consents given")
        ordering = ["-given_at"]
        constraints = [models.UniqueConstraint(fields=["user", "text"], name="accounts_consent_once")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.text_id}"


class SignInQuerySet(models.QuerySet["SignIn"]):
    def older_than_kept(self) -> Self:
        """Rows whose time to be kept has passed."""
        return self.filter(at__lt=timezone.now() - SignIn.KEPT_FOR)


class SignIn(models.Model):
    """One sign-in, so that people and an inquiry can see who came in. Personal data, kept for 180 days."""

    KEPT_FOR = timedelta(days=180)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    has_second_factor = models.BooleanField(default=False)

    objects: ClassVar[SignInQuerySet] = SignInQuerySet.as_manager()  # type: ignore[assignment]  # as_manager is typed as Manager

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.at:%Y-%m-%d %H:%M}"

    @property
    def device(self) -> str:
        """«Chrome, Android»: what a person recognises."""
        return device_named(self.browser) or gettext("Other browser")
