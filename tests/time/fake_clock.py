"""A ghostkeyd for which the test sets the machine's clock: tests/support/fake_clock.c is preloaded
($FAKE_CLOCK_LIBRARY). The clock is set in one step, as by a suspend, NTP or date(1)."""

import mmap
import os
import struct
import tempfile
import time

from timekit import Daemon, preloaded, wait_for

FIELD_BYTES = 8
FROZEN, OFFSET, SETS, HEARD, BOOT, BOOT_AT, WORKED, LOOP_AT = range(8)
FIELDS = 8
NS_PER_S = 1000000000


class FakeClock:
    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="ghostkey-clock-")
        self.file.truncate(FIELDS * FIELD_BYTES)
        self.fields = mmap.mmap(self.file.fileno(), FIELDS * FIELD_BYTES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.fields.close()
        self.file.close()

    def read(self, field):
        return struct.unpack_from("<q", self.fields, field * FIELD_BYTES)[0]

    def write(self, field, number):
        struct.pack_into("<q", self.fields, field * FIELD_BYTES, number)

    def set(self, offset_s=0, frozen_ms=0):
        """Sets it so much ahead of the machine's, or stops it; returns when the daemon's timer is set anew."""
        stands = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.read(BOOT) if frozen_ms else 0
        self.write(BOOT_AT, stands)
        self.write(FROZEN, frozen_ms * 1000000)
        self.write(OFFSET, int(offset_s * NS_PER_S))
        self.ring()

    def ring(self):
        self.write(SETS, self.read(SETS) + 1)
        wait_for(lambda: self.read(HEARD) == self.read(SETS), "the clock to be heard")

    def pass_by(self, seconds, worked=False, ring=True):
        """Lets so much time pass, as if the machine slept or the daemon was paused."""
        for field in (OFFSET, BOOT) + ((WORKED,) if worked else ()):
            self.write(field, self.read(field) + int(seconds * NS_PER_S))
        if ring:
            self.ring()

    def move_loop(self, seconds):
        """The timers of the daemon's event loop stand still from the first call on, but for these seconds."""
        now = self.read(LOOP_AT) or time.time_ns()
        self.write(LOOP_AT, now + int(seconds * NS_PER_S))

    def now_ms(self):
        return (self.read(FROZEN) or time.time_ns() + self.read(OFFSET)) // 1000000

    def daemon(self, *options):
        env = preloaded(os.environ["FAKE_CLOCK_LIBRARY"], FAKE_CLOCK=self.file.name)
        return Daemon("--seed", "clock", *options, env=env)
