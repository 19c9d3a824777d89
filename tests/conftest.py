"""What every test starts from: no keyring of whoever runs them."""

import os

os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
