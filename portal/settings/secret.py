"""The embedded default's secret: made on the first start and kept beside the data."""

import os
import secrets
import tempfile
from pathlib import Path


def kept_secret(path: Path) -> str:
    """The secret in `path`, made there (readable by its owner only) when the file is missing."""
    if not path.exists():
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48))
        try:
            # Whole or not at all, and the first of several processes wins.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            Path(fresh).unlink()
    return path.read_text().strip()
