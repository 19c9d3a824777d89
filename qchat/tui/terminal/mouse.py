"""The mouse, which the terminal can have back."""

from textual.driver import Driver


def set_mouse(driver: Driver, *, on: bool) -> None:
    """Ask the terminal for mouse events, or no longer; Textual has no public name for it."""
    switch = getattr(driver, "_enable_mouse_support" if on else "_disable_mouse_support", None)
    if switch is not None:
        switch()
        driver.flush()
