import html
import json
import re
import uuid

from django.db import migrations

POINT = '•'


def block(kind, value):
    return {'type': kind, 'value': value, 'id': str(uuid.uuid4())}


def to_streams(apps, schema_editor):
    """Paragraphs become one text, lines that begin with a point become key points."""
    Recording = apps.get_model('teleconsults', 'Recording')
    for recording in Recording.objects.exclude(summary_text=''):
        lines = recording.summary_text.replace('\r\n', '\n').split('\n')
        points = [line.strip().lstrip(POINT).strip() for line in lines if line.strip().startswith(POINT)]
        text = '\n'.join(line for line in lines if not line.strip().startswith(POINT)).strip()
        paragraphs = [html.escape(one.strip(), quote=False) for one in re.split(r'\n\s*\n', text) if one.strip()]
        rich = ''.join('<p>' + one.replace('\n', '<br/>') + '</p>' for one in paragraphs)
        recording.summary = json.dumps([block('text', rich)] if rich else [])
        recording.key_points = json.dumps([block('point', point[:300]) for point in points if point])
        recording.save(update_fields=['summary', 'key_points'])


def to_text(apps, schema_editor):
    """Boxes, lists and tables lose their shape."""
    Recording = apps.get_model('teleconsults', 'Recording')
    for recording in Recording.objects.all():
        rich = ' '.join(str(one.value) for one in recording.summary)
        text = html.unescape(re.sub('<[^>]+>', '', rich.replace('</p>', '\n\n').replace('<br/>', '\n'))).strip()
        points = [f'{POINT} {one.value}' for one in recording.key_points]
        recording.summary_text = '\n\n'.join(part for part in [text, *points] if part)
        recording.save(update_fields=['summary_text'])


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0012_language_goals_streams'),
    ]

    operations = [
        migrations.RunPython(to_streams, to_text),
    ]
