"""The transcript of a test: all of a short one, beginning and end of a long one, and nothing of the test before."""

from __future__ import annotations

from mcubench.pytest_plugin.transcripts import END_CHUNKS, FIRST_CHUNKS, LAST_CHUNKS, TestTranscript


def test_a_long_test_keeps_its_beginning_and_its_end():
    transcript = TestTranscript("pc-1")
    for number in range(FIRST_CHUNKS + LAST_CHUNKS + 7):
        transcript.add("<", b"chunk %d" % number)
    lines = transcript.text.splitlines()
    assert lines[0].startswith("# pc-1: seconds since ")
    assert lines[1].endswith("<     7 bytes 'chunk 0'")
    assert lines[1 + FIRST_CHUNKS] == "# 7 chunks are left out"
    assert lines[-1].endswith(f"'chunk {FIRST_CHUNKS + LAST_CHUNKS + 6}'")
    assert len(lines) == FIRST_CHUNKS + LAST_CHUNKS + 2


def test_another_test_begins_with_nothing_and_the_end_of_the_line_is_still_known():
    transcript = TestTranscript("pc-1")
    transcript.add(">", b"tick\n")
    transcript.begin()
    assert transcript.text == ""
    assert "tick" in str(transcript)


def test_report_has_the_last_chunks_on_lines_that_fit_a_terminal_and_the_file():
    transcript = TestTranscript("pc-1")
    for number in range(40):
        transcript.add(">", b"tick %d\n" % number)
        transcript.add("<", bytes(range(128, 228)))
    *lines, last = transcript.end("results/hil/main/it.uart.log").splitlines()
    assert len(lines) == END_CHUNKS
    assert max(map(len, lines)) <= 105
    assert lines[-2].endswith("bytes 'tick 39\\n'")
    assert lines[-1].endswith("\\x90'...")
    assert last == f"# the last {END_CHUNKS} of 80 chunks; more: results/hil/main/it.uart.log"
    transcript.begin()
    assert transcript.end("results/hil/main/it.uart.log") == ""
