#!/usr/bin/env python3
"""ghostctl events: if events are missing, it says so, whatever happened to the daemon's log."""

import json
import tempfile

import ctl
from proxy import Proxy


def seqs(lines):
    return [json.loads(line)["seq"] for line in lines]


def wait_for_reader(it):
    ctl.wait_for(lambda: b"\nghostkey_event_streams 1\n" in it.daemon.request("GET", "/metrics")[2],
                 "a reader of the stream")


def another_log_is_reported_and_ends_it(check):
    """A daemon that forgot its state counts from 1 again: whatever number it has reached when the follower is back."""
    for events in (1, 3, 4, 6):
        with ctl.Ctl() as it, Proxy(str(it.directory / "p"), it.socket) as proxy:
            for value in "1234":
                it.put("a", value)
            with it.begin("--socket", proxy.path, "events", "--follow") as follower:
                wait_for_reader(it)
                proxy.down()
                it.stop()
                it.start()
                for _ in range(events):
                    it.put("b", "1")
                proxy.up()
                if events == 3:  # it waits for event 4, to compare it with the one that it printed
                    wait_for_reader(it)
                    it.put("b", "1")
                said = follower.end()
                check.ok(said.status == 1 and "lost its state" in said.err and "event 4" in said.err and said.out == b"",
                         f"after {events} events: said, and 1", said)


def the_same_state_goes_on(check):
    with tempfile.TemporaryDirectory() as folder, ctl.Ctl("--store", f"{folder}/kept", clock="system") as it:
        it.put("a", "1")
        with it.begin("events", "--follow", "--json") as follower:
            wait_for_reader(it)
            it.stop()
            it.start("--store", f"{folder}/kept", clock="system")
            it.put("a", "2")
            check.equal(seqs([follower.line()]), [2], "a daemon that kept its state: nothing lost, none twice")


def a_number_beyond_the_last_event_is_reported(check):
    with ctl.Ctl() as it:
        it.put("a", "1")
        for more in ([], ["--follow"]):
            said = it.run("events", "--after", "7", *more)
            check.ok(said.status == 1 and "no event 7" in said.err and "is 1" in said.err, f"{more}: said, and 1", said)
        check.equal(it.run("events", "--after", "1").status, 0, "the last one is no fault")


def events_no_longer_kept_are_reported(check):
    with ctl.Ctl() as it:
        it.put("a", "x", ttl=1, rotation={"strategy": "uuid", "on_expiry": True})
        for _ in range(3):  # the newest 100,000 are kept
            it.run("clock", "advance", "40000")
        last = it.daemon.json("GET", "/v1/status")[1]["last_event"]
        oldest = it.daemon.json("GET", "/v1/events?limit=1")[1]["events"][0]["seq"]
        for more in ([], ["--follow"]):
            said = it.run("events", "--after", "7", *more)
            check.ok(said.status == 1 and f"events 8 to {oldest - 1} are no longer kept" in said.err and said.out == b"",
                     f"{more}: which are lost, and 1", said)
        said = it.run("events", "--after", str(oldest - 1))
        check.ok(said.status == 0 and len(said.out.splitlines()) == last - oldest + 1, "behind them it goes on",
                 said.status, said.err)
        check.ok(len(it.run("events", "--after", "0").out.splitlines()) == last - oldest + 1, "--after 0: all that is kept")
        with it.begin("events", "--follow", "--after", "0") as follower:
            check.ok(follower.line() != b"", "--follow --after 0 begins with the oldest, too")


ctl.main(another_log_is_reported_and_ends_it, the_same_state_goes_on, a_number_beyond_the_last_event_is_reported,
         events_no_longer_kept_are_reported)
