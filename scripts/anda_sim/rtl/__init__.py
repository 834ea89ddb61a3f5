# SPDX-License-Identifier: Apache-2.0
"""Faults that scripts/rtl_mutations puts into models/rtl."""
