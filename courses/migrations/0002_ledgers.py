"""The database itself keeps attempts, answers, grades and progress as they were written."""

from typing import ClassVar

from django.db import migrations

from foundation.kernel.immutable import AppendOnly, Immutable, WriteOnce


class Migration(migrations.Migration):
    dependencies: ClassVar = [("courses", "0001_initial")]

    operations: ClassVar = [
        AppendOnly("response"),
        AppendOnly("gradeevent"),
        AppendOnly("itemprogress"),
        Immutable("attempt", columns=["enrolment", "quiz_uid", "number", "started_at", "snapshot"]),
        WriteOnce("attempt", columns=["submitted_at"]),
        Immutable("enrolment", columns=["practitioner", "course", "version", "enrolled_at"]),
        WriteOnce("enrolment", columns=["completed_at"]),
    ]
