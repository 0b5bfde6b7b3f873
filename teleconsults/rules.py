"""Decisions on plain values about consent."""

from dataclasses import dataclass
from datetime import date

# Whose word is needed for whom (Law 91/2025/QH15: from 7 years on, the child's besides the guardian's).
_ENOUGH = {
    "adult": {"patient", "both"},
    "represented": {"guardian", "both"},
    "child_from_7": {"both"},
    "child_under_7": {"guardian", "both"},
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the patients agreed; the values are those of the choices of `Consent`."""

    patient: str
    agreed_by: str
    agreed_on: date
    way: str

    @property
    def is_enough(self) -> bool:
        """Whether all have agreed who must, for this kind of patient."""
        return self.agreed_by in _ENOUGH.get(self.patient, set())


@dataclass(frozen=True, slots=True)
class FacilityApproval:
    """Who allowed the publication in the facility's name (name and position), and on which day."""

    approver: str
    approved_on: date
