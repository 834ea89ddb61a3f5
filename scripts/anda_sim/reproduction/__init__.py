# SPDX-License-Identifier: Apache-2.0
"""The output of scripts/reproduce_paper: the page and its figures."""
