"""The database itself refuses to change what was credited and what was issued."""

from django.db import migrations

from foundation.kernel.immutable import AppendOnly, Immutable, WriteOnce


class Migration(migrations.Migration):

    dependencies = [("cpd", "0001_initial")]

    operations = [
        AppendOnly("creditentry"),
        Immutable(
            "certificate",
            columns=[
                "id",
                "public_id",
                "serial",
                "issuing_body",
                "year",
                "number",
                "entry",
                "payload",
                "payload_sha256",
                "template_version",
                "pdf",
                "pdf_sha256",
                "search_text",
                "issued_by",
                "issued_at",
            ],
        ),
        WriteOnce("certificate", columns=["revoked_at"]),
        AppendOnly("certificateevent"),
    ]
