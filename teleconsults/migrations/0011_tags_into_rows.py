from django.db import migrations


def generic_rows(apps):
    """Rows of taggit's own table that are about recordings; none where content types are not made yet."""
    ContentType = apps.get_model('contenttypes', 'ContentType')
    kind = ContentType.objects.filter(app_label='teleconsults', model='recording').first()
    TaggedItem = apps.get_model('taggit', 'TaggedItem')
    return kind, TaggedItem.objects.filter(content_type=kind) if kind else TaggedItem.objects.none()


def to_own_rows(apps, schema_editor):
    RecordingTag = apps.get_model('teleconsults', 'RecordingTag')
    existing = set(apps.get_model('teleconsults', 'Recording').objects.values_list('pk', flat=True))
    _kind, rows = generic_rows(apps)
    RecordingTag.objects.bulk_create(
        RecordingTag(content_object_id=row.object_id, tag_id=row.tag_id) for row in rows if row.object_id in existing
    )
    rows.delete()


def to_generic_rows(apps, schema_editor):
    TaggedItem = apps.get_model('taggit', 'TaggedItem')
    kind, _rows = generic_rows(apps)
    if kind is not None:
        own = apps.get_model('teleconsults', 'RecordingTag').objects.all()
        TaggedItem.objects.bulk_create(
            TaggedItem(content_type=kind, object_id=row.content_object_id, tag_id=row.tag_id) for row in own
        )


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('teleconsults', '0010_recording_tags'),
    ]

    operations = [
        migrations.RunPython(to_own_rows, to_generic_rows),
    ]
