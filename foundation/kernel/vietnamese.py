"""Vietnamese text at the door: one spelling for storing, one folded key for finding."""

import unicodedata


def nfc(text: str) -> str:
    """Composed letters: «Nguyễn» has six characters, whatever keyboard it came from."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Lower case, without marks, single spaces, đ as d: the key by which «dieu» finds «Điều»."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return " ".join(bare.replace("đ", "d").split())
