# SPDX-License-Identifier: Apache-2.0
"""What mantissa lengths cost two small models: scripts/precision_study."""
