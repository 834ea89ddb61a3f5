# SPDX-License-Identifier: Apache-2.0
"""Mutation testing: what scripts/mutate does.

mutant.py       a change of the code, and the equivalent ones that are known
operators.py    the changes that a file offers, found in clang's syntax tree
draw.py         the random choice of them
workspace.py    a copy of the tree, with every mutant behind a switch, and its build
guard.h         the switch: an environment variable says which mutant is on, and a file collects which ones are reached
suite.py        the tests, which mutants each reaches, and the verdict on a mutant
cli.py          the command, its log and its report"""
