"""What cannot work for any variables, told before evaluation.

checker.py         the check of a tree
operator_types.py  the types that operators take and give
calls_check.py     whether arguments fit parameters
coercion.py        operands converted by their operator, for engines that do that
"""
