from __future__ import annotations

from pathlib import Path

import pytest

from mcubench.errors import InputError, RigFileError
from mcubench.rig import RigBoard, RigFile, find_rig_file, load_rig, read_rig

WHOLE = """
[[boards]]
name = "disco-1"
board = "stm32f746"
id = "3000200F"
probe_id = "066FFF"
serial = "/dev/serial/by-id/usb-ST"
baud = 921600
runner = "stlink"
flash_timeout = 90
flash_before = true
connected = false
features = ["display", "sdram"]
power = "uhubctl:1-1.4:2"
notes = "the one with the cracked screen"
"""
# One mistake each, in lines 3, 5, 7, 9, 10, 11, 12, 17, 18 and 20.
TEN_MISTAKES = '''# shelf 1
[[boards]]
name = "all"
board = "stm32f746"
id = "abc"
serial = "/dev/ttyACM0"
flash-timeout = 3

[[boards]] # no name
board = "nrf5284"
baud = -9600
power = "uhubctl:left"
probe_id = "1"
notes = """
name = "x"
"""
runner = "jlinc"
features = ["a b"]

[lab]
'''


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    return tmp_path / "rig.toml"


def mistakes_of(path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text)
    with pytest.raises(RigFileError) as caught:
        read_rig(path)
    return caught.value.lines


def board(name: str, *more: str) -> str:
    return "\n".join(["[[boards]]", f'name = "{name}"', *more, ""])


def nrf(name: str, *more: str) -> str:
    return board(name, 'board = "nrf52840"', f'serial = "/dev/{name}"', *more)


def test_every_key_is_read(rig: Path) -> None:
    rig.write_text(WHOLE)
    assert read_rig(rig) == RigFile(
        rig,
        (
            RigBoard(
                name="disco-1",
                board="stm32f746",
                id="3000200f",
                probe_id="066FFF",
                serial="/dev/serial/by-id/usb-ST",
                baud=921600,
                runner="stlink",
                flash_timeout_s=90.0,
                flash_before=True,
                connected=False,
                features=("display", "sdram"),
                power="uhubctl:1-1.4:2",
                notes="the one with the cracked screen",
                file=rig,
            ),
        ),
    )


def test_ten_mistakes_are_ten_lines_each_with_its_place(rig: Path) -> None:
    mistakes = mistakes_of(rig, TEN_MISTAKES)
    assert [int(mistake.removeprefix(f"{rig}:").partition(":")[0]) for mistake in mistakes] == [
        3, 5, 7, 9, 10, 11, 12, 17, 18, 20,
    ]  # fmt: skip
    for mistake, expected in zip(
        mistakes,
        [
            "board 'all', 'name': 'all' means something else as a board; choose another name",
            "'id': expected pairs of hexadecimal digits, as 'uid' of the board's info has them, found an odd number",
            "board 'all', 'flash-timeout': unknown key; did you mean 'flash_timeout'?",
            "board no. 2: no name",
            "board no. 2, 'board': no board 'nrf5284'; did you mean 'nrf52840'?",
            "'baud': expected bits per second as a number above 0, such as 921600, found -9600",
            "'power': expected 'uhubctl:LOCATION:PORT'",
            "'runner': no upload protocol 'jlinc'; did you mean 'jlink'?",
            "'features': expected words without spaces and commas, found 'a b'",
            "'lab': unknown; boards are tables that begin with [[boards]]",
        ],
        strict=True,
    ):
        assert expected in mistake


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("id = 12345678", "'id': expected a text, found 12345678; put it in quotes: \"12345678\""),
        (
            'id = "xyz0"',
            "'id': expected pairs of hexadecimal digits, as 'uid' of the board's info has them, found 'xyz0'",
        ),
        ("baud = true", "found true"),
        ("baud = 9600.5", "found 9600.5"),
        ('baud = "9600"', "found '9600'"),
        ("baud = 100_000_001", "expected at most 100000000 bits per second, found 100000001"),
        ("flash_timeout = 0", "expected seconds as a number above 0, found 0"),
        ("flash_timeout = inf", "found inf"),
        ('connected = "yes"', "expected true or false, found 'yes'"),
        ("flash_before = 1", "expected true or false, found 1"),
        ('features = "display"', "expected a list of words, such as [\"display\"], found 'display'"),
        ("features = [1]", "found 1"),
        ('probe_id = " "', "'probe_id': expected a text on one line, found an empty one"),
        ('probe_id = "a\\nb"', "expected a text on one line"),
        ('power = "script:"', "'power': expected"),
        ('power = "uhubctl:1-1"', "'power': expected"),
        ('runner = "openocd"', "known are stlink, jlink, cmsis-dap"),
        ('platform = "nrf52840"', "'platform': unknown key; it is called 'board' here"),
        ('fixtures = ["display"]', "unknown key; it is called 'features' here"),
        ("flash_Timeout = 3", "did you mean 'flash_timeout'?"),
        ("colour = 3", "'colour': unknown key; known are name, board, id, probe_id"),
        ("notes = {}", "'notes': expected a text, found a table"),
    ],
)
def test_a_mistake_says_what_to_write_instead(rig: Path, line: str, expected: str) -> None:
    (mistake,) = mistakes_of(rig, nrf("nrf-1", line))
    assert mistake.startswith(f"{rig}:5: board 'nrf-1', '{line.partition(' ')[0]}': ")
    assert expected in mistake


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "found an empty one"),
        ("stm32f746", "means all boards of that kind; choose another name, such as 'stm32f746-1'"),
        ("native", "means something else"),
        ("a,b", "expected letters, digits, '.', '_' and '-', found 'a,b'"),
        ("../up", "expected letters"),
        ("-x", "expected letters"),
        ("Tür", "expected letters"),
    ],
)
def test_a_name_must_not_mean_anything_else(rig: Path, name: str, expected: str) -> None:
    (mistake,) = mistakes_of(rig, board(name, 'board = "nrf52840"', 'serial = "/dev/x"'))
    assert mistake.startswith(f"{rig}:2: ")
    assert expected in mistake


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("labgrid://", "expected labgrid:PLACE"),
        ("http://host", "expected a device, socket://HOST:PORT, rfc2217://HOST:PORT or labgrid:PLACE"),
        ("socket://host", "expected a device, socket://HOST:PORT"),
        ("socket://host:99999", "expected a device, socket://HOST:PORT"),
        ("rfc2217://:7001", "rfc2217://HOST:PORT or labgrid:PLACE, found 'rfc2217://:7001'"),
    ],
)
def test_a_serial_is_one_that_can_be_opened(rig: Path, serial: str, expected: str) -> None:
    (mistake,) = mistakes_of(rig, board("b", 'board = "nrf52840"', f'serial = "{serial}"'))
    assert expected in mistake


def test_a_board_without_a_port_cannot_be_found(rig: Path) -> None:
    assert mistakes_of(rig, board("a", 'board = "nrf52840"')) == (
        f"{rig}:1: board 'a': nothing finds its port; give it a probe_id or a serial",
    )
    assert mistakes_of(rig, board("a", 'board = "nrf52840"', 'runner = "virtual"')) == (
        f"{rig}:1: board 'a': a virtual board needs a serial, the link that is made to its terminal",
        f"{rig}:1: board 'a': a virtual board needs a probe_id, the path of its probe's socket",
    )


def test_the_id_of_a_virtual_board_tells_that_it_is_one(rig: Path) -> None:
    virtual = ('runner = "virtual"', 'probe_id = "a.probe"')
    assert mistakes_of(rig, nrf("a", *virtual, 'id = "00112233"')) == (
        f"{rig}:7: board 'a', 'id': that of a virtual board begins with 7669727475616c, found '00112233'",
    )
    rig.write_text(nrf("a", *virtual, 'id = "7669727475616C01"'))
    assert read_rig(rig).boards[0].id == "7669727475616c01"


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("id", "aabb", "AABB"),
        ("probe_id", "066F", "066F"),
        ("serial", "/dev/ttyACM0", "/dev/ttyACM0"),
        ("serial", "a.tty", "./a.tty"),
    ],
)
def test_two_boards_cannot_be_the_same(rig: Path, key: str, first: str, second: str) -> None:
    other = 'probe_id = "x"' if key == "serial" else 'serial = "/dev/x"'
    text = board("a", 'board = "nrf52840"', f'{key} = "{first}"', "" if key == "probe_id" else other)
    text += board("b", 'board = "nrf52840"', f'{key} = "{second}"')
    (mistake,) = [each for each in mistakes_of(rig, text) if "nothing finds" not in each]
    assert mistake.startswith(f"{rig}:9: board 'b', '{key}': board 'a' in line 4 has the same, ")


def test_only_a_virtual_board_has_the_power_of_one(rig: Path) -> None:
    text = board("a", 'board = "nrf52840"', 'serial = "/dev/x"', 'runner = "jlink"', 'power = "virtual"')
    assert mistakes_of(rig, text) == (
        f"{rig}:6: board 'a', 'power': 'virtual' is that of virtual boards, whose runner is 'virtual' too",
    )
    rig.write_text(text.replace("jlink", "virtual") + 'probe_id = "a.probe"\n')
    assert read_rig(rig).boards[0].power == "virtual"


def test_two_boards_cannot_have_one_name(rig: Path) -> None:
    (mistake,) = mistakes_of(rig, nrf("a") + board("a", 'board = "nrf52840"', 'serial = "/dev/y"'))
    assert mistake == f"{rig}:6: board 'a', 'name': board 'a' in line 2 has the same, 'a'"


def test_a_board_that_is_not_there_may_have_had_the_port_of_another(rig: Path) -> None:
    kind = 'board = "nrf52840"\nserial = "/dev/ttyACM0"'
    rig.write_text(board("a", kind, "connected = false") + board("b", kind))
    assert [each.name for each in read_rig(rig).boards] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[boards]]\nname = x\n", "no valid TOML: Invalid value (at line 2, column 8)"),
        ("a = " + "[" * 5000, "no valid TOML"),
        ("[boards]\nname = 'a'\n", "1: 'boards': expected tables that begin with [[boards]]"),
        ("boards = 3\n", "1: 'boards': expected tables"),
        ("\ufeff[[boards]]\n", "1: begins with a byte order mark; save it as UTF-8 without BOM"),
        ("board = []\n", "1: 'board': unknown; boards are tables that begin with [[boards]]"),
    ],
)
def test_what_is_no_rig_file_is_one_mistake(rig: Path, text: str, expected: str) -> None:
    (mistake,) = mistakes_of(rig, text)
    assert expected in mistake


def test_boards_in_a_list_have_its_place(rig: Path) -> None:
    (mistake,) = mistakes_of(rig, '\nboards = [\n {name = "a", board = "nrf52840", serial = "x", baud = 0},\n]\n')
    assert mistake.startswith(f"{rig}:2: board 'a', 'baud': ")


def test_what_cannot_be_read_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such rig file"):
        read_rig(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe[\0")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_rig(tmp_path / "bytes")


def test_the_rig_file_is_looked_for_in_four_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MCUBENCH_RIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert find_rig_file() is None
    with pytest.raises(InputError, match=r"no rig file: neither --rig, .* nor .*config/mcubench/rig\.toml"):
        load_rig()
    users = tmp_path / "config" / "mcubench" / "rig.toml"
    users.parent.mkdir(parents=True)
    found = []
    for path in (users, Path("rig.toml"), tmp_path / "variable.toml", tmp_path / "named.toml"):
        path.touch()
        if path.name == "variable.toml":
            monkeypatch.setenv("MCUBENCH_RIG", str(path))
        found.append(find_rig_file(path if path.name == "named.toml" else None) == path)
    assert found == [True] * 4


def test_a_rig_file_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"--rig .*none\.toml: no such file"):
        find_rig_file(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"--rig .*: not a file; name a rig file"):
        find_rig_file(tmp_path)
    monkeypatch.setenv("MCUBENCH_RIG", str(tmp_path / "none.toml"))
    with pytest.raises(InputError, match=r"\$MCUBENCH_RIG .*none\.toml: no such file"):
        find_rig_file()


class TestSelect:
    @pytest.fixture
    def rig_file(self, rig: Path) -> RigFile:
        stm = board("stm-1", 'board = "stm32f746"', 'serial = "/dev/s1"')
        rig.write_text(stm + nrf("nrf-1") + nrf("nrf-12") + nrf("old", "connected = false"))
        return read_rig(rig)

    @pytest.mark.parametrize(
        ("words", "names"),
        [
            ((), ["stm-1", "nrf-1", "nrf-12"]),
            (("all",), ["stm-1", "nrf-1", "nrf-12"]),
            (("nrf52840",), ["nrf-1", "nrf-12"]),
            (("nrf-1",), ["nrf-1"]),
            (("s",), ["stm-1"]),
            (("nrf-12", "stm-1", "nrf-12"), ["nrf-12", "stm-1"]),
            (("nrf-12", "nrf52840"), ["nrf-12", "nrf-1"]),
        ],
    )
    def test_words_are_names_beginnings_and_kinds(
        self, rig_file: RigFile, words: tuple[str, ...], names: list[str]
    ) -> None:
        assert [each.name for each in rig_file.select(words)] == names

    @pytest.mark.parametrize(
        ("word", "expected"),
        [
            ("nrf", "'nrf' may be any of nrf-1, nrf-12"),
            ("nrf-2", "no board 'nrf-2'; did you mean"),
            ("", "no board ''; known are all, stm32f746, nrf52840, stm-1"),
            ("old", "old is marked connected = false; 'mcubench rig scan --write' looks for it"),
        ],
    )
    def test_what_names_no_board_is_told(self, rig_file: RigFile, word: str, expected: str) -> None:
        with pytest.raises(InputError, match=expected):
            rig_file.select([word])

    def test_a_kind_without_a_connected_board_and_an_empty_file_are_told(self, rig: Path) -> None:
        rig.write_text(nrf("old", "connected = false"))
        with pytest.raises(InputError, match="no board 'nrf52840' is connected"):
            read_rig(rig).select(["nrf52840"])
        with pytest.raises(InputError, match="no board is connected"):
            read_rig(rig).select(["all"])
        rig.write_text("# nothing yet\n")
        with pytest.raises(InputError, match="no board in it; 'mcubench rig scan --write' adds"):
            read_rig(rig).select()
