"""Clients that nothing synchronises: threads in several processes, each with its own role and seed."""

import json
import multiprocessing
import os
import random
import subprocess
import threading
import time

import client
import http1

# The roles of sixteen clients, which share names so that they conflict.
CREW = ("writer", "reader", "rotator", "deleter", "stager", "undoer", "rotator", "lister",
        "writer", "reader", "stager", "deleter", "follower", "mover", "undoer", "exporter")
NAMES = [f"n{number}" for number in range(12)]
JOIN_S = 300


def export(socket):
    """An export by ghostctl, in a new process each time."""
    done = subprocess.run([os.environ["GHOSTCTL"], "--socket", socket, "export", "--stdout",
                           "--format", "json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ghostctl export: {done.returncode} {done.stderr}")
    return {"status": 200, "secrets": {name.lower(): {"status": 200, "value": value}
                                       for name, value in json.loads(done.stdout).items()}}


def perform(connection, socket, operation):
    """Performs an operation, and records when it began, when it ended, and the answer."""
    request = None if operation["op"] == "export" else client.bytes_of(operation)
    operation["start"] = time.monotonic_ns()
    if request is None:
        out = export(socket)
    else:
        connection.send(request)
        answer = connection.answer()
        out = None
    operation["end"] = time.monotonic_ns()
    operation["out"] = out or client.answer_of(operation, answer)
    return operation


def live(socket, number, seed, count, start, history):
    role = CREW[number % len(CREW)]
    rng = random.Random(f"{seed}/{number}")
    seen = {}
    start.wait(JOIN_S)
    with http1.Connection(socket) as connection:
        for turn in range(count):
            operation = client.choose(rng, role, NAMES, seen, turn)
            operation["client"] = number
            if operation["op"] == "put" and "value" in operation["in"]:
                operation["in"]["value"] = f"{number}:{turn}"
            history.append(perform(connection, socket, operation))
            client.remember(seen, operation)


def live_together(socket, numbers, seed, count, start, results):
    """Runs in a process of its own, with a thread for each client."""
    histories = {number: [] for number in numbers}
    threads = [threading.Thread(target=live, daemon=True,
                                args=(socket, number, seed, count, start, histories[number]))
               for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_S)
    results.put([each for history in histories.values() for each in history])


def run(socket, seed, clients=16, count=500, processes=4):
    """-> the history of that many clients with that many operations each"""
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(clients), context.SimpleQueue()
    started = [context.Process(target=live_together, args=(
        socket, range(first, clients, processes), seed, count, start, results))
        for first in range(processes)]
    for each in started:
        each.start()
    history = [operation for _ in started for operation in results.get()]
    for each in started:
        each.join()
    return history
