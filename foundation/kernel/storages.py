"""Storages without a public address."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files readable by the portal's own code only; asking for an address is a mistake in the code."""

    def url(self, name: str | None) -> str:
        raise SuspiciousFileOperation(f"{name!r} lies in a storage that has no address.")
