# SPDX-License-Identifier: Apache-2.0
"""Implementation of the scripts that run models in PyTorch."""
