"""Puts our front page where Wagtail's first migration left its welcome page."""

from django.db import migrations


def make_front_page(apps, schema_editor):
    ContentType = apps.get_model("contenttypes.ContentType")
    Page = apps.get_model("wagtailcore.Page")
    Site = apps.get_model("wagtailcore.Site")
    Locale = apps.get_model("wagtailcore.Locale")
    HomePage = apps.get_model("home.HomePage")

    # Deleting through the historical model would leave the tree's numbers alone, as wanted: the page is a leaf.
    Page.objects.filter(slug="home", depth=2).delete()
    Page.objects.filter(depth=1).update(numchild=1)
    content_type, _ = ContentType.objects.get_or_create(model="homepage", app_label="home")
    locale, _ = Locale.objects.get_or_create(language_code="vi")
    front = HomePage.objects.create(
        title="Liên Tuyến",
        draft_title="Liên Tuyến",
        slug="home",
        content_type=content_type,
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
        locale=locale,
        headline="Điều chuyên gia giải thích hôm nay, cả mạng lưới cùng học",
        headline_en="What one specialist explains today, the whole network learns",
        lead=(
            "Ca hội chẩn từ xa được ghi lại, khóa học ngắn và giờ tín chỉ cập nhật kiến thức y khoa liên tục "
            "cho bác sĩ tuyến huyện và tuyến xã."
        ),
        lead_en=(
            "Recorded teleconsults, short courses and credit hours of continuing medical education "
            "for doctors of district hospitals and commune stations."
        ),
    )
    Site.objects.all().delete()
    Site.objects.create(hostname="localhost", root_page=front, is_default_site=True, site_name="Liên Tuyến")


def remove_front_page(apps, schema_editor):
    apps.get_model("wagtailcore.Site").objects.all().delete()
    apps.get_model("home.HomePage").objects.filter(slug="home", depth=2).delete()
    apps.get_model("wagtailcore.Page").objects.filter(depth=1).update(numchild=0)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [migrations.RunPython(make_front_page, remove_front_page)]
