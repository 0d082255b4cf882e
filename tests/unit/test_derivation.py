#!/usr/bin/env python3
"""The daemon's strategies against derive.py, the second implementation.

    test_derivation.py DERIVE_CLI FIXTURES
"""

import json
import pathlib
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

# pylint: disable=wrong-import-position
import derive
from tap import run

TRIPLES = 10_000
BROKEN_TEMPLATES = 3_000
SEED_OF_THE_TEST = 20000101
TEMPLATE_PIECES = (
    "{", "}", "{{", "}}", ":", "0", "1", "16", "4096", "4097", "x", "uuid", "{", "{}", "{hex",
    "{hex:4}", "{hex:4096}", "{hex:4097}", "{uuid}", "{name:1}", "{digit:07}", "{HEX:4}",
    "{hex:-1}", "{hex: 1}",
)
NAME_BYTES = derive.ALNUM + "._+=@-"
DERIVE_CLI = ""
FIXTURES = pathlib.Path()


def daemon_values(vectors):
    """What the daemon's code makes of them, in order."""
    lines = "".join(json.dumps(vector) + "\n" for vector in vectors)
    run = subprocess.run(
        [DERIVE_CLI], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def any_text(rng, alphabet, most):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(0, most)))


def any_segment(rng):
    return rng.choice(derive.ALNUM) + any_text(rng, NAME_BYTES, rng.choice((3, 12, 60)))


def any_length(rng):
    """Mostly short, now and then around the stream's 32 bytes, rarely up to the limit."""
    kind = rng.random()
    if kind < 0.9:
        return rng.randint(2, 80)
    return rng.choice((31, 32, 33, 64, 65)) if kind < 0.99 else rng.randint(2, 4096)


def any_template(rng):
    """One in fifty begins close before the stream's second block of 8160 bytes."""
    pieces = [f"{{hex:4096}}{{hex:{rng.randint(4040, 4064)}}}"] if rng.random() < 0.02 else []
    for _ in range(rng.randint(0, 6)):
        kind = rng.choice(("uuid", "version", "name", "{{", "}}", "text", *derive.FIELDS))
        if kind in derive.FIELDS:
            pieces.append(f"{{{kind}:{any_length(rng)}}}")
        elif kind in ("{{", "}}"):
            pieces.append(kind)
        elif kind == "text":
            pieces.append(any_text(rng, "ab:/@ é\n\"\\", 9))
        else:
            pieces.append(f"{{{kind}}}")
    return "".join(pieces)


def any_policy(rng, strategy):
    policy = {"strategy": strategy}
    if strategy in derive.LENGTHS and rng.random() < 0.9:
        policy["length"] = any_length(rng)
    if strategy == "template":
        policy["template"] = any_template(rng)
    if strategy == "cycle":
        policy["values"] = [any_text(rng, "abcé ", 8) for _ in range(rng.randint(2, 64))]
    return policy


def any_vector(rng, strategy):
    return {
        "seed": any_text(rng, derive.ALNUM + "é ", 80),
        "name": "/".join(any_segment(rng) for _ in range(rng.randint(1, 4))),
        "generation": rng.randint(1, rng.choice((12, 10**6, 2**62))),
        "version": rng.randint(1, 10**6),
        "policy": any_policy(rng, strategy),
    }


def compare(tap, strategy):
    rng = random.Random(f"{SEED_OF_THE_TEST} {strategy}")
    vectors = [any_vector(rng, strategy) for _ in range(TRIPLES)]
    made = daemon_values(vectors)
    wanted = [derive.derive(**vector) for vector in vectors]
    tap.equal(len(made), len(vectors), f"{strategy}: there is one value for each vector")
    differing = [v for v, a, b in zip(vectors, made, wanted) if a != b]
    tap.equal(differing[:1], [], f"{strategy}: {TRIPLES} values are made the same by both")


def every_strategy_makes_the_same_values_twice(tap):
    for strategy in derive.vectors():
        compare(tap, strategy)


def outcome(vector):
    """What the second implementation says of a template: its value, or that it is refused."""
    try:
        return derive.derive(**vector)
    except ValueError:
        return "refused"


def broken_templates_are_refused_by_both(tap):
    rng = random.Random(SEED_OF_THE_TEST)
    templates = ["".join(rng.choices(TEMPLATE_PIECES, k=rng.randint(1, 5)))
                 for _ in range(BROKEN_TEMPLATES)]
    vectors = [derive.of({"strategy": "template", "template": text}) for text in templates]
    made = daemon_values(vectors)
    wanted = [outcome(vector) for vector in vectors]
    refused = [isinstance(value, dict) and "of the template" in value["refused"]
               for value in made]
    differing = [t for t, a, r, b in zip(templates, made, refused, wanted)
                 if (("refused" if r else a) != b)]
    tap.equal(differing[:1], [], f"{BROKEN_TEMPLATES} templates get the same verdict from both")
    tap.ok(BROKEN_TEMPLATES // 3 < sum(refused) < BROKEN_TEMPLATES,
           "some of them are refused, and some are not")


def published_vectors_are_what_the_second_implementation_writes(tap):
    written = {path.name: path.read_text(encoding="utf-8") for path in FIXTURES.glob("*.json")}
    wanted = derive.fixtures()
    tap.equal(sorted(written), sorted(wanted), "the published files are those of all strategies")
    for name, text in wanted.items():
        tap.ok(written.get(name) == text, f"{name} is as derive.py writes it")


if __name__ == "__main__":
    DERIVE_CLI, FIXTURES = sys.argv[1], pathlib.Path(sys.argv[2])
    sys.exit(run(
        every_strategy_makes_the_same_values_twice,
        broken_templates_are_refused_by_both,
        published_vectors_are_what_the_second_implementation_writes,
    ))
