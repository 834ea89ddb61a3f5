# SPDX-License-Identifier: Apache-2.0
"""Faults that scripts/rtl_mutations inserts into models/rtl."""
