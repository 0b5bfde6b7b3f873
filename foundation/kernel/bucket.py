"""The storages without a public address, in an S3-compatible bucket; a module of its own, for boto3 loads slowly."""

from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from storages.backends.s3 import S3Storage


class PrivateBucketStorage(S3Storage):
    """Files readable by the portal's own code only; asking for an address is a mistake in the code."""

    def url(self, name: str, *_more: Any, **_options: Any) -> str:
        raise SuspiciousFileOperation(f"{name!r} lies in a storage that has no address.")
