# SPDX-License-Identifier: Apache-2.0
"""Makes token files from text."""
