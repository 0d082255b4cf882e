"""Faults to put into the daemon, one at a time: (name, file, the code there, the code with the fault).

Each is a mistake that somebody could make; test_faults.py builds the daemon with it and says which
of the race tests sees it. test_fits.py, which is quick, fails when a fault no longer fits the code: the
code has changed, and the fault must be changed with it."""

import re

FAULTS = [
    ("lost-update", "daemon/broker/versions.c",
     "    return error != 0 ? error : store_put_secret(broker->store, secret);",
     "    return error != 0 || (secret->current.cause == CAUSE_PUT && secret->current.number % 4 == 3)\n"
     "            ? error : store_put_secret(broker->store, secret);"),
    ("stale-read", "daemon/broker/reading.c",
     "    return error != 0 ? error : secret_check_value(ret_secret, problem);",
     "    error = error != 0 ? error : secret_check_value(ret_secret, problem);\n"
     "    if (error == 0 && ret_secret->previous != 0 && ret_secret->revision % 3 == 0) {\n"
     "        error = version_of_stage(\n"
     "                broker, ret_secret, STAGE_PREVIOUS, &ret_secret->current, problem);\n"
     "    }\n"
     "    return error;"),
    ("answer-before-its-commit", "daemon/http/turn.c",
     "    call->list = &turn->waiting;\n"
     "    TAILQ_INSERT_TAIL(&turn->waiting, call, link);",
     "    call_send(call, &turn->metrics);"),
    ("event-without-its-change", "daemon/broker/turn.c",
     "    error = store_delete_secret(broker->store, secret);",
     "    error = cause == CAUSE_DELETE && secret->current.number > 2\n"
     "            ? 0 : store_delete_secret(broker->store, secret);"),
    ("change-without-its-event", "daemon/broker/turn.c",
     "    int error = store_append_event(broker->store, event);",
     "    int error = event->kind == EVENT_UPDATED && event->cause == CAUSE_PATCH ? 0\n"
     "            : store_append_event(broker->store, event);"),
    ("two-pending", "daemon/broker/rotation.c",
     "if (secret_pending(before) != 0) {", "if (secret_pending(before) == before->newest) {"),
    ("pending-one-renews-the-time", "daemon/broker/versions.c",
     "    secret->pending = is_pending ? version->number : secret->pending;",
     "    secret->pending = is_pending ? version->number : secret->pending;\n"
     "    secret->in_force_at = at;\n    secret->armed = secret->ttl_s != 0;"),
    ("promoted-one-stays-pending", "daemon/broker/versions.c",
     "        secret->pending = 0;",
     "        secret->pending = before == NULL ? 0 : secret->pending;"),
    ("previous-forgotten-by-promotion", "daemon/broker/versions.c",
     "        secret->previous = replaced.number;",
     "        secret->previous = secret->current.number < before->current.number\n"
     "                ? before->previous : replaced.number;"),
    ("promoted-one-keeps-its-time", "daemon/broker/versions.c",
     "    secret->in_force_at = at;",
     "    secret->in_force_at = secret->current.made_at;"),
    ("number-of-a-discarded-one-given-again", "daemon/broker/stages.c",
     "    event.version = secret.pending;",
     "    event.version = secret.pending;\n    secret.newest -= secret.newest == secret.pending;"),
    ("id-given-again", "daemon/broker/versions.c",
     "    version->revision = secret->revision;",
     "    version->revision = secret->newest;"),
    ("old-ones-kept-too-long", "daemon/broker/versions.c",
     "secret->newest - number < keep) {", "secret->newest - number <= keep) {"),
    ("restored-after-its-end", "daemon/model/secret.c",
     "        return secret->gone_at;", "        return secret->gone_at + 1;"),
    ("restored-one-stays-due", "daemon/broker/stages.c",
     "return error != 0 ? error : fire_if_due(broker, secret);",
     "secret->armed = error == 0 && secret->armed && !secret_is_expired(secret, broker->clock.now);\n"
     "    return error != 0 ? error : store_put_secret(broker->store, secret);"),
    ("gone-when-it-expires", "daemon/model/secret.c",
     "    if (secret->is_deleted) {\n        return secret->gone_at;",
     "    if (secret->is_deleted && !secret->armed) {\n        return secret->gone_at;"),
    ("hidden-one-is-patched", "daemon/broker/patch.c",
     "error = secret_check_not_deleted(&before, problem);", "error = 0;"),
    ("hidden-one-is-listed", "daemon/broker/reading.c",
     "!is_wanted(listing->deleted, !secret_has_value(secret)) ||",
     "(listing->deleted == LISTED_ONLY &&\n"
     "        !is_wanted(listing->deleted, !secret_has_value(secret))) ||"),
    ("discard-without-its-event", "daemon/broker/stages.c",
     "    error = event_keep(broker, &event);\n    if (error != 0) {\n        return error;\n    }\n"
     "    *ret_number",
     "    *ret_number"),
    ("event-of-another-version", "daemon/broker/rotation.c",
     "    event.version = version.number;", "    event.version = before->current.number;"),
    ("previous-one-accepted-for-ever", "daemon/broker/verify.c",
     "(comparison->previous != 0 && is_in_grace(secret, now))",
     "(comparison->previous != 0 && (secret->policy.grace_s != 0 || is_in_grace(secret, now)))"),
    ("reset-keeps-the-time", "daemon/broker/reset.c",
     "clock_init(&broker->clock, CLOCK_VIRTUAL, broker->began_at);",
     "clock_init(&broker->clock, CLOCK_VIRTUAL, broker->clock.now);"),
    ("reset-keeps-the-secrets", "daemon/broker/reset.c",
     "    error = store_clear(broker->store);", "    error = 0;"),
    ("two-winners", "daemon/broker/expectation.c",
     "return secret != NULL && has_revision(expectation, secret->revision);",
     "return secret != NULL && (has_revision(expectation, secret->revision) ||\n"
     "        has_revision(expectation, secret->revision - 1));"),
    ("generation-used-twice", "daemon/broker/rotation.c",
     "    after.generation += 1;\n    after.rotated_at = at;\n",
     "    after.generation += after.generation % 3 != 1;\n    after.rotated_at = at;\n"),
    ("generation-forgotten-by-deletion", "daemon/broker/change.c",
     ".generation = found ? before.generation : tombstone.generation,",
     ".generation = found ? before.generation : 0,"),
    ("revision-forgotten-by-deletion", "daemon/broker/change.c",
     ".revision = found ? before.revision : tombstone.revision,",
     ".revision = found ? before.revision : 0,"),
    ("expiry-at-the-wrong-instant", "daemon/broker/advance.c",
     "rotation_fire(broker, name, due, to, &fired);",
     "rotation_fire(broker, name, to, to, &fired);"),
    ("expired-an-instant-late", "daemon/model/secret.c",
     "INT64_MAX && now >= at;", "INT64_MAX && now > at;"),
    ("half-an-advance", "daemon/broker/advance.c",
     "while (due <= to) {",
     "while (due <= to && advance.rotated + advance.expired < 2) {"),
    ("live-one-cleaned-up", "daemon/broker/sweep.c",
     "if (!secret_is_expired(secret, sweep->now) || secret->armed || !secret_has_value(secret)) {",
     "if (!secret->armed || secret->policy.on_expiry) {"),
    ("read-refused", "daemon/broker/reading.c",
     "    int error = store_get_secret(broker->store, name, ret_secret);",
     "    int error = store_get_secret(broker->store, name, ret_secret);\n"
     "    error = error == 0 && ret_secret->current.number % 5 == 4 ? -1 : error;"),
    ("change-refused", "daemon/broker/versions.c",
     "    return error != 0 ? error : store_put_secret(broker->store, secret);",
     "    return error != 0 || (secret->current.cause == CAUSE_ROTATE && secret->current.number % 5 == 4)\n"
     "            ? (error != 0 ? error : -5) : store_put_secret(broker->store, secret);"),
    ("stream-tells-another-version", "daemon/http/stream.c",
     "    streams->form->write(buffer, event);",
     "    struct event other = *event;\n"
     "    other.version += event->seq % 7 == 0;\n"
     "    streams->form->write(buffer, &other);"),
    ("stream-tells-one-twice", "daemon/http/stream.c",
     "reader->streams->broker, reader->seq, PIECE_EVENTS_MAX, append_event, reader);",
     "reader->streams->broker, reader->seq - (reader->seq > 0 && reader->piece.capacity == 0),\n"
     "        PIECE_EVENTS_MAX, append_event, reader);"),
    ("event-passed-over", "daemon/broker/events.c",
     "store_walk_events(broker->store, after, visit_event, &page);",
     "store_walk_events(broker->store, after + (after > 5), visit_event, &page);"),
]


def table(root):
    """fault -> seen by, as the README's table has it"""
    text = (root / "tests/concurrency/README.md").read_text("utf-8")
    return dict(re.findall(r"^\| `([a-z-]+)` \|.*\| ([^|]+) \|$", text, re.MULTILINE))


def put_in(text, old, new):
    """-> the text with the fault in it; None unless it has exactly one place. How lines are broken
    and indented does not matter."""
    places = list(re.finditer(r"\s+".join(re.escape(word) for word in old.split()), text))
    if len(places) != 1:
        return None
    begin, end = places[0].span()
    return f"{text[:begin]}{new.strip()}{text[end:]}"
