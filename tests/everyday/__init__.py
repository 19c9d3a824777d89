"""The ordinary uses of each capability, slow ones too, through the real program."""
