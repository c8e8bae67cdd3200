# SPDX-License-Identifier: Apache-2.0
"""What reconstruction, denoising and masked autoencoders learn, in closed form."""
from eigenlens import _core

__version__ = "0.1.0"
