import wagtail.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('teleconsults', '0011_tags_into_rows'),
    ]

    operations = [
        migrations.RenameField(model_name='recording', old_name='summary', new_name='summary_text'),
        migrations.AddField(
            model_name='recording',
            name='goals',
            field=models.TextField(blank=True, help_text='One goal a line, each beginning with a verb: “Recognise the warning signs …”', max_length=2000, verbose_name='learning goals'),
        ),
        migrations.AddField(
            model_name='recording',
            name='key_points',
            field=wagtail.fields.StreamField([('point', 0)], blank=True, block_lookup={0: ('wagtail.blocks.CharBlock', (), {'icon': 'check', 'label': 'Key point', 'max_length': 300})}, help_text='A few sentences to remember, without the story of the patient.', verbose_name='key points'),
        ),
        migrations.AddField(
            model_name='recording',
            name='language',
            field=models.CharField(choices=[('vi', 'Vietnamese'), ('en', 'English')], default='vi', max_length=2, verbose_name='language spoken'),
        ),
        migrations.AddField(
            model_name='recording',
            name='summary',
            field=wagtail.fields.StreamField([('text', 0), ('steps', 4), ('callout', 8), ('table', 14)], blank=True, block_lookup={0: ('foundation.kernel.blocks.TextBlock', (), {}), 1: ('wagtail.blocks.BooleanBlock', (), {'help_text': 'Tick for steps in order, leave empty for points.', 'label': 'Numbered', 'required': False}), 2: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'superscript', 'subscript', 'link'], 'label': 'Item'}), 3: ('wagtail.blocks.ListBlock', (2,), {'label': 'Items', 'min_num': 1}), 4: ('wagtail.blocks.StructBlock', [[('is_numbered', 1), ('items', 3)]], {}), 5: ('wagtail.blocks.ChoiceBlock', [], {'choices': [('key', 'Key point'), ('warning', 'Warning'), ('tip', 'Practical tip')], 'help_text': 'The word is printed at the top of the box.', 'label': 'Kind'}), 6: ('wagtail.blocks.CharBlock', (), {'label': 'Title', 'max_length': 120, 'required': False}), 7: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link', 'superscript', 'subscript'], 'label': 'Text'}), 8: ('wagtail.blocks.StructBlock', [[('kind', 5), ('title', 6), ('text', 7)]], {}), 9: ('wagtail.blocks.CharBlock', (), {'help_text': 'What the table shows. Also read aloud to people who cannot see it.', 'label': 'Caption'}), 10: ('wagtail.blocks.CharBlock', (), {'label': 'Text', 'required': False}), 11: ('wagtail.blocks.RichTextBlock', (), {'features': ['bold', 'italic', 'ol', 'ul', 'link', 'document-link', 'superscript', 'subscript'], 'label': 'Formatted text', 'required': False}), 12: ('wagtail.contrib.typed_table_block.blocks.TypedTableBlock', [[('text', 10), ('rich_text', 11)]], {'help_text': 'Up to four columns. On a phone each row becomes a card.', 'label': 'Table'}), 13: ('wagtail.blocks.CharBlock', (), {'label': 'Source', 'required': False}), 14: ('wagtail.blocks.StructBlock', [[('caption', 9), ('table', 12), ('source', 13)]], {})}, help_text='What a colleague takes away from it. No names, dates of birth or record numbers of patients.', verbose_name='summary'),
        ),
    ]
