"""From text to a tree.

rewriting.py     text to text: ${x}, #x, 'x', contains(…)
tokens.py        text to tokens
token_stream.py  what a parser asks of them
precedence.py    how tightly operators bind
parser.py        tokens to a tree (the grammar is in its docstring)
tree_limits.py   the tree under the parser's hands, held to the limits
tree.py          the tree
"""
