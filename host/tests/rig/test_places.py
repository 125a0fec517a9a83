from __future__ import annotations

import tomllib

import pytest

from mcubench.rig.places import find_places

TEXT = r'''# name = "no key"
title = "x"
[[ boards ]] # [[boards]]
name = """
serial = "not yet"
\""" [[boards]] """
"serial" = 'a # no comment [ "'
features = [ # ] not yet
  "x", "]",
  # ]
]
'id' = { a = "}" }
notes = """two quotes more""" # """
baud = 1
[["boards"]]
notes = \'\'\'
baud = "\'\'\'
baud = 2
[boards.more]
colour = 3
[lab]
[other]
baud = 3
'''.replace(r"\'", "'")


def test_keys_are_found_and_what_only_looks_like_one_is_not() -> None:
    tomllib.loads(TEXT)  # it is valid
    places = find_places(TEXT)
    assert places.boards == [
        {None: 3, "name": 4, "serial": 7, "features": 8, "id": 12, "notes": 13, "baud": 14},
        {None: 15, "notes": 16, "baud": 18},
    ]
    assert places.others == {"title": 2, "boards": 19, "lab": 21, "other": 22}


@pytest.mark.parametrize(
    ("index", "key", "line"), [(0, "baud", 14), (1, None, 15), (1, "more", 15), (7, "name", 19), (0, "colour", 3)]
)
def test_what_is_not_found_has_the_place_of_what_holds_it(index: int, key: str | None, line: int) -> None:
    assert find_places(TEXT).of_board(index, key) == line


@pytest.mark.parametrize("text", ['a = """x""""\nb = 1', 'a = """x"""""\nb = 1', "a = '''x''''\nb = 1"])
def test_quotes_may_stand_before_the_end_of_a_string(text: str) -> None:
    tomllib.loads(text)
    assert find_places(text).others == {"a": 1, "b": 2}
