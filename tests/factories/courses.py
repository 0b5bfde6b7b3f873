"""Courses as editors make them, and people who take them."""

from decimal import Decimal
from io import BytesIO

import factory
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image
from wagtail.models import Site

from courses.actions import enrol, mark_lesson_read, note_watching, save_response, settle_hours, start_attempt
from courses.actions import submit_attempt as submit
from courses.models import Attempt, CatalogueIndexPage, CoursePage, Enrolment, LessonPage, QuizPage
from cpd.models import IssuingBody
from foundation.kernel.models import PortalImage
from foundation.video.models import WatchRecord
from tests.factories.accounts import PractitionerFactory, SpecialtyFactory, World
from tests.factories.cpd import ActivityKindFactory, CpdAdminFactory, IssuingBodyFactory
from tests.factories.teleconsults import RecordingFactory


def picture(width: int = 32, height: int = 18) -> bytes:
    """A plain PNG."""
    written = BytesIO()
    Image.new("RGB", (width, height), "teal").save(written, "PNG")
    return written.getvalue()


class ImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = PortalImage

    title = "Tourniquet test"
    file = factory.LazyFunction(lambda: ContentFile(picture(), name="picture.png"))


class PageFactory(factory.django.DjangoModelFactory):
    """A live page below `parent`; it has no revision, which takes longer to make than the page."""

    class Meta:
        abstract = True

    title = factory.Sequence(lambda n: f"Page {n}")
    first_published_at = factory.LazyFunction(timezone.now)
    last_published_at = factory.SelfAttribute("first_published_at")

    @classmethod
    def _create(cls, model_class, *args, parent=None, **kwargs):
        page = (parent or cls.default_parent()).add_child(instance=model_class(*args, **kwargs))
        return model_class.objects.get(pk=page.pk)


class CatalogueFactory(PageFactory):
    class Meta:
        model = CatalogueIndexPage

    title = "Courses"
    slug = "courses"

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return CatalogueIndexPage.objects.first() or super()._create(model_class, *args, **kwargs)

    @staticmethod
    def default_parent():
        return Site.objects.get(is_default_site=True).root_page


class CoursePageFactory(PageFactory):
    class Meta:
        model = CoursePage

    title = factory.Sequence(lambda n: f"Dengue with warning signs, part {n}")
    summary = "For doctors of the district: recognise the leak early, give fluids right, refer in time."
    specialty = factory.SubFactory(SpecialtyFactory)
    goals = "Recognise the seven warning signs\nCalculate the first hour's fluids"
    minutes = 45
    sources = "<ul><li>Decision 2760/QĐ-BYT (2023)</li></ul>"

    @staticmethod
    def default_parent():
        return CatalogueFactory()


class LessonPageFactory(PageFactory):
    class Meta:
        model = LessonPage

    title = factory.Sequence(lambda n: f"Lesson {n}")
    body = factory.LazyFunction(lambda: [("heading", "Warning signs"), ("text", "<p>Seven of them.</p>")])

    @staticmethod
    def default_parent():
        return CoursePageFactory()


def question(kind, stem, *options, **kwargs):
    """`options` are texts; one that begins with "+" is right."""
    value = {
        "stem": f"<p>{stem}</p>",
        "image": None,
        "image_alt": "",
        "options": [
            {
                "text": text.removeprefix("+"),
                "is_correct": text.startswith("+"),
                "feedback": f"Because of {text.removeprefix('+')}.",
            }
            for text in options
        ],
        "explanation": f"<p>Remember {stem}</p>",
        "source": "WHO 2009",
        "lesson": None,
    }
    return kind, value | kwargs


QUESTIONS = [
    question("single", "Which fluid first?", "+Ringer lactate", "Dextran", "Plasma"),
    question("multiple", "Which are warning signs?", "+Persistent vomiting", "+Mucosal bleeding", "Rash"),
]


class QuizPageFactory(PageFactory):
    class Meta:
        model = QuizPage

    title = "Check yourself"
    questions = factory.LazyFunction(lambda: list(QUESTIONS))

    @staticmethod
    def default_parent():
        return CoursePageFactory()


def make_course(
    *, hours: str | None = None, body: IssuingBody | None = None, readings: int = 2, **kwargs
) -> CoursePage:
    """Catalogue → course: readings, a recording, a case with a picture, a quiz; `hours` are confirmed."""
    if hours:
        ActivityKindFactory()
        body = body or IssuingBodyFactory()
        kwargs |= {"credit_hours": Decimal(hours), "issuing_body": body, "hours_confirmed": True}
    course = CoursePageFactory(**kwargs)
    first = None
    for number in range(1, readings + 1):
        first = first or LessonPageFactory(parent=course, title=f"Reading {number}")
        if number > 1:
            LessonPageFactory(parent=course, title=f"Reading {number}")
    LessonPageFactory(
        parent=course, title="The teleconsult", kind="recording", recording=RecordingFactory(published=True), body=[]
    )
    figure = {"image": ImageFactory(), "alt": "Petechiae below the cuff", "caption": "Tourniquet test", "source": "Own"}
    LessonPageFactory(parent=course, title="A girl of nine", kind="case", body=[("figure", figure)])
    QuizPageFactory(
        parent=course,
        title="Final quiz",
        questions=[question("single", "Which fluid first?", "+Ringer lactate", "Dextran", lesson=first), QUESTIONS[1]],
    )
    if hours:
        settle_hours(course, by=CpdAdminFactory(bodies=[body]))
    return CoursePage.objects.get(pk=course.pk)


def member(**kwargs):
    """The user of a verified practitioner."""
    return PractitionerFactory(verified=True, **kwargs).user


def enrolled(course: CoursePage, user=None) -> Enrolment:
    return enrol(course, by=user or member())


def quiz_of(course: CoursePage) -> QuizPage:
    return QuizPage.objects.child_of(course).get()


def watch_all(course: CoursePage, user, *, share: float = 1.0) -> None:
    """As if the player had proved it."""
    video = LessonPage.objects.child_of(course).get(kind="recording").recording.video
    record, _ = WatchRecord.objects.update_or_create(
        user=user,
        video=video,
        defaults={"seconds_watched": (seconds := int(video.duration_s * share)), "wall_s": seconds},
    )
    note_watching(user, video, record)


def answer(attempt: Attempt, *, rightly: bool, by) -> None:
    for asked in attempt.questions:
        options = [option["uid"] for option in asked["options"] if option["is_correct"] is rightly]
        save_response(attempt, asked["uid"], options[:1] if asked["kind"] == "single" else options, by=by)


def take_quiz(course: CoursePage, enrolment: Enrolment, *, rightly: bool = True):
    user = enrolment.practitioner.user
    attempt = start_attempt(quiz_of(course), enrolment, by=user)
    answer(attempt, rightly=rightly, by=user)
    return submit(attempt, by=user)


def finish(course: CoursePage, enrolment: Enrolment, *, quiz: bool = True) -> Enrolment:
    """Reads, watches and, unless `quiz` is false, passes."""
    user = enrolment.practitioner.user
    for lesson in LessonPage.objects.child_of(course).exclude(kind="recording"):
        mark_lesson_read(lesson, enrolment, by=user)
    watch_all(course, user)
    if quiz:
        take_quiz(course, enrolment)
    enrolment.refresh_from_db()
    return enrolment


def _course(world: World) -> CoursePage:
    """A course on which the world's member is enrolled."""
    if "course" not in world.made:
        world.made["course"] = make_course(title="Sample", slug="sample")
        enrol(world.made["course"], by=world.people["member"])
    return world.made["course"]


def _attempt(world: World) -> Attempt:
    course = _course(world)
    enrolment = Enrolment.objects.get(course=course)
    return start_attempt(quiz_of(course), enrolment, by=world.people["member"])


def _catalogue(world: World) -> dict[str, str]:
    _course(world)
    return {}


SAMPLES = {
    "courses:catalogue": _catalogue,
    "courses:course": lambda world: (_course(world).slug,),
    "courses:item": lambda world: (_course(world).slug, _course(world).outline[0].slug),
    "courses:enrol": lambda world: (_course(world).uid,),
    "courses:lesson_done": lambda world: (_course(world).outline[0].uid,),
    "courses:start": lambda world: (quiz_of(_course(world)).uid,),
    "courses:attempt": lambda world: (_attempt(world).pk,),
    "courses:question": lambda world: (_attempt(world).pk, 1),
    "courses:review": lambda world: (_attempt(world).pk,),
    "courses:submit": lambda world: (_attempt(world).pk,),
    "courses:result": lambda world: (_attempt(world).pk,),
}
