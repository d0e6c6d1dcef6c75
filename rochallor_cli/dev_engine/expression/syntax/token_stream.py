"""The tokens of a source, one at a time, and what a parser asks of them."""

from __future__ import annotations

from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.syntax.tokens import Kind, Token, Tokenizer


class TokenStream:
    """The current token and what may be done with it."""

    def __init__(self, source: str) -> None:
        self._tokenizer = Tokenizer(source)
        self._ahead: Token | None = None
        self.current = self._tokenizer.next()

    def advance(self) -> Token:
        """Go on to the next token; the answer is the one left behind."""
        token = self.current
        if token.kind is Kind.END:
            raise SyntaxFault("unexpected end of expression", token.at)
        self.current = self._ahead or self._tokenizer.next()
        self._ahead = None
        return token

    def peek(self) -> Token:
        """The token behind the current one."""
        self._ahead = self._ahead or self._tokenizer.next()
        return self._ahead

    def unexpected(self) -> SyntaxFault:
        """The fault of a current token that fits nowhere."""
        return SyntaxFault(f"unexpected token {self.current}", self.current.at)

    def expect(self, kind: Kind, value: str | None = None) -> Token:
        """Go on if the current token is this one, else it is unexpected."""
        if self.current.kind is not kind or (value is not None and self.current.value != value):
            raise self.unexpected()
        return self.advance()

    def accept_operator(self, value: str) -> bool:
        """Go on if the current token is this operator."""
        found = self.current.is_operator(value)
        if found:
            self.advance()
        return found

    def accept_bracket(self, value: str) -> bool:
        """Go on if the current token is this bracket."""
        found = self.current.is_bracket(value)
        if found:
            self.advance()
        return found
