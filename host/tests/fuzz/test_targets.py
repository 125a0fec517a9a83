"""Anything from outside, in every place where the host reads it: only errors of our own, and always an end."""

from __future__ import annotations

import pytest
from hostile_board import LINES
from hypothesis import given, settings
from hypothesis import strategies as st
from model_targets import MODEL_TARGETS
from targets import TARGETS

from mcubench.protocol.frames import Ack, FrameType, ack_payload, encode_frame

WORDS = [
    *(line.encode() for line in LINES), b"\0", b"\1", b"\n", b"\r\n", b" #1:", b"=", b"%2", b"flip:", b"rate=", b"to=",
    b"disconnect:every_bytes=1e3,", b"9" * 5000, encode_frame(FrameType.ACK, 1, ack_payload(Ack(1, 2, 3))),
    b"\0" * 60, b"\xff" * 60,
]  # fmt: skip
inputs = st.lists(st.binary(max_size=300) | st.sampled_from(WORDS), max_size=10).map(b"".join)


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "talk"])
@settings(max_examples=300, deadline=None)
@given(data=inputs)
def test_any_bytes(target: str, data: bytes) -> None:
    TARGETS[target](data)


@settings(max_examples=400, deadline=None)
@given(st.binary(min_size=1, max_size=400))
def test_a_session_with_a_board_that_says_anything_ends(data: bytes) -> None:
    TARGETS["talk"](data)


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=160))
def test_a_model_that_is_broken_on_purpose_is_read_or_refused(data: bytes) -> None:
    MODEL_TARGETS["tflite"](data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_behind_a_models_mark_are_refused(data: bytes) -> None:
    MODEL_TARGETS["tflite-bytes"](b"\x14\0\0\0TFL3" + data)
