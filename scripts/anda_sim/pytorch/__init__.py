# SPDX-License-Identifier: Apache-2.0
"""What the scripts do that run models in PyTorch."""
