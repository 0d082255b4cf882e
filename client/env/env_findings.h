/*
 * Why a format cannot hold a value, and which programs are known to read a written value
 * differently. The codes are public (ghostctl(1)): they stay as they are.
 */
#ifndef GHOSTCTL_ENV_FINDINGS_H
#define GHOSTCTL_ENV_FINDINGS_H

/* What a format cannot carry: X(symbol, code, what is wrong with the value). */
#define ENV_REFUSALS(X) \
    X(NUL, "nul", "it holds a NUL byte") \
    X(NOT_UTF8, "not-utf8", "it is not UTF-8") \
    X(NONCHARACTER, "noncharacter", \
            "it holds a Unicode noncharacter, for which systemd would refuse the whole file") \
    X(CARRIAGE_RETURN, "carriage-return", "it holds a carriage return") \
    X(NEWLINE, "newline", "it holds a newline") \
    X(LINE_TOO_LONG, "line-too-long", \
            "its line is over 65535 bytes, where kubectl would stop reading") \
    X(ALL_QUOTES, "all-quotes", "it holds all of ' \" and the backquote") \
    X(BACKSLASH_END, "backslash-end", \
            "it needs quotes and ends with a backslash, after which some reader would miss the " \
            "closing quote") \
    X(ESCAPE, "escape", \
            "it holds ' and a backquote, so \\n or \\r in it would be read as a line break") \
    X(DOLLAR, "dollar", \
            "it holds $ together with both ' and a backquote, or with a backslash at its end: " \
            "deno would expand it") \
    X(COMMAND, "command-substitution", \
            "it holds $( (in some formats together with '), which some reader would run")

enum env_refusal {
    ENV_REFUSAL_NONE = 0,
#define ENV_REFUSAL_SYMBOL(symbol, code, reason) ENV_REFUSAL_##symbol,
    ENV_REFUSALS(ENV_REFUSAL_SYMBOL)
#undef ENV_REFUSAL_SYMBOL
};

/* Programs that read another value than was written: X(symbol, code, programs). */
#define ENV_WARNINGS(X) \
    X(EXPANDS, "expands", \
            "bun, Vite, Next, dotenv-expand (${ also: python-dotenv with interpolation, " \
            "compose v1)") \
    X(COMMAND, "command", "dotenv-expand 1000 (if it holds a newline, also ruby-dotenv 2)") \
    X(QUOTES_BOTH, "quotes-both", "npm dotenv and its family, node --env-file") \
    X(SQUOTE_ESCAPE, "squote-escape", "npm dotenv and its family, node --env-file") \
    X(SQUOTE_DOLLAR, "squote-dollar", "npm dotenv and its family, node --env-file, python-dotenv") \
    X(NEWLINE, "newline", \
            "env-cmd, dotenv-cli for Python, ruby-dotenv 2, foreman, direnv, docker, podman, " \
            "kubectl") \
    X(NEWLINE_NAME, "newline-name", \
            "env-cmd, dotenv-cli for Python, ruby-dotenv 2, foreman, direnv, docker, podman, " \
            "kubectl") \
    X(BACKSLASH_END, "backslash-end", \
            "godotenv, just, bun, npm dotenv and its family, python-dotenv") \
    X(AFTER_BACKSLASH, "after-backslash", "npm dotenv and its family, python-dotenv") \
    X(BACKSLASH_PAIR, "backslash-pair", "python-dotenv, compose v1") \
    X(ENTRY_TOO_LONG, "entry-too-long", "any process on Linux (over 131071 bytes)")

enum env_warning {
#define ENV_WARNING_SYMBOL(symbol, code, readers) ENV_WARNING_##symbol,
    ENV_WARNINGS(ENV_WARNING_SYMBOL)
#undef ENV_WARNING_SYMBOL
            ENV_WARNING_COUNT
};

#endif
