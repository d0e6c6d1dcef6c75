"""From tokens to a tree.

The grammar, loosest first (``{x}`` is any number of x, ``[x]`` an optional one)::

    whole        = sequence END
    sequence     = expression {";" expression} [";"]
    expression   = "let" NAME "=" expression ";" sequence
                 | "if" expression block "else" (block | another "if")
                 | operation {"?" [expression] ":" expression}
    block        = "{" sequence "}"
    operation    = primary {operator operation of higher precedence}
                 | operation "|" NAME arguments          the left side is the first argument
                 | operation ["not"] ("in" | "matches" | "contains" | "startsWith" | "endsWith") operation
    primary      = ("not" | "!" | "-" | "+") operation {postfix}
                 | "(" sequence ")" {postfix}
                 | ("#" [NAME] | ".") {postfix}           the item; only inside a predicate
                 | "::" NAME arguments
                 | "true" | "false" | "nil" | NUMBER
                 | (STRING | BYTES | NAME | NAME arguments | list | map) {postfix}
    postfix      = ("." | "?.") NAME [arguments]
                 | ["?."] "[" expression "]"
                 | "[" [expression] ":" [expression] "]"
    arguments    = "(" [argument {"," argument} [","]] ")"
    argument     = expression | predicate                 which one, the function says
    predicate    = expression | block
    list         = "[" [expression {"," expression} [","]] "]"
    map          = "{" [key ":" expression {"," key ":" expression} [","]] "}"
    key          = NUMBER | STRING | NAME | "(" expression ")"

Binary operators by precedence, left-associative but for the powers::

    |  or ||  and &&  == != < > <= >= in matches contains startsWith endsWith  ..  + -  * / %  ** ^  ??

``a < b < c`` is ``a < b && b < c``; ``??`` does not mix with others without parentheses.
"""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.functions.names import FUNCTION_NAMES, PREDICATE_FUNCTIONS
from rochallor_cli.dev_engine.expression.limits import MAX_SOURCE_LENGTH
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.precedence import (
    COMPARISONS,
    PRECEDENCE,
    RIGHT_ASSOCIATIVE,
    UNARY_PRECEDENCE,
)
from rochallor_cli.dev_engine.expression.syntax.token_stream import TokenStream
from rochallor_cli.dev_engine.expression.syntax.tokens import NEGATABLE, Kind, Token, is_word_character
from rochallor_cli.dev_engine.expression.syntax.tree_limits import GrowingTree, N
from rochallor_cli.dev_engine.expression.values.numbers import number_value

CONSTANTS: Final = {"true": True, "false": False}


def parse(source: str) -> tree.Node:
    """The tree of a rewritten source. Raises ``SyntaxFault`` at the first token that does not fit."""
    if len(source) > MAX_SOURCE_LENGTH:
        raise SyntaxFault(f"the expression is longer than {MAX_SOURCE_LENGTH} characters", 0)
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = TokenStream(source)
        self.predicates = 0
        self.growth = GrowingTree()

    def whole(self) -> tree.Node:
        node = self._sequence()
        if self.tokens.current.kind is not Kind.END:
            raise self.tokens.unexpected()
        return node

    def _made(self, node: N) -> N:
        return self.growth.counted(node, self.tokens.current.at)

    # --- sequences and expressions ---------------------------------------------------------------

    def _sequence(self) -> tree.Node:
        parts = [self._expression()]
        while self.tokens.accept_operator(";"):
            if self.tokens.current.kind is Kind.END:
                break
            parts.append(self._expression())
        if len(parts) == 1:
            return parts[0]
        return self._made(tree.Sequence(parts, at=parts[0].at))

    def _expression(self) -> tree.Node:
        self.growth.descend(self.tokens.current.at)
        try:
            if self.tokens.current.is_operator("let"):
                return self._declaration()
            if self.tokens.current.is_operator("if"):
                return self._if()
            return self._conditional(self._operation(0))
        finally:
            self.growth.ascend()

    def _declaration(self) -> tree.Node:
        self.tokens.advance()
        name = self.tokens.expect(Kind.IDENTIFIER)
        self.tokens.expect(Kind.OPERATOR, "=")
        value = self._expression()
        self.tokens.expect(Kind.OPERATOR, ";")
        return self._made(tree.Declaration(name.value, value, self._sequence(), at=name.at))

    def _if(self) -> tree.Node:
        branches = []
        while True:
            self.tokens.expect(Kind.OPERATOR, "if")
            condition = self._expression()
            branches.append((condition, self._block()))
            self.tokens.expect(Kind.OPERATOR, "else")
            if not self.tokens.current.is_operator("if"):
                break
            self.growth.check_depth(len(branches), self.tokens.current.at)
        node = self._block()
        for condition, yes in reversed(branches):
            node = tree.Conditional(condition, yes, node)
        return node

    def _block(self) -> tree.Node:
        self.tokens.expect(Kind.BRACKET, "{")
        node = self._sequence()
        self.tokens.expect(Kind.BRACKET, "}")
        return node

    def _conditional(self, node: tree.Node) -> tree.Node:
        while self.tokens.accept_operator("?"):
            if self.tokens.accept_operator(":"):
                yes = node
            else:
                yes = self._expression()
                self.tokens.expect(Kind.OPERATOR, ":")
            no = self._expression()
            node = self._made(tree.Conditional(node, yes, no, at=self.tokens.current.at))
        return node

    # --- operations ------------------------------------------------------------------------------

    def _operation(self, precedence: int) -> tree.Node:
        left = self._primary()
        previous = ""
        while self.tokens.current.kind is Kind.OPERATOR:
            negation = self._negation(precedence)
            operator = self.tokens.current
            if PRECEDENCE.get(operator.value, -1) < precedence:
                break
            self.tokens.advance()
            left = self._binary(left, operator, previous)
            if negation:
                left = self._made(tree.Unary("not", left, at=operator.at))
            previous = operator.value
        return left

    def _negation(self, precedence: int) -> bool:
        """Go over the ``not`` of ``not in`` and the like, unless a looser operation has to take it."""
        if not self.tokens.current.is_operator("not"):
            return False
        negated = self.tokens.peek()
        if negated.value not in NEGATABLE:
            self.tokens.advance()
            raise self.tokens.unexpected()
        if PRECEDENCE[negated.value] < precedence:
            return False
        self.tokens.advance()
        return True

    def _binary(self, left: tree.Node, operator: Token, previous: str) -> tree.Node:
        if operator.value == "|":
            return self._call(self.tokens.expect(Kind.IDENTIFIER), [left])
        if previous == "??" and operator.value != "??":
            message = (
                f"Operator ({operator.value}) and coalesce expressions (??) cannot be mixed. "
                "Wrap either by parentheses."
            )
            raise SyntaxFault(message, operator.at)
        precedence = PRECEDENCE[operator.value]
        if operator.value in COMPARISONS:
            return self._comparison(left, operator, precedence)
        right = self._nested_operation(precedence + (operator.value not in RIGHT_ASSOCIATIVE))
        return self._made(tree.Binary(operator.value, left, right, at=operator.at))

    def _nested_operation(self, precedence: int) -> tree.Node:
        self.growth.descend(self.tokens.current.at)
        node = self._operation(precedence)
        self.growth.ascend()
        return node

    def _comparison(self, left: tree.Node, operator: Token, precedence: int) -> tree.Node:
        whole: tree.Node | None = None
        while True:
            right = self._nested_operation(precedence + 1)
            compared: tree.Node = self._made(tree.Binary(operator.value, left, right, at=operator.at))
            if whole is not None:
                compared = self._made(tree.Binary("&&", whole, compared, at=operator.at))
            if not self.tokens.current.is_operator(*COMPARISONS):
                return compared
            whole, left = compared, right
            operator = self.tokens.advance()

    def _primary(self) -> tree.Node:
        token = self.tokens.current
        if token.kind is Kind.OPERATOR and token.value in UNARY_PRECEDENCE:
            self.tokens.advance()
            operand = self._nested_operation(UNARY_PRECEDENCE[token.value])
            return self._postfix(self._made(tree.Unary(token.value, operand, at=token.at)))
        if self.tokens.accept_bracket("("):
            node = self._sequence()
            self.tokens.expect(Kind.BRACKET, ")")
            return self._postfix(node)
        if self.predicates and token.is_operator("#", "."):
            return self._pointer(token)
        if self.tokens.accept_operator("::"):
            return self._postfix(self._call(self.tokens.expect(Kind.IDENTIFIER), []))
        return self._operand(token)

    def _pointer(self, token: Token) -> tree.Node:
        name = ""
        if self.tokens.accept_operator("#") and self.tokens.current.kind is Kind.IDENTIFIER:
            name = self.tokens.advance().value
        return self._postfix(self._made(tree.Pointer(name, at=token.at)))

    def _operand(self, token: Token) -> tree.Node:
        if token.kind is Kind.IDENTIFIER:
            self.tokens.advance()
            if token.value in CONSTANTS:
                return self._made(tree.Literal(CONSTANTS[token.value], at=token.at))
            if token.value == "nil":
                return self._made(tree.Nil(at=token.at))
            if self.tokens.current.is_bracket("("):
                return self._postfix(self._call(token, []))
            return self._postfix(self._made(tree.Identifier(token.value, at=token.at)))
        if token.kind is Kind.NUMBER:
            self.tokens.advance()
            value = number_value(token.value, self.tokens.current.at)
            return self._made(tree.Literal(value, at=token.at))
        if token.kind in (Kind.STRING, Kind.BYTES):
            self.tokens.advance()
            text: object = token.value if token.kind is Kind.STRING else token.value.encode("latin-1")
            return self._postfix(self._made(tree.Literal(text, at=token.at)))
        if token.is_bracket("["):
            return self._postfix(self._list(token))
        if token.is_bracket("{"):
            return self._postfix(self._map(token))
        raise self.tokens.unexpected()

    # --- calls, lists, maps ----------------------------------------------------------------------

    def _call(self, name: Token, arguments: list[tree.Node]) -> tree.Node:
        """``name(…)``; ``arguments`` holds what came by a pipe."""
        if name.value in PREDICATE_FUNCTIONS:
            self._predicate_arguments(name.value, arguments)
            return self._made(tree.FunctionCall(name.value, arguments, at=name.at))
        if name.value in FUNCTION_NAMES:
            self._arguments(arguments)
            return self._made(tree.FunctionCall(name.value, arguments, at=name.at))
        callee = self._made(tree.Identifier(name.value, at=name.at))
        self._arguments(arguments)
        return self._made(tree.Call(callee, arguments, at=name.at))

    def _arguments(self, arguments: list[tree.Node]) -> None:
        self.tokens.expect(Kind.BRACKET, "(")
        first = True
        while not self.tokens.current.is_bracket(")"):
            if not first:
                self.tokens.expect(Kind.OPERATOR, ",")
                if self.tokens.current.is_bracket(")"):
                    break
            arguments.append(self._expression())
            first = False
        self.tokens.advance()

    def _predicate_arguments(self, name: str, arguments: list[tree.Node]) -> None:
        self.tokens.expect(Kind.BRACKET, "(")
        expected = PREDICATE_FUNCTIONS[name][len(arguments) :]
        for position, argument in enumerate(expected):
            if self.tokens.current.is_bracket(")"):
                if argument.endswith("?"):
                    break
                message = f"expected at least {len(expected)} arguments"
                raise SyntaxFault(message, self.tokens.current.at)
            if position:
                self.tokens.expect(Kind.OPERATOR, ",")
            is_predicate = argument.startswith("predicate")
            arguments.append(self._predicate() if is_predicate else self._expression())
        self.tokens.accept_operator(",")
        self.tokens.expect(Kind.BRACKET, ")")

    def _predicate(self) -> tree.Node:
        at = self.tokens.current.at
        self.predicates += 1
        if self.tokens.current.is_bracket("{"):
            self.tokens.advance()
            body = self._sequence()
            self.predicates -= 1
            self.tokens.expect(Kind.BRACKET, "}")
        else:
            body = self._expression()
            if self.tokens.current.is_operator(";"):
                raise SyntaxFault("wrap predicate with brackets { and }", self.tokens.current.at)
            self.predicates -= 1
        return self._made(tree.Predicate(body, at=at))

    def _list(self, token: Token) -> tree.Node:
        self.tokens.advance()
        items: list[tree.Node] = []
        while not self.tokens.current.is_bracket("]"):
            if items:
                self.tokens.expect(Kind.OPERATOR, ",")
                if self.tokens.current.is_bracket("]"):
                    break
            items.append(self._expression())
        self.tokens.advance()
        return self._made(tree.ListLiteral(items, at=token.at))

    def _map(self, token: Token) -> tree.Node:
        self.tokens.advance()
        pairs: list[tuple[tree.Node, tree.Node]] = []
        while not self.tokens.current.is_bracket("}"):
            if pairs:
                self.tokens.expect(Kind.OPERATOR, ",")
                if self.tokens.current.is_bracket("}"):
                    break
                if self.tokens.current.is_operator(","):
                    raise self.tokens.unexpected()
            key = self._map_key()
            self.tokens.expect(Kind.OPERATOR, ":")
            pairs.append((key, self._expression()))
            self._made(key)
        self.tokens.advance()
        return self._made(tree.MapLiteral(pairs, at=token.at))

    def _map_key(self) -> tree.Node:
        token = self.tokens.current
        if token.kind in (Kind.NUMBER, Kind.STRING, Kind.IDENTIFIER):
            self.tokens.advance()
            return self._made(tree.Literal(token.value, at=token.at))
        if token.is_bracket("("):
            return self._expression()
        message = (
            "a map key must be a quoted string, a number, a identifier, or an expression enclosed in "
            f"parentheses (unexpected token {token})"
        )
        raise SyntaxFault(message, token.at)

    # --- members and slices ----------------------------------------------------------------------

    def _postfix(self, node: tree.Node) -> tree.Node:
        while True:
            token = self.tokens.current
            if token.is_operator(".", "?."):
                self.tokens.advance()
                if token.value == "?." and self.tokens.current.is_bracket("["):
                    node = self._index(node, optional=True)
                else:
                    node = self._property(node, optional=token.value == "?.")
            elif token.is_bracket("["):
                node = self._index(node, optional=False)
            else:
                return node

    def _property(self, node: tree.Node, *, optional: bool) -> tree.Node:
        name = self.tokens.advance()
        is_word = bool(name.value) and is_word_character(name.value[0]) and not name.value[0].isdigit()
        if name.kind is not Kind.IDENTIFIER and not (name.kind is Kind.OPERATOR and is_word):
            raise SyntaxFault("expected name", self.tokens.current.at)
        in_chain = isinstance(node, tree.Chain)
        owner = node.inner if isinstance(node, tree.Chain) else node
        key = self._made(tree.Literal(name.value, at=name.at))
        member = self._made(tree.Member(owner, key, optional=optional, at=name.at))
        found: tree.Node = member
        if self.tokens.current.is_bracket("("):
            member.called = True
            arguments: list[tree.Node] = []
            self._arguments(arguments)
            found = self._made(tree.Call(member, arguments, at=name.at))
        return self._made(tree.Chain(found, at=name.at)) if in_chain or optional else found

    def _index(self, node: tree.Node, *, optional: bool) -> tree.Node:
        bracket = self.tokens.advance()
        low = None if self.tokens.current.is_operator(":") else self._expression()
        if self.tokens.accept_operator(":"):
            high = None if self.tokens.current.is_bracket("]") else self._expression()
            found: tree.Node = self._made(tree.Slice(node, low, high, at=bracket.at))
        else:
            assert low is not None, "without a colon there is an index"
            found = self._made(tree.Member(node, low, optional=optional, at=bracket.at))
            if optional:
                found = self._made(tree.Chain(found, at=bracket.at))
        self.tokens.expect(Kind.BRACKET, "]")
        return found
