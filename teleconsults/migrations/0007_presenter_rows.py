import django.db.models.deletion
import modelcluster.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0006_asking_facilities'),
    ]

    operations = [
        migrations.RenameField(model_name='recording', old_name='presenters', new_name='presenters_text'),
        migrations.CreateModel(
            name='Presenter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sort_order', models.IntegerField(blank=True, editable=False, null=True)),
                ('name', models.CharField(help_text='With the title, as they wish to be named.', max_length=120, verbose_name='name')),
                ('role', models.CharField(blank=True, help_text='For example: specialist, or from where the case came.', max_length=120, verbose_name='role')),
                ('recording', modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='presenters', to='teleconsults.recording')),
            ],
            options={
                'verbose_name': 'presenter',
                'verbose_name_plural': 'presenters',
                'ordering': ['sort_order'],
                'abstract': False,
            },
        ),
    ]
