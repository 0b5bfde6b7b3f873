import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cpd', '0002_guards'),
        ('teleconsults', '0017_handouts_related'),
    ]

    operations = [
        migrations.AddField(
            model_name='recording',
            name='activity',
            field=models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cpd.activity'),
        ),
        migrations.AddField(
            model_name='recording',
            name='activity_kind',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cpd.activitykind', verbose_name='kind of activity'),
        ),
        migrations.AddField(
            model_name='recording',
            name='credit_hours',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='Proposed when it is published; they count once the issuing body confirms them.', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.25')), django.core.validators.MaxValueValidator(Decimal('120'))], verbose_name='credit hours'),
        ),
        migrations.AddField(
            model_name='recording',
            name='issuing_body',
            field=models.ForeignKey(blank=True, help_text='Who answers for the hours and issues the certificates. Empty: watching gives no hours.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cpd.issuingbody', verbose_name='issuing body'),
        ),
        migrations.AddField(
            model_name='recording',
            name='max_rate',
            field=models.DecimalField(decimal_places=2, default=Decimal('1.50'), help_text='1.50 means that a film of 60 minutes takes 40 minutes at least.', max_digits=3, validators=[django.core.validators.MinValueValidator(Decimal('1')), django.core.validators.MaxValueValidator(Decimal('1.50'))], verbose_name='fastest speed that counts'),
        ),
        migrations.AddField(
            model_name='recording',
            name='required_coverage',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.90'), help_text="0.90 means 90 %. Watched time is judged by the server's clock; skipping ahead does not count.", max_digits=3, validators=[django.core.validators.MinValueValidator(Decimal('0.50')), django.core.validators.MaxValueValidator(Decimal('1'))], verbose_name='share that must be watched'),
        ),
        migrations.AddField(
            model_name='recording',
            name='wall_factor',
            field=models.DecimalField(decimal_places=2, default=Decimal('0.90'), help_text='0.90 leaves a tenth for lines that drop; 0 asks for no time by the clock.', max_digits=3, validators=[django.core.validators.MinValueValidator(Decimal('0')), django.core.validators.MaxValueValidator(Decimal('1'))], verbose_name='share of that time that must have passed'),
        ),
    ]
