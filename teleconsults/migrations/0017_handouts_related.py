import django.db.models.deletion
import modelcluster.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0001_initial'),
        ('teleconsults', '0016_first_published'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Handout',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='kernel.portaldocument', verbose_name='document')),
                ('recording', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='handouts', to='teleconsults.recording')),
            ],
            options={
                'verbose_name': 'handout',
                'verbose_name_plural': 'handouts',
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RelatedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.WAGTAIL_PAGE_MODEL, verbose_name='page')),
                ('recording', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='related_pages', to='teleconsults.recording')),
            ],
            options={
                'verbose_name': 'related page',
                'verbose_name_plural': 'related pages',
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RelatedRecording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('other', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teleconsults.recording', verbose_name='recording')),
                ('recording', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='related_recordings', to='teleconsults.recording')),
            ],
            options={
                'verbose_name': 'related recording',
                'verbose_name_plural': 'related recordings',
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
    ]
