"""Lines of an inbox."""

import factory
from django.utils import timezone

from foundation.notifications.models import Notification
from tests.factories.accounts import UserFactory


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.SubFactory(UserFactory)
    kind = "tests.told"
    text = factory.Sequence(lambda n: f"Message {n}")
    url = "/en/home/"

    class Params:
        read = factory.Trait(read_at=factory.LazyFunction(timezone.now))


SAMPLES = {
    "notifications:open": lambda world: {"notification_id": NotificationFactory(user=world.person("member")).pk},
}
