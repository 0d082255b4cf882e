"""TAP, version 12: one line per check, the plan at the end, notes for those that fail."""

import signal
import sys

NOTE_LINES_MAX = 60


class Tap:
    """Counts checks; leave() prints the plan and gives the exit status."""

    def __init__(self):
        self.count = 0
        self.failures = 0

    def ok(self, condition, name, *notes):
        self.count += 1
        self.failures += not condition
        print(f"{'ok' if condition else 'not ok'} {self.count} - {name.replace('#', '')}")
        if not condition:
            for note in notes:
                self.note(note)
        sys.stdout.flush()
        return bool(condition)

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f"got    {shown(got)}", f"wanted {shown(wanted)}")

    def skip(self, name, reason):
        """Notes what cannot be tested here, and why."""
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")
        sys.stdout.flush()

    def note(self, text):
        lines = str(text).splitlines()
        for line in lines[:NOTE_LINES_MAX]:
            print(f"# {line}")
        if len(lines) > NOTE_LINES_MAX:
            print(f"# ... and {len(lines) - NOTE_LINES_MAX} lines more")

    def leave(self):
        print(f"1..{self.count}")
        return 1 if self.failures or not self.count else 0


def shown(thing, most=600):
    text = repr(thing)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def run(*functions):
    """Runs each function with a Tap; an exception is one failed check."""
    tap = Tap()
    # nohup, or a shell's &, makes this process ignore these, and every process that it starts.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    for function in functions:
        try:
            function(tap)
        except Exception as error:  # pylint: disable=broad-except
            tap.ok(False, f"{function.__name__} ran to its end", f"{type(error).__name__}: {error}")
            notes_of(tap, error)
    return tap.leave()


def notes_of(tap, error):
    at = error.__traceback__
    while at is not None:
        tap.note(f"{at.tb_frame.f_code.co_name} line {at.tb_lineno}")
        at = at.tb_next
