"""Find out why a text is no JSON, in the words of the engine's JSON library.

Only texts that could not be read come here, so clearness goes before speed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_SPACE = b" \t\r\n"
_DIGITS = b"0123456789"
_HEX = b"0123456789abcdefABCDEF"
_ESCAPES = b'"\\/bfnrt'
_LITERALS = {ord("t"): "true", ord("f"): "false", ord("n"): "null"}


class _Stopped(Exception):  # noqa: N818 - not an error of this program
    """The text ended, or a byte did not fit."""


def syntax_error(body: bytes) -> str:
    """The engine's words for what is wrong with the text."""
    if not body.strip(_SPACE):
        return "EOF"
    try:
        _Scanner(body).value()
    except _Stopped as stopped:
        return str(stopped)
    return "unexpected EOF"


@dataclass
class _Scanner:
    body: bytes
    at: int = 0
    # What is open: '[' and '{', innermost last.
    open: list[int] = field(default_factory=list)

    def value(self) -> None:
        """Walk one whole value; containers are kept on a stack, so depth costs no recursion."""
        self.begin_value()
        while self.open:
            if self.open[-1] == ord("{"):
                self.after_member()
            else:
                self.after_element()

    def begin_value(self) -> None:
        byte = self.skip_space()
        if byte == ord("{"):
            self.at += 1
            self.begin_object()
        elif byte == ord("["):
            self.at += 1
            self.begin_array()
        else:
            self.scalar(byte)

    def begin_object(self) -> None:
        self.open.append(ord("{"))
        if self.skip_space() == ord("}"):
            self.close()
        else:
            self.key_and_value()

    def begin_array(self) -> None:
        self.open.append(ord("["))
        if self.skip_space() == ord("]"):
            self.close()
        else:
            self.begin_value()

    def close(self) -> None:
        self.at += 1
        self.open.pop()

    def key_and_value(self) -> None:
        if self.skip_space() != ord('"'):
            self.refuse("looking for beginning of object key string")
        self.string()
        if self.skip_space() != ord(":"):
            self.refuse("after object key")
        self.at += 1
        self.begin_value()

    def after_member(self) -> None:
        byte = self.skip_space()
        if byte == ord(","):
            self.at += 1
            self.key_and_value()
        elif byte == ord("}"):
            self.close()
        else:
            self.refuse("after object key:value pair")

    def after_element(self) -> None:
        byte = self.skip_space()
        if byte == ord(","):
            self.at += 1
            self.begin_value()
        elif byte == ord("]"):
            self.close()
        else:
            self.refuse("after array element")

    def scalar(self, byte: int) -> None:
        if byte == ord('"'):
            self.string()
        elif byte in _LITERALS:
            self.literal(_LITERALS[byte])
        elif byte == ord("-") or byte in _DIGITS:
            self.number()
        else:
            self.refuse("looking for beginning of value")

    def string(self) -> None:
        self.at += 1
        while (byte := self.peek()) != ord('"'):
            if byte == ord("\\"):
                self.at += 1
                self.escape()
            elif byte < 0x20:
                self.refuse("in string literal")
            else:
                self.at += 1
        self.at += 1

    def escape(self) -> None:
        byte = self.peek()
        if byte in _ESCAPES:
            self.at += 1
            return
        if byte != ord("u"):
            self.refuse("in string escape code")
        self.at += 1
        for _ in range(4):
            if self.peek() not in _HEX:
                self.refuse("in \\u hexadecimal character escape")
            self.at += 1

    def literal(self, word: str) -> None:
        for letter in word:
            if self.peek() != ord(letter):
                self.refuse(f"in literal {word} (expecting '{letter}')")
            self.at += 1

    def number(self) -> None:
        if self.peek() == ord("-"):
            self.at += 1
            if self.peek() not in _DIGITS:
                self.refuse("in numeric literal")
        if self.peek() == ord("0"):
            self.at += 1
        else:
            self.digits()
        if self.next_is(b"."):
            self.at += 1
            self.some_digits("after decimal point in numeric literal")
        if self.next_is(b"eE"):
            self.at += 1
            if self.next_is(b"+-"):
                self.at += 1
            self.some_digits("in exponent of numeric literal")

    def some_digits(self, where: str) -> None:
        if self.peek() not in _DIGITS:
            self.refuse(where)
        self.digits()

    def digits(self) -> None:
        while self.next_is(_DIGITS):
            self.at += 1

    def next_is(self, wanted: bytes) -> bool:
        return self.at < len(self.body) and self.body[self.at] in wanted

    def skip_space(self) -> int:
        while self.next_is(_SPACE):
            self.at += 1
        return self.peek()

    def peek(self) -> int:
        if self.at >= len(self.body):
            raise _Stopped("unexpected EOF")
        return self.body[self.at]

    def refuse(self, where: str) -> None:
        raise _Stopped(f"invalid character {quoted_byte(self.body[self.at])} {where}")


def quoted_byte(byte: int) -> str:
    """A byte as the library quotes it: as the character of that number, between single quotes."""
    named = {
        0x27: "\\'",
        0x5C: "\\\\",
        7: "\\a",
        8: "\\b",
        12: "\\f",
        10: "\\n",
        13: "\\r",
        9: "\\t",
        11: "\\v",
    }
    if byte in named:
        return f"'{named[byte]}'"
    if byte < 0x20 or byte == 0x7F:
        return f"'\\x{byte:02x}'"
    if 0x80 <= byte < 0xA1 or byte == 0xAD:
        return f"'\\u{byte:04x}'"
    return f"'{chr(byte)}'"
