"""A ghostkeyd whose machine's clock the test sets: tests/support/fake_clock.c is preloaded,
$FAKE_CLOCK_LIBRARY names it. The clock is set in one step, as a suspend, NTP or a person with
date(1) sets it."""

import mmap
import os
import struct
import tempfile
import time

from timekit import Daemon, wait_for

FIELD_BYTES = 8
FROZEN, OFFSET, SETS, HEARD, BOOT, BOOT_AT, WORKED = range(7)
NS_PER_S = 1000000000


class FakeClock:
    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="ghostkey-clock-")
        self.file.truncate(7 * FIELD_BYTES)
        self.fields = mmap.mmap(self.file.fileno(), 7 * FIELD_BYTES)

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
        """Ahead of the machine's by so much, or standing; returns once the daemon's timer knows."""
        stands = time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.read(BOOT) if frozen_ms else 0
        self.write(BOOT_AT, stands)
        self.write(FROZEN, frozen_ms * 1000000)
        self.write(OFFSET, int(offset_s * NS_PER_S))
        self.ring()

    def ring(self):
        self.write(SETS, self.read(SETS) + 1)
        wait_for(lambda: self.read(HEARD) == self.read(SETS), "the clock to be heard")

    def pass_by(self, seconds, worked=False, ring=True):
        """So much time goes by: the machine sleeps or the daemon is paused, unless it worked."""
        for field in (OFFSET, BOOT) + ((WORKED,) if worked else ()):
            self.write(field, self.read(field) + int(seconds * NS_PER_S))
        if ring:
            self.ring()

    def now_ms(self):
        return (self.read(FROZEN) or time.time_ns() + self.read(OFFSET)) // 1000000

    def daemon(self, *options):
        env = dict(os.environ, LD_PRELOAD=os.environ["FAKE_CLOCK_LIBRARY"],
                   FAKE_CLOCK=self.file.name)
        # a sanitizer's library wants to be the first, and does not have to
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return Daemon("--seed", "clock", *options, env=env)
