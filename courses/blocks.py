"""Questions of a quiz as an editor composes them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.utils import ErrorList
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.images.blocks import ImageChooserBlock

from foundation.kernel.blocks import SHORT_TEXT_FEATURES, TEXT_FEATURES


class OptionBlock(blocks.StructBlock):
    """One answer to choose, with the reason why it is right or wrong."""

    text = blocks.CharBlock(label=_("Answer"), max_length=500)
    is_correct = blocks.BooleanBlock(label=_("This answer is right"), required=False)
    feedback = blocks.TextBlock(
        label=_("Reason"),
        required=False,
        help_text=_("Why it is right or wrong. Shown after submitting to those who chose it, and to all who passed."),
    )

    class Meta:
        icon = "check"
        label = _("Answer")


class QuestionBlock(blocks.StructBlock):
    """What both kinds of question have. Each kind says how many answers must be right."""

    stem = blocks.RichTextBlock(
        label=_("Question"), features=TEXT_FEATURES, help_text=_("The case in a few lines, then one clear question.")
    )
    image = ImageChooserBlock(label=_("Picture"), required=False)
    image_alt = blocks.CharBlock(
        label=_("The picture in words"),
        required=False,
        max_length=300,
        help_text=_("Needed when there is a picture. Do not give the answer away."),
    )
    options = blocks.ListBlock(
        OptionBlock(), label=_("Answers"), help_text=_("At least two. Their order is shuffled at each attempt.")
    )
    explanation = blocks.RichTextBlock(
        label=_("Explanation"),
        required=False,
        features=[*SHORT_TEXT_FEATURES, "ul", "link"],
        help_text=_("What to remember. Shown after submitting."),
    )
    source = blocks.CharBlock(label=_("Source"), required=False, help_text=_("Guideline, year, page."))
    lesson = blocks.PageChooserBlock(
        "courses.LessonPage",
        label=_("Lesson to read again"),
        required=False,
        help_text=_("Offered to those who answered wrongly."),
    )

    def clean(self, value: Mapping[str, Any]) -> Any:  # Any: block values, as Wagtail hands them
        cleaned = super().clean(value)
        errors: dict[str, ErrorList] = {}
        if problem := self.options_problem(cleaned["options"]):
            errors["options"] = ErrorList([ValidationError(problem)])
        if cleaned["image"] and not cleaned["image_alt"]:
            errors["image_alt"] = ErrorList([ValidationError(_("Say in words what the picture shows."))])
        if errors:
            raise StructBlockValidationError(block_errors=errors)
        return cleaned

    def options_problem(self, options: list[Mapping[str, Any]]) -> Any:
        """A sentence for the editor, or None."""
        if len(options) < 2:
            return _("Give at least two answers to choose from.")
        texts = [option["text"].strip().casefold() for option in options]
        if len(set(texts)) < len(texts):
            return _("Two answers read the same. Change or remove one.")
        return self.count_problem(sum(bool(option["is_correct"]) for option in options))

    def count_problem(self, right: int) -> Any:
        """What is wrong with `right` right answers, or None."""
        raise NotImplementedError


class SingleChoiceBlock(QuestionBlock):
    """Exactly one answer is right."""

    def count_problem(self, right: int) -> Any:
        if right == 0:
            return _("Mark the right answer.")
        if right > 1:
            return _("Only one answer may be right here. For several, use a question with several right answers.")
        return None

    class Meta:
        icon = "radio-full"
        label = _("One right answer")


class MultipleChoiceBlock(QuestionBlock):
    """One or more answers are right; all of them, and no other, must be chosen."""

    def count_problem(self, right: int) -> Any:
        return _("Mark at least one right answer.") if right == 0 else None

    class Meta:
        icon = "tasks"
        label = _("Several right answers")


class QuestionsBlock(blocks.StreamBlock):
    """The questions of one quiz, in order."""

    single = SingleChoiceBlock()
    multiple = MultipleChoiceBlock()

    class Meta:
        required = True
        min_num = 1
