"""Vietnamese names: one field, family name first, lists sorted by given name."""

import unicodedata

# ICU's order for `vi`: a < ă < â, d < đ, e < ê, o < ô < ơ, u < ư; tones as level, grave, hook, tilde, acute, dot.
_LETTERS = {
    letter: f"{base}{rank}"
    for base, letters in {"a": "aăâ", "d": "dđ", "e": "eê", "o": "oôơ", "u": "uư"}.items()
    for rank, letter in enumerate(letters)
}
_TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}


def given_name(full_name: str) -> str:
    """The last word, or an empty string."""
    return full_name.rsplit(maxsplit=1)[-1] if full_name.split() else ""


def sort_key(full_name: str) -> str:
    """A plain string that sorts as Vietnamese lists do: given name, family, middle; letters before tones."""
    words = unicodedata.normalize("NFC", full_name).lower().split()
    if not words:
        return ""
    ordered = [words[-1], *words[:-1]]
    parts = [_split_tone(word) for word in ordered]
    return f"{' '.join(letters for letters, _ in parts)}|{' '.join(tones for _, tones in parts)}"[:160]


def _split_tone(word: str) -> tuple[str, str]:
    """The letters of a word in sortable form, and its tones."""
    letters, tones = [], []
    for character in word:
        decomposed = unicodedata.normalize("NFD", character)
        tone = next((_TONES[mark] for mark in decomposed if mark in _TONES), "0")
        bare = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _TONES))
        letters.append(_LETTERS.get(bare, bare))
        tones.append(tone)
    return "".join(letters), "".join(tones)
