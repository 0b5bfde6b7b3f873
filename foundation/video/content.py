"""The hash of a version's bytes, by which an officer's word holds for what was watched and for nothing else."""

import hashlib
from pathlib import Path


def sha256_of(folder: Path) -> str:
    """SHA-256 over "hash, name" of every file in the folder, by name, as `sha256sum * | sha256sum` prints it."""
    lines = [f"{_of_file(path)}  {path.name}\n" for path in sorted(folder.iterdir(), key=lambda path: path.name)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _of_file(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
