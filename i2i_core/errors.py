"""The one exception that is meant for the person at the keyboard."""


class InputError(ValueError):
    """Something the person can put right: the message says what is wrong and what to do.

    It becomes `gr.Error` on the page and exit code 2 with one sentence on the command line.
    Every other exception is a defect of ours and propagates.
    """
