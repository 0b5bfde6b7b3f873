"""What the room keeps about one person, and why none of it is erased.

Credit hours and certificates prove a legal duty (Law 15/2023/QH15 Art. 22, Circular 32/2023/TT-BYT Art. 3), so the
ledger and the certificates stay, as they were issued, when an account is erased: the check page must go on answering
whoever holds the paper. The entries point to the practitioner's row, whose account the people's room pseudonymises; the
name, date of birth and workplace live on in the frozen payload, the PDF and the search text of a certificate only.
Hence no eraser is registered.
"""

from typing import TYPE_CHECKING, Any

from cpd.models import Certificate, CreditEntry

if TYPE_CHECKING:
    from foundation.accounts.models import User


def export(user: "User") -> tuple[str, dict[str, Any]]:
    """Ledger and certificates of the person, with the PDF files."""
    entries = (
        CreditEntry.objects.filter(practitioner__user=user).select_related("activity__kind").order_by("on_date", "pk")
    )
    certificates = list(Certificate.objects.filter(entry__practitioner__user=user).order_by("issued_at", "pk"))
    return "cpd", {
        "credit": [
            {
                "activity": entry.title,
                "kind": entry.activity.kind.code,
                "hours": entry.hours,
                "from": entry.began_on,
                "to": entry.on_date,
                "evidence": entry.evidence,
            }
            for entry in entries
        ],
        "certificates": [
            {"printed": certificate.payload, "issued_at": certificate.issued_at, "revoked_at": certificate.revoked_at}
            for certificate in certificates
        ],
        "files": {f"{held.serial.replace('/', '-')}.pdf": bytes(held.pdf) for held in certificates},
    }
