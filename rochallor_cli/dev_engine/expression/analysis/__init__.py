"""What can be said of expressions without any variables: for lint, searches and editors.

analysis.py                what an expression uses and what its author will trip over
traps.py                   the kinds of what authors trip over
coercion_traps.py          what the conversion of operands does that was not meant
text_uses.py               which operands are taken for texts
conversions.py             which variables are converted, and to what
overlaps.py                whether two conditions can hold together
unreachable_conditions.py  which of several conditions can never be come to
comparisons.py             the one variable that a condition compares with literals
contradictions.py          conditions that no value of a variable's type can meet
constraints.py             what a comparison says about a term
"""
