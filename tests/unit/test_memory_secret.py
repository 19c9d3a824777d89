"""What looks like a secret, and what does not."""

import pytest

from qchat_memory.language.secret import secret_in


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My card is 4539 1488 0343 6467.", "a card number"),
        ("Visa 4539-1488-0343-6467 until 05/27", "a card number"),
        ("4111 1111 1111 1111, the one for tests", "a card number"),
        ("5555-5555-5555-4444", "a card number"),
        ("the key is sk-proj-abcdefghijklmnop1234", "an access key"),
        ("AKIAIOSFODNN7EXAMPLE", "an access key"),
        ("github_pat_11ABCDEFG0abcdefghijkl", "an access key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("Authorization: Bearer abcdefghijklmnop.qrstuv", "a token"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "a token"),
        ("my password is hunter2", "a password"),
        ("Wifi passphrase: correct horse", "a password"),
        ("mein Passwort ist geheim", "a password"),
        ("密码是abc123", "a password"),
        ("the PIN of my card is 4711", "a secret code"),
        ("my account is DE89 3704 0044 0532 0130 00", "an account number"),
        ("token xK9mQ2vL8pR4tY7wN3bZ6cF1hJ5dG0", "an access key"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, kind: str) -> None:
    assert secret_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "My parrot is called Zubiko.",
        "My phone number is +49 30 901820",
        "The order number is 1234567890123",
        "I moved in 2015 and paid 1,280 euros a month from 2016-05-01 to 2020-04-30.",
        "I like the book 'The Password'.",
        "The code is in src/qchat/memory/relevance_of_everything_2026.py",
        "I pinned a note on the door.",
        "The grid is 0000 0000 0000 0000 at first.",
        "ISBN 978-3-16-148410-0 is the book that I want",
    ],
)
def test_ordinary_things_are_not_secrets(text: str) -> None:
    assert secret_in(text) == ""
