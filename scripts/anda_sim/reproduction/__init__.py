# SPDX-License-Identifier: Apache-2.0
"""What scripts/reproduce_paper writes: the page and its figures."""
