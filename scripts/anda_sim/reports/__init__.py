# SPDX-License-Identifier: Apache-2.0
"""Reports and figures of runs and sweeps: the data that scripts/report and scripts/plot share, and both outputs."""
