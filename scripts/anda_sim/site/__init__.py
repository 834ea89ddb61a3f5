# SPDX-License-Identifier: Apache-2.0
"""The documentation site: docs/, the README and the library's public headers as pages for a browser."""
