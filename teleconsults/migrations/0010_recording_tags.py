import django.db.models.deletion
import modelcluster.contrib.taggit
import modelcluster.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_user_search_text'),
        ('taggit', '0006_rename_taggeditem_content_type_object_id_taggit_tagg_content_8fc721_idx'),
        ('teleconsults', '0009_drop_presenters_text'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordingTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content_object', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='tagged_items', to='teleconsults.recording')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s_items', to='taggit.tag')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AlterField(
            model_name='recording',
            name='tags',
            field=modelcluster.contrib.taggit.ClusterTaggableManager(blank=True, help_text='A comma-separated list of tags.', through='teleconsults.RecordingTag', to='taggit.Tag', verbose_name='tags'),
        ),
        migrations.AlterField(
            model_name='recording',
            name='asking_facilities',
            field=modelcluster.fields.ParentalManyToManyField(blank=True, help_text='Who brought cases.', related_name='+', to='accounts.facility', verbose_name='facilities that asked'),
        ),
    ]
