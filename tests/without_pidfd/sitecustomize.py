"""With this folder on PYTHONPATH, every interpreter that starts is one of a system without pidfds."""

import os

vars(os).pop("pidfd_open", None)
