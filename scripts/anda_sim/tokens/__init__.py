# SPDX-License-Identifier: Apache-2.0
"""Token files from text."""
