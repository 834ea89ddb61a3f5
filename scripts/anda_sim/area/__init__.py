# SPDX-License-Identifier: Apache-2.0
"""What scripts/area_study synthesises, how, and the tables it prints."""
