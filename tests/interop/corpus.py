"""10,000 values that readers of env files have misread, or might: by class, from a seed."""

import json
import random

SEED = 20000101
COUNT = 10000
LONG_BYTES = 64 * 1024
LONG_COUNT = 4

PEM = ("-----BEGIN PRIVATE KEY-----\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEAq7BFUpkGp3+LQmlQ\n"
       "Yx2eqzDV+xeG8kx/sQFV18S5JhzGeIJNA72wSeukEPojtqUyX2J0CciPBh7eqclQ\n-----END PRIVATE KEY-----\n")
WORDS = ("alpha", "beta", "gamma", "x", "0", "true", "null", "PASS", "é", "日本", "🔑", "a.b", "A_B")
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-"
COMMANDS = ("$(touch canary)", "`touch canary`", ";touch canary;", "$(touch ${IFS}canary)",
            "|touch canary", "&&touch canary", "\ntouch canary\n", "${x:-$(touch canary)}",
            "<(touch canary)", "$((1+1))", "\"; touch canary; \"", "'; touch canary; '",
            "x' $(touch canary) 'y", ">canary", "$(>canary)")


def text(chance, alphabet, least=1, most=24):
    return "".join(chance.choice(alphabet) for _ in range(chance.randint(least, most)))


def mixed(*hot):
    """A value with some of these pieces among harmless ones; sometimes alone, first or last."""
    def make(chance):
        pieces = [chance.choice(hot)] + [chance.choice(hot + WORDS + (" ",))
                                         for _ in range(chance.randint(0, 5))]
        chance.shuffle(pieces)
        return "".join(pieces)
    return make


def random_text(chance):
    """Any characters: of the whole of Unicode but what UTF-8 cannot carry, and NUL."""
    found = []
    while len(found) < chance.randint(1, 20):
        code = chance.choice((chance.randrange(1, 0x80), chance.randrange(1, 0x3000),
                              chance.randrange(1, 0x110000)))
        if not 0xD800 <= code < 0xE000:
            found.append(chr(code))
    return "".join(found)


def json_text(chance):
    thing = {text(chance, PLAIN): chance.choice((1, True, None, "it's", 'a "b"', "$HOME", "\\", "\n"))
             for _ in range(chance.randint(0, 3))}
    return json.dumps(thing, indent=chance.choice((None, 2)))


def url(chance):
    return (f"{chance.choice(('postgres', 'https', 'amqp'))}://{text(chance, PLAIN)}:"
            f"{text(chance, PLAIN + '!$&*()#?')}@localhost:5432/{text(chance, PLAIN)}?a=b&c=%20#frag")


def lines(chance):
    return "\n".join(text(chance, PLAIN + " \t#'\"", 0, 12) for _ in range(chance.randint(2, 5)))


def assignments(chance):
    return "x\n" + "\n".join(f"{chance.choice(('', 'export ', ' ', '# '))}INTRUDER_{n}="
                             f"{text(chance, PLAIN)}" for n in range(chance.randint(1, 3)))


CLASSES = {
    "plain": lambda chance: text(chance, PLAIN, 0, 40),
    "blanks": mixed(" ", "  ", "\t", " \t "),
    "comment": mixed("#", " #", "# ", " # x", "//", ";"),
    "equals": mixed("=", "==", "= ", "A=b", "=x"),
    "single-quote": mixed("'", "it's", "''", "'x'", "'''"),
    "double-quote": mixed('"', '""', '"x"', 'say "hi"'),
    "backquote": mixed("`", "``", "`x`", "a`b"),
    "both-quotes": mixed("'\"", "it's \"x\"", "\"'", "'\"'\"'"),
    "all-quotes": mixed("'\"`", "`'\"", "\"`'"),
    "dollar": mixed("$", "$$", "a$", "$ ", "$1", "$?", "$-", "$'x'", '$"x"'),
    "expansion": mixed("$HOME", "${HOME}", "$PATH", "${NONE:-x}", "\\$HOME", "$_", "${x"),
    "command": mixed(*COMMANDS),
    "backslash": mixed("\\", "\\\\", "\\n", "\\t", "\\'", '\\"', "\\$", "\\x41", "\\u0041", "\\ "),
    "quote-escape": mixed("'`", "\\n", "\\r", "\\t", "'\\n`", "\\'", "\\`"),
    "backslash-end": lambda chance: text(chance, PLAIN + " #$") + "\\" * chance.randint(1, 3),
    "globs": mixed("*", "?", "[a-z]", "~", "~/x", "{a,b}", "!x", "!!", "^a", "/*"),
    "operators": mixed("&", "|", ";", "<", ">", "(", ")", "&&", "||", "(x)", "<<E"),
    "newline": lines,
    "pem": lambda chance: PEM if chance.random() < 0.5 else PEM.replace("\n", "\n" * chance.randint(1, 2)),
    "json": json_text,
    "url": url,
    "assignment": assignments,
    "control": mixed("\x01", "\x02", "\x07", "\x08", "\x0b", "\x0c", "\x1b[31m", "\x7f", "\x1f"),
    "carriage-return": mixed("\r", "\r\n", "a\r", "\rb"),
    "unicode": mixed("ä", "日本語", "🔑", "\u00a0", "\u2028", "\ufeff", "e\u0301", "\u202e", "\u0085"),
    "noncharacter": mixed("\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\U0010ffff"),
    "hot-mix": lambda chance: text(chance, "'\"`$\\\n #=(){};&|<>*?!~ \tab01", 1, 30),
    "random": random_text,
}


def values():
    """-> [(class, value)]: the same ones in each run."""
    chance = random.Random(SEED)
    found = [("plain", ""), ("newline", "\n"), ("newline", "\n\n"), ("backslash", "\\")]
    found += [("long", make(chance)) for make in (
        lambda c: "x" * (LONG_BYTES - 16), lambda c: text(c, PLAIN, LONG_BYTES // 2, LONG_BYTES // 2),
        lambda c: "'\"" * 10000, lambda c: "é\n" * 10000)]
    kinds = list(CLASSES)
    while len(found) < COUNT:
        kind = kinds[len(found) % len(kinds)]
        found.append((kind, CLASSES[kind](chance)))
    chance.shuffle(found)
    return found


def names(count):
    """Names of variables that nobody else has: random ones, each with its number."""
    chance = random.Random(SEED)
    first = PLAIN[:52] + "_"
    rest = first + "0123456789"
    return [f"{chance.choice(first)}{text(chance, rest, 2, 12)}_{number}z" for number in range(count)]
