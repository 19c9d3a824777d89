"""What every test starts from: no keyring of whoever runs them, and no clock of a fast machine."""

import os

import hypothesis

os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
