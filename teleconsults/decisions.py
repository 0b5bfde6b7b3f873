"""Decision points as one person meets them: what is still open, what colleagues chose, what is missing for credit."""

from collections.abc import Sequence
from dataclasses import dataclass

from foundation.accounts.models import User
from foundation.video.models import Video
from teleconsults.models import DecisionAnswer, DecisionOption, DecisionPoint, Recording
from teleconsults.rules import percents_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose; how many chose it is 0 as long as the person has not answered."""

    option: DecisionOption
    count: int
    percent: int
    is_mine: bool


@dataclass(frozen=True, slots=True)
class AskedPoint:
    """A decision point and what a person may see of it."""

    point: DecisionPoint
    choices: list[Choice]
    is_open: bool

    @property
    def total(self) -> int:
        """How many colleagues have answered; 0 while it is open."""
        return sum(choice.count for choice in self.choices)

    @property
    def is_missing(self) -> bool:
        """Without an answer the watched minutes do not count as whole."""
        return self.is_open and self.point.is_required


def points_for(recording: Recording, user: User) -> list[AskedPoint]:
    """What the film asks this person, in its order; the others' choices only where they have answered."""
    points = list(DecisionPoint.objects.visible_to(user).filter(recording=recording).in_film_order())
    return asked_points(points, user)


def public_points_for(recording: Recording, user: User) -> list[AskedPoint]:
    """The same without what no officer has read; the caller knows that the recording is open to this person."""
    return asked_points(list(DecisionPoint.objects.asked().filter(recording=recording).in_film_order()), user)


def asked_points(points: Sequence[DecisionPoint], user: User) -> list[AskedPoint]:
    """The same for points that are at hand; costs nothing where there are none."""
    if not points:
        return []
    mine = dict(DecisionAnswer.objects.filter(point__in=points, user=user).values_list("point_id", "option_id"))
    counts = DecisionAnswer.objects.filter(point__in=list(mine)).of_colleagues().counts() if mine else {}
    return [_asked(point, counts, chosen=mine.get(point.pk), is_open=point.pk not in mine) for point in points]


def results_of(recording: Recording) -> list[AskedPoint]:
    """What the author asks, with what colleagues chose."""
    points = list(DecisionPoint.objects.in_force().filter(recording=recording).in_film_order())
    counts = DecisionAnswer.objects.filter(point__in=points).of_colleagues().counts()
    return [_asked(point, counts, chosen=None, is_open=False) for point in points]


def _asked(point: DecisionPoint, counts: dict[int, int], *, chosen: int | None, is_open: bool) -> AskedPoint:
    options = list(point.options.all())
    numbers = [0 if is_open else counts.get(option.pk, 0) for option in options]
    rows = zip(options, numbers, percents_of(numbers), strict=True)
    choices = [Choice(option, count, percent, option.pk == chosen) for option, count, percent in rows]
    return AskedPoint(point, choices, is_open)


def has_decided(user: User, video: Video) -> bool:
    """Registered with the video room: nothing that this film asks for is left unanswered."""
    return not DecisionPoint.objects.required_for(video).unanswered_by(user).exists()
