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
FROZEN, OFFSET, SETS, HEARD = range(4)


class FakeClock:
    def __init__(self):
        self.file = tempfile.NamedTemporaryFile(prefix="ghostkey-clock-")
        self.file.truncate(4 * FIELD_BYTES)
        self.fields = mmap.mmap(self.file.fileno(), 4 * FIELD_BYTES)

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
        self.write(FROZEN, frozen_ms * 1000000)
        self.write(OFFSET, int(offset_s * 1000000000))
        self.write(SETS, self.read(SETS) + 1)
        wait_for(lambda: self.read(HEARD) == self.read(SETS), "the clock to be heard")

    def now_ms(self):
        return (self.read(FROZEN) or time.time_ns() + self.read(OFFSET)) // 1000000

    def daemon(self, *options):
        env = dict(os.environ, LD_PRELOAD=os.environ["FAKE_CLOCK_LIBRARY"],
                   FAKE_CLOCK=self.file.name)
        # a sanitizer's library wants to be the first, and does not have to
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        return Daemon("--seed", "clock", *options, env=env)
