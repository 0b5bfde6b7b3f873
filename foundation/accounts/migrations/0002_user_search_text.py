"""People are found by name without marks."""

import unicodedata

from django.db import migrations, models


def fill(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    for user in User.objects.iterator():
        text = f"{user.full_name} {user.email}".lower().replace("đ", "d")
        bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        User.objects.filter(pk=user.pk).update(search_text=" ".join(bare.split())[:400])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="search_text",
            field=models.CharField(blank=True, editable=False, max_length=400),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
