"""What is to go from a film: the plan of an original, and who proposed what for which version."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("video", "0008_hash_versions"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(model_name='video', name='plan', field=models.JSONField(default=list)),
        migrations.AddField(model_name='video', name='redacted_at', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='video', name='is_withheld', field=models.BooleanField(default=False)),
        migrations.CreateModel(
            name='Redaction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('marks', models.JSONField(default=list)),
                ('film', models.CharField(blank=True, max_length=120)),
                ('made_film', models.CharField(blank=True, max_length=120)),
                ('state', models.CharField(choices=[('draft', 'Being written'), ('proposed', 'Being made'), ('failed', 'Could not be made'), ('made', 'Made')], default='draft', max_length=8)),
                ('proposed_at', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField(null=True)),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('video', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='redactions', to='video.video')),
            ],
            options={
                'verbose_name': 'redaction',
                'verbose_name_plural': 'redactions',
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('state', 'made'), _negated=True), fields=('video',), name='video_one_open_redaction'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'made'), _negated=True), models.Q(('made_film', ''), _negated=True), _connector='OR'), name='video_made_redaction_has_a_film'),
                ],
            },
        ),
    ]
