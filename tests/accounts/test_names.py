"""Names sort by given name, in the order of the Vietnamese alphabet."""

from foundation.accounts.names import given_name, sort_key


def test_the_given_name_is_the_last_word():
    assert given_name("Nguyễn Văn An") == "An"


def test_lists_sort_by_given_name_then_family_name():
    names = ["Trần Thị Bình", "Nguyễn Văn Ân", "Lê Văn An", "Bùi Thị An", "Nguyễn Văn Ăn"]
    assert sorted(names, key=sort_key) == ["Bùi Thị An", "Lê Văn An", "Nguyễn Văn Ăn", "Nguyễn Văn Ân", "Trần Thị Bình"]


def test_tones_order_as_level_grave_hook_tilde_acute_dot():
    names = [f"Mẫu {word}" for word in ("Mạ", "Má", "Mã", "Mả", "Mà", "Ma")]
    assert [name.split()[-1] for name in sorted(names, key=sort_key)] == ["Ma", "Mà", "Mả", "Mã", "Má", "Mạ"]
