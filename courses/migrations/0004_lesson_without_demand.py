"""How a film must be watched is a setting of the recording; lessons ask for the same."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0003_lesson_demand"),
    ]

    operations = [
        migrations.RemoveField(model_name="lessonpage", name="max_rate"),
        migrations.RemoveField(model_name="lessonpage", name="required_coverage"),
        migrations.RemoveField(model_name="lessonpage", name="wall_factor"),
    ]
