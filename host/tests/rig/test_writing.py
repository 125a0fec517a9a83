from __future__ import annotations

import os
from pathlib import Path

import pytest

from mcubench.errors import InputError, RigFileError
from mcubench.rig import read_rig, writing
from mcubench.rig.merge import Action, Change
from mcubench.rig.writing import changed_text, write_rig

OWN = """# my shelf
[[boards]]
name = "a"   # the left one
board = "stm32f746"
serial = "/dev/ttyACM0"  # mind the cable
features = [
    "display",  # works again
]

# the right one
[[boards]]
name = 'b'
board = "nrf52840"
probe_id = "0010"
# end of the shelf
"""
ADDED = {"name": "c", "board": "nrf52840", "id": "aa", "serial": "/dev/ttyACM2"}


def test_comments_order_and_spelling_stay() -> None:
    changes = [
        Change(Action.UPDATE, "a", {"serial": "/dev/ttyACM1", "connected": False}),
        Change(Action.UPDATE, "b", {"serial": "/dev/ttyACM0"}),
        Change(Action.ADD, "c", ADDED),
    ]
    assert changed_text(OWN, changes) == (
        OWN.replace('"/dev/ttyACM0"  #', '"/dev/ttyACM1"  #')
        .replace("]\n\n# the right", "]\nconnected = false\n\n# the right")
        .replace('"0010"\n', '"0010"\nserial = "/dev/ttyACM0"\n')
        + '\n[[boards]]\nname = "c"\nboard = "nrf52840"\nid = "aa"\nserial = "/dev/ttyACM2"\n'
    )


def test_boards_in_a_list_stay_in_it() -> None:
    text = 'boards = [\n    {name = "a", board = "stm32f746", serial = "x"},\n]\n'
    changed = changed_text(text, [Change(Action.UPDATE, "a", {"connected": False}), Change(Action.ADD, "c", ADDED)])
    assert '{name = "a", board = "stm32f746", serial = "x", connected = false},\n' in changed
    assert "[[boards]]" not in changed
    assert 'name = "c"' in changed


def test_lines_end_as_they_did() -> None:
    changed = changed_text(OWN.replace("\n", "\r\n"), [Change(Action.ADD, "c", ADDED)])
    assert changed.count("\r\n") == changed.count("\n")


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rig.toml"
    write_rig(
        path,
        [Change(Action.ADD, "c", ADDED), Change(Action.ADD, "d", ADDED | {"name": "d", "id": "bb", "serial": "y"})],
    )
    assert [board.name for board in read_rig(path).boards] == ["c", "d"]
    assert path.read_text().startswith("[[boards]]\nname")
    assert [each.name for each in path.parent.iterdir()] == ["rig.toml"]


def test_mode_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "shelf.toml", tmp_path / "rig.toml"
    path.write_text(OWN)
    path.chmod(0o640)
    link.symlink_to("shelf.toml")
    write_rig(link, [Change(Action.ADD, "c", ADDED)])
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert [board.name for board in read_rig(link).boards] == ["a", "b", "c"]


def test_nothing_is_written_that_could_not_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(OWN)
    with pytest.raises(RigFileError, match="'serial': board 'a' in line 5 has the same"):
        write_rig(path, [Change(Action.UPDATE, "b", {"serial": "/dev/ttyACM0"})])
    assert path.read_text() == OWN
    assert [each.name for each in tmp_path.iterdir()] == ["rig.toml"]


def test_what_somebody_else_wrote_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rig.toml"
    path.write_text(OWN)
    flush = os.fsync

    def flush_while_somebody_writes(descriptor: int) -> None:
        flush(descriptor)
        path.write_text("# all new\n")

    monkeypatch.setattr(writing.os, "fsync", flush_while_somebody_writes)
    with pytest.raises(InputError, match="somebody changed it meanwhile; scan again"):
        write_rig(path, [Change(Action.ADD, "c", ADDED)])
    assert path.read_text() == "# all new\n"
    assert [each.name for each in tmp_path.iterdir()] == ["rig.toml"]


def test_where_nothing_can_be_written_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        write_rig(tmp_path / "file" / "rig.toml", [Change(Action.ADD, "c", ADDED)])
