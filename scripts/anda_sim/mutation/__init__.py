# SPDX-License-Identifier: Apache-2.0
"""Mutation testing: what scripts/mutate does.

mutant.py       a change of the code, and the known equivalent mutants
operators.py    the possible changes of a file, found in clang's syntax tree
draw.py         the random choice of changes
workspace.py    a copy of the tree, with every mutant behind a switch, and its build
guard.h         the switch: an environment variable enables a mutant, and a file records the mutants reached
suite.py        the tests, the mutants that each reaches, and the verdict on a mutant
cli.py          the command, its log and its report"""
