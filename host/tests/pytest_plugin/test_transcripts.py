"""The transcript of a test: all of a short one, beginning and end of a long one, and nothing of the test before."""

from __future__ import annotations

from mcubench.pytest_plugin.transcripts import FIRST_CHUNKS, LAST_CHUNKS, TestTranscript


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
