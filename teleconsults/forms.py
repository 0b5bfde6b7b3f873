"""What authors type about a session, and their answer to the consent question."""

from collections.abc import Sequence
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.rich_text import RichText

from foundation.accounts.models import Facility, User
from foundation.kernel.templatetags.portal import file_size
from foundation.video import redaction
from foundation.video.models import Video
from foundation.video.refusals import CaptionsEncodingError
from teleconsults.consent import current_wording
from teleconsults.models import Consent, DecisionPoint, Presenter, Recording
from teleconsults.plain_text import html_of
from teleconsults.rules import Agreement, FacilityApproval, Person, Question, moment_of, people_in, second_of

MAX_NAME = 120
MAX_POINT = 300
ORDER = ["title", "held_on", "hub", "programme", "specialty", "language", "chair", "presenters"]
ORDER += ["summary", "key_points", "goals", "tags"]
ACCEPT = "video/*,audio/*,.mkv,.mts,.m2ts,.ts,.flv,.wmv"


def data_of(typed: dict[str, list[str]], *, kept: Video) -> QueryDict:
    """What the form was, with the film that has arrived since."""
    data = QueryDict(mutable=True)
    for name, values in typed.items():
        data.setlist(name, values)
    data["kept"] = kept.public_id
    return data


class DetailsForm(forms.ModelForm[Recording]):
    """Everything about a session but its film; offers the hubs in whose name the author may publish."""

    presenters = forms.CharField(
        label=_("Presenters"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, with the role after a dash: “BSCKII. Trần Thị Mẫu – cardiologist”."),
    )

    summary = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What a colleague takes away from it. No names, dates of birth or record numbers of patients."),
    )
    key_points = forms.CharField(
        label=_("Key points"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: sentences to remember, without the story of the patient."),
    )

    field_order = ORDER

    class Meta:
        model = Recording
        fields = ["title", "held_on", "hub", "programme", "specialty", "language", "chair", "goals", "tags"]
        widgets = {
            "held_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "goals": forms.Textarea(attrs={"rows": 3}),
        }
        help_texts = {
            "title": _("What it teaches, for example “Dengue with warning signs: fluids on day 5”."),
            "tags": _("A few words, separated by commas."),
        }

    def __init__(self, *args: Any, hubs: list[Facility], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self._show(self.instance)
        self.fields["hub"].queryset = Facility.objects.filter(pk__in=[hub.pk for hub in hubs])  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(hubs) == 1:
            self.fields["hub"].initial = hubs[0].pk
            self.fields["hub"].empty_label = None  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["held_on"].widget.attrs["max"] = timezone.localdate().isoformat()

    def _show(self, recording: Recording) -> None:
        """What stands in rows and streams, as lines to type; a summary that lines would spoil is left alone."""
        self.initial["presenters"] = "\n".join(map(str, recording.presenters.all()))
        self.initial["key_points"] = "\n".join(str(block.value) for block in recording.key_points)
        self.initial["summary"] = recording.plain_summary
        if recording.plain_summary is None:
            del self.fields["summary"]

    def clean_key_points(self) -> list[str]:
        points = [line.strip(" •\t") for line in self.cleaned_data["key_points"].splitlines() if line.strip(" •\t")]
        if any(len(point) > MAX_POINT for point in points):
            raise ValidationError(_("A key point is one sentence of at most %(n)s characters.") % {"n": MAX_POINT})
        return points

    def clean_presenters(self) -> list[Person]:
        people = people_in(self.cleaned_data["presenters"])
        if any(len(part) > MAX_NAME for person in people for part in (person.name, person.role)):
            raise ValidationError(_("One name or role is too long. Write each person on a line of their own."))
        return people

    def save(self, commit: bool = True) -> Recording:
        """The presenters become rows when the recording is saved, the texts streams of blocks."""
        people = self.cleaned_data["presenters"]
        self.instance.key_points = [("point", point) for point in self.cleaned_data["key_points"]]
        if "summary" in self.cleaned_data:
            text = html_of(self.cleaned_data["summary"])
            self.instance.summary = [("text", RichText(text))] if text else []
        self.instance.presenters.set(
            Presenter(name=person.name, role=person.role, sort_order=order) for order, person in enumerate(people)
        )
        return super().save(commit)

    def clean_held_on(self) -> Any:  # a date, as the field made it
        held_on = self.cleaned_data["held_on"]
        if held_on > timezone.localdate():
            raise ValidationError(_("This day has not come yet. Give the day on which the session was held."))
        return held_on


class UploadForm(DetailsForm):
    """A session with its film. `kept` is a film that arrived whole while another field was wrong."""

    file = forms.FileField(
        label=_("File of the recording"),
        required=False,
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ACCEPT, "data-upload-file": True}),
    )
    kept = forms.SlugField(required=False, widget=forms.HiddenInput)

    field_order = ["file", *ORDER, "kept"]

    def __init__(
        self, *args: Any, author: User, refusal: object = None, is_file_to_come: bool = False, **kwargs: Any
    ) -> None:
        """With `is_file_to_come` the file is sent piece by piece once the rest is right."""
        super().__init__(*args, **kwargs)
        self.author, self.refusal, self.kept_video = author, refusal, self._kept_of(author)
        self.fields["file"].help_text = _("A video or sound file: MP4, MOV, MKV or WebM, up to %(size)s.") % {
            "size": file_size(settings.UPLOAD_MAX_BYTES)
        }
        # Shown as required without the attribute where the film is here already.
        self.fields["file"].required = self.kept_video is None and not is_file_to_come
        if self.refusal:
            self.fields["file"].error_messages["required"] = str(self.refusal)

    def _kept_of(self, author: User) -> Video | None:
        public_id = self.data.get("kept", "")
        kept = Video.objects.owned_by(author).standing().filter(public_id=public_id, recording=None)
        return kept.first() if public_id else None

    def as_typed(self) -> dict[str, list[str]]:
        """What came in the fields that describe the session, to be read again as `data_of`."""
        return {name: self.data.getlist(name) for name in set(self.fields) - {"file", "kept"} if name in self.data}  # type: ignore[attr-defined]  # a QueryDict: the form is bound to a request

    def with_kept(self, video: Video) -> None:
        """Show the form again with its mistakes, and remember the film that has arrived."""
        self.data, self.kept_video = {**self.data.dict(), "kept": video.public_id}, video  # type: ignore[attr-defined]  # a QueryDict: the form is bound to a request
        self.fields["file"].required = False


class FileToCome(forms.Form):
    """What the script says of a file before it sends it; names as `begin_or_go_on` takes them."""

    prefix = "file"

    name = forms.CharField(max_length=1000)
    length = forms.IntegerField(min_value=0)
    fingerprint = forms.RegexField("^[0-9a-f]{64}$", required=False)


class ConsentForm(forms.Form):
    """Nothing is ticked beforehand; silence is not consent."""

    IF_AGREED = ("patient", "agreed_by", "agreed_on", "way")

    answer = forms.ChoiceField(widget=forms.RadioSelect)
    patient = forms.ChoiceField(
        label=_("Who is the patient?"), choices=[("", "–"), *Consent.Patient.choices], required=False
    )
    agreed_by = forms.ChoiceField(
        label=_("Who agreed?"),
        choices=[("", "–"), *Consent.AgreedBy.choices],
        required=False,
        help_text=_("A child of 7 or older agrees as well as the guardian."),
    )
    agreed_on = forms.DateField(label=_("On which day?"), required=False)
    way = forms.ChoiceField(label=_("How?"), choices=[("", "–"), *Consent.Way.choices], required=False)
    is_facility_approved = forms.BooleanField(
        error_messages={"required": _("Without your facility's agreement the recording cannot be published.")}
    )
    approver = forms.CharField(
        label=_("Who agreed in the facility's name?"), max_length=120, help_text=_("Name and position.")
    )
    approved_on = forms.DateField(label=_("Agreed on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wording = current_wording(get_language() or "vi")
        answer = self.fields["answer"]
        answer.label = wording.question
        answer.choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (Recording.Consent.PATIENT_AGREED.value, wording.agreed),
            (Recording.Consent.NO_PATIENT.value, wording.no_patient),
        ]
        answer.error_messages["required"] = str(_("Choose one of the two. If neither is true, do not publish."))
        self.fields["is_facility_approved"].label = wording.facility
        for name in ("agreed_on", "approved_on"):
            today = timezone.localdate().isoformat()
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "max": today})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("agreed_on", "approved_on"):
            if cleaned.get(name) and cleaned[name] > timezone.localdate():
                self.add_error(name, _("This day has not come yet."))
        if cleaned.get("answer") == Recording.Consent.PATIENT_AGREED:
            for name in self.IF_AGREED:
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed where the patient agreed."))
        return cleaned

    @property
    def agreement(self) -> Agreement | None:
        """How the patients agreed; None where none can be recognised."""
        if self.cleaned_data["answer"] != Recording.Consent.PATIENT_AGREED:
            return None
        return Agreement(**{name: self.cleaned_data[name] for name in self.IF_AGREED})

    @property
    def approval(self) -> FacilityApproval:
        return FacilityApproval(self.cleaned_data["approver"], self.cleaned_data["approved_on"])


class MomentField(forms.CharField):
    """A moment of a film, typed as 1:02:03.5; cleaned to seconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "placeholder": "0:00"}

    def prepare_value(self, value: Any) -> Any:  # what was typed, or seconds
        return moment_of(value) if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:  # seconds, None for an empty field
        typed = super().clean(value)
        try:
            return second_of(typed) if typed else None
        except ValueError as error:
            raise ValidationError(_("Write the time as minutes and seconds, for example 3:25.5.")) from error


class ShareField(forms.FloatField):
    """A length in hundredths of the picture; cleaned to a share of 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100, required=False, **kwargs)
        self.widget.attrs |= {"step": "any", "inputmode": "decimal"}

    def prepare_value(self, value: Any) -> Any:  # what was typed, or a share
        return round(value * 100, 2) if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:  # a share, None for an empty field
        percent = super().clean(value)
        return None if percent is None else percent / 100


class MarkForm(forms.Form):
    """One thing that is to go from a film."""

    KINDS = {
        redaction.CUT: _("Cut: picture and sound go"),
        redaction.SILENCE: _("Silence the sound"),
        redaction.BEEP: _("Beep over the sound"),
        redaction.BLUR: _("Blur a place for a time"),
        redaction.MASK: _("Cover a place all the time"),
    }
    BOX = ("x", "y", "width", "height")

    kind = forms.ChoiceField(label=_("What"), choices=list(KINDS.items()), initial=redaction.CUT)
    start = MomentField(label=_("From"), required=False)
    end = MomentField(label=_("To"), required=False)
    x = ShareField(label=_("From the left, %"))
    y = ShareField(label=_("From the top, %"))
    width = ShareField(label=_("Width, %"))
    height = ShareField(label=_("Height, %"))

    def __init__(self, *args: Any, video: Video, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.video = video
        possible = redaction.KINDS if video.has_picture else redaction.KINDS_OF_SOUND
        self.fields["kind"].choices = [(kind, self.KINDS[kind]) for kind in possible]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") != redaction.MASK:
            self._clean_span(cleaned)
        if cleaned.get("kind") in redaction.KINDS_WITH_BOX and not self.errors:
            box = self._box(cleaned)
            if box is None or not box.is_within:
                self.add_error("x", _("Draw the place on the picture, or give all four numbers, within the picture."))
        return cleaned

    def _clean_span(self, cleaned: dict[str, Any]) -> None:
        for name in ("start", "end"):
            if cleaned.get(name) is None and name not in self.errors:
                self.add_error(name, _("Needed: take it from the player, or type it."))
        if self.errors:
            return
        if cleaned["start"] >= self.video.duration_s:
            self.add_error("start", _("This is after the end of the film."))
        elif cleaned["end"] <= cleaned["start"]:
            self.add_error("end", _("The end must come after the beginning."))

    def _box(self, cleaned: dict[str, Any]) -> redaction.Box | None:
        sides = [cleaned.get(name) for name in self.BOX]
        return None if any(side is None for side in sides) else redaction.Box(*sides)  # type: ignore[arg-type]  # none is None

    @property
    def box_fields(self) -> list[forms.BoundField]:
        """Where on the picture."""
        return [self[name] for name in self.BOX]

    @property
    def mark(self) -> redaction.Mark:
        cleaned = self.cleaned_data
        kind = cleaned["kind"]
        box = self._box(cleaned) if kind in redaction.KINDS_WITH_BOX else None
        if kind == redaction.MASK:
            return redaction.Mark(kind, box=box)
        return redaction.Mark(kind, cleaned["start"], min(cleaned["end"], self.video.duration_s), box)


class MarksFormSet(forms.BaseFormSet[MarkForm]):
    """All that is to go; an empty row is none, and neither is one that is to be removed."""

    def __init__(self, data: Any = None, *, video: Video, marks: Sequence[redaction.Mark] = ()) -> None:
        rows = [_as_typed(mark) for mark in marks]
        super().__init__(data, prefix="marks", initial=rows, form_kwargs={"video": video})

    @property
    def marks(self) -> list[redaction.Mark]:
        """In the order of the film."""
        filled = [form for form in self.forms if form.has_changed() or form.initial]
        kept = [form.mark for form in filled if not form.cleaned_data.get("DELETE")]
        return sorted(kept, key=lambda mark: (mark.start_s, mark.end_s))


MarkFormSet: type[MarksFormSet] = forms.formset_factory(  # type: ignore[assignment]  # it is of the class that it is told
    MarkForm, formset=MarksFormSet, extra=1, can_delete=True, max_num=redaction.MAX_MARKS, validate_max=True
)


def _as_typed(mark: redaction.Mark) -> dict[str, Any]:
    times = {} if mark.kind == redaction.MASK else {"start": mark.start_s, "end": mark.end_s}
    box = {name: getattr(mark.box, name) for name in MarkForm.BOX} if mark.box else {}
    return {"kind": mark.kind} | times | box


class CheckForm(forms.Form):
    """What an officer found; `film` and `words` are the versions that were on the page."""

    film = forms.CharField(max_length=120, widget=forms.HiddenInput)
    words = forms.CharField(max_length=64, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=_("What did you find?"),
        widget=forms.RadioSelect,
        choices=[
            (
                "clear",
                _(
                    "I have watched and listened to all of it, and read all words on this page: no face, voice, name,"
                    " date of birth, address or number lets anybody recognise a patient."
                ),
            ),
            ("back", _("A patient could be recognised: back to the author.")),
        ],
    )
    remark = forms.CharField(
        label=_("What, and at which minute?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The author reads this. Write no name that you have seen."),
    )

    @property
    def is_clear(self) -> bool:
        return bool(self.cleaned_data["verdict"] == "clear")


class ReadOriginalForm(forms.Form):
    """Why an officer looks at the film as it was handed in."""

    reason = forms.CharField(
        label=_("Why do you need the original?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the log with your name and the time."),
    )


class WithdrawForm(forms.Form):
    """Why a recording is taken down."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Kept in the log; readers see only that the recording was withdrawn."),
    )


class CaptionsForm(forms.Form):
    """Captions of one language, as a file or as text; a file goes before the text."""

    MAX_BYTES = 2_000_000

    file = forms.FileField(
        label=_("File with captions"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".vtt,.srt,text/vtt"}),
        help_text=_("WebVTT (.vtt) or SubRip (.srt). It takes the place of the captions below."),
    )
    captions = forms.CharField(
        label=_("Captions"),
        required=False,
        strip=False,
        max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 14, "class": "mono", "spellcheck": "true"}),
        help_text=_("Correct them here. No names, dates of birth or record numbers of patients."),
    )

    def clean_file(self) -> str:
        """The words in the file, empty without one."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > self.MAX_BYTES:
            raise ValidationError(_("The file is too big for captions. Choose a WebVTT (.vtt) or SubRip (.srt) file."))
        try:
            return str(file.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise ValidationError(str(CaptionsEncodingError(line=1))) from None

    @property
    def text(self) -> str:
        """What to keep."""
        return str(self.cleaned_data["file"] or self.cleaned_data["captions"])

    @property
    def source(self) -> str:
        """The field that `text` came from, beside which a refusal belongs."""
        return "file" if self.cleaned_data["file"] else "captions"


class ChaptersForm(forms.Form):
    """Chapters, a line each."""

    chapters = forms.CharField(
        label=_("Chapters"),
        required=False,
        strip=False,
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono"}),
        help_text=_(
            "One line each, the time first: “4:07 Fluids on day 5”. A WebVTT file of chapters can be pasted, too."
        ),
    )


class PointForm(forms.Form):
    """A question at a second of the film. Where colleagues have answered, its words can no longer be typed."""

    MOST_OPTIONS = 5

    at = forms.CharField(
        label=_("At which moment does the film stop?"),
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"}),
        help_text=_("Minutes and seconds, for example 4:07. Best just before the specialist says what to do."),
    )
    question = forms.CharField(
        label=_("Question"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What does the doctor at the bedside have to decide now? No names of patients."),
    )
    reasoning = forms.CharField(
        label=_("What you would do, and why"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Colleagues read it once they have answered."),
    )
    preferred = forms.TypedChoiceField(label=_("Which answer is yours?"), required=False, coerce=int, empty_value=None)
    is_required = forms.BooleanField(
        label=_("Must be answered before the film counts as watched"),
        required=False,
        help_text=_("Lessons that show this film are done only then."),
    )

    def __init__(self, *args: Any, question: Question | None = None, is_answered: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, self.MOST_OPTIONS + 1):
            label = _("Answer %(number)d") % {"number": number}
            self.fields[f"option_{number}"] = forms.CharField(label=label, max_length=200, required=number <= 2)
            if question and number <= len(question.options):
                self.initial[f"option_{number}"] = question.options[number - 1]
        numbers = range(1, self.MOST_OPTIONS + 1)
        self.fields["preferred"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("None: there are several good ways")),
            *((number, _("Answer %(number)d") % {"number": number}) for number in numbers),
        ]
        if question:
            self.initial["question"], self.initial["reasoning"] = question.text, question.reasoning
            self.initial["preferred"] = "" if question.preferred is None else question.preferred + 1
        if is_answered:
            for name in ["question", *self._options]:
                self.fields[name].disabled = True
        self.order_fields(["at", "question", *self._options, "preferred", "reasoning", "is_required"])

    @classmethod
    def of(cls, point: DecisionPoint, data: QueryDict | None, *, question: Question) -> Self:
        initial = {"at": moment_of(point.at_s), "is_required": point.is_required}
        return cls(data, question=question, is_answered=point.answers.exists(), initial=initial)

    @property
    def _options(self) -> list[str]:
        return [f"option_{number}" for number in range(1, self.MOST_OPTIONS + 1)]

    def clean_at(self) -> float:
        """The second."""
        try:
            return round(second_of(self.cleaned_data["at"]), 1)
        except ValueError:
            raise ValidationError(_("Write the moment as minutes and seconds, for example 4:07.")) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        texts = [cleaned.get(name, "") for name in self._options]
        for name, text in zip(self._options, texts, strict=True):
            if text and texts.index(text) < self._options.index(name):
                self.add_error(name, _("This answer stands above already."))
        preferred = cleaned.get("preferred")
        if preferred and not texts[preferred - 1]:
            self.add_error("preferred", _("This answer is empty."))
        return cleaned

    @property
    def asked(self) -> Question:
        """What is asked; empty answers between others are left out."""
        texts = [self.cleaned_data[name] for name in self._options]
        options = tuple(text for text in texts if text)
        preferred = self.cleaned_data["preferred"]
        place = options.index(texts[preferred - 1]) if preferred else None
        return Question(self.cleaned_data["question"], options, self.cleaned_data["reasoning"], place)

    @property
    def place(self) -> dict[str, Any]:
        """Where the film stops, and whether it must be answered."""
        return {"at_s": self.cleaned_data["at"], "is_required": self.cleaned_data["is_required"]}


class PointCheckForm(forms.Form):
    """What an officer found in the words `version` of one question."""

    point = forms.IntegerField(widget=forms.HiddenInput)
    version = forms.CharField(max_length=40, widget=forms.HiddenInput)
    remark = forms.CharField(
        label=_("If not: what can be recognised?"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The author reads this. Write no name that you have seen."),
    )
    verdict = forms.ChoiceField(choices=[("clear", ""), ("back", "")], widget=forms.HiddenInput)

    @classmethod
    def of(cls, point: DecisionPoint, *, remark: str = "") -> Self:
        """For a page with several."""
        initial = {"point": point.pk, "version": point.version, "remark": remark}
        return cls(initial=initial, auto_id=f"id_{point.pk}_%s")

    @property
    def facts(self) -> dict[str, Any]:
        """What `check_point` wants to know."""
        cleaned = self.cleaned_data
        is_clear = cleaned["verdict"] == "clear"
        return {"version": cleaned["version"], "remark": cleaned["remark"], "is_clear": is_clear}
