"""What the summary of a recording may be made of. No pictures: they would bypass the officers who look for patients."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from foundation.kernel.blocks import CalloutBlock, StepsBlock, TableBlock, TextBlock


class SummaryBlock(blocks.StreamBlock):
    """Text, lists, boxes and small tables."""

    text = TextBlock()
    steps = StepsBlock()
    callout = CalloutBlock()
    table = TableBlock()


class KeyPointsBlock(blocks.StreamBlock):
    """Sentences to take away."""

    point = blocks.CharBlock(label=_("Key point"), max_length=300, icon="check")
