"""Telnet (RFC 854): commands in between the bytes, each after the byte 0xFF, which is doubled where it means itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DO", "DONT", "IAC", "WILL", "WONT", "Command", "TelnetReader", "escape", "subnegotiation"]

# RFC 854, "TELNET Command Structure".
SE, SB, WILL, WONT, DO, DONT, IAC = 240, 250, 251, 252, 253, 254, 255
ESCAPE = bytes([IAC])
ESCAPED = bytes([IAC, IAC])
END = bytes([IAC, SE])
# What has begun as a command and has not ended after so many bytes is none: those of RFC 2217 have six at most, or a
# line of text.
LONGEST_COMMAND = 1024


@dataclass(frozen=True)
class Command:
    """What the far end says about the connection: WILL, WONT, DO or DONT an option, or SB with its `payload`."""

    verb: int
    option: int
    payload: bytes = b""

    @property
    def is_subnegotiation(self) -> bool:
        return self.verb == SB


def escape(data: bytes) -> bytes:
    """Return data as it travels."""
    return data.replace(ESCAPE, ESCAPED)


def subnegotiation(option: int, payload: bytes) -> bytes:
    """Return the bytes that say `payload` about an option."""
    return bytes([IAC, SB, option]) + escape(payload) + END


class TelnetReader:
    """Takes data and commands apart, however they are cut into chunks."""

    def __init__(self) -> None:
        self._begun = b""  # the command of which the end has not come yet

    def feed(self, chunk: bytes) -> tuple[bytes, list[Command]]:
        """Return the data and the commands that are whole with this chunk; ValueError if it cannot be Telnet."""
        raw, self._begun = self._begun + chunk, b""
        data, commands, at = bytearray(), list[Command](), 0
        while (found := raw.find(ESCAPE, at)) >= 0:
            data += raw[at:found]
            end = _end_of_command(raw, found)
            if end is None:
                self._begun = raw[found:]
                if len(self._begun) > LONGEST_COMMAND:
                    raise ValueError("what comes from there is not Telnet")
                return bytes(data), commands
            at = end
            if raw[found:at] == ESCAPED:
                data.append(IAC)
            elif at - found > 2:  # the two-byte ones (no operation, are you there ...) mean nothing here
                commands.append(_command(raw[found:at]))
        data += raw[at:]
        return bytes(data), commands


def _end_of_command(raw: bytes, start: int) -> int | None:
    """Return where a command ends that begins at `start`, None if that is not there yet."""
    verb = raw[start + 1] if start + 1 < len(raw) else None
    if verb is None:
        return None
    if verb == SB:
        return _end_of_subnegotiation(raw, start + 2)
    end = start + (3 if verb in (WILL, WONT, DO, DONT) else 2)
    return end if end <= len(raw) else None


def _end_of_subnegotiation(raw: bytes, at: int) -> int | None:
    while (at := raw.find(ESCAPE, at)) >= 0 and at + 1 < len(raw):
        at += 2
        if raw[at - 1] == SE:
            return at
    return None


def _command(raw: bytes) -> Command:
    if raw[1] != SB:
        return Command(raw[1], raw[2])
    body = raw[2 : -len(END)].replace(ESCAPED, ESCAPE)
    return Command(SB, body[0] if body else IAC, body[1:])
