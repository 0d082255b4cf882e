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
    X(BLANKS, "blanks", "it begins or ends with a blank, which make would drop") \
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

/*
 * Programs that read another value than was written: X(symbol, code, what they would do, the format
 * that they read right, or NULL). tests/interop finds a program by its name in the sentence.
 */
#define ENV_WARNINGS(X) \
    X(EXPANDS, "expands", \
            "bun, Vite, Next and dotenv-expand would expand '$' (and '${' also python-dotenv " \
            "with " \
            "interpolation and compose v1)", \
            "js-expand") \
    X(COMMAND, "command", \
            "dotenv-expand 1000 would run what stands in '$(' (behind a newline also ruby-dotenv " \
            "2)", \
            NULL) \
    X(QUOTES_BOTH, "quotes-both", \
            "npm dotenv and its family and node --env-file would keep the backslash before '\"'", \
            "js") \
    X(SQUOTE_ESCAPE, "squote-escape", \
            "npm dotenv and its family and node --env-file would double the backslash", "js") \
    X(SQUOTE_DOLLAR, "squote-dollar", \
            "npm dotenv and its family, node --env-file and python-dotenv would keep the " \
            "backslash before '$' or a backquote", \
            "js") \
    X(NEWLINE, "newline", \
            "env-cmd, dotenv-cli for Python, ruby-dotenv 2, foreman, direnv, docker, podman and " \
            "kubectl would end the value at its first newline", \
            NULL) \
    X(NEWLINE_NAME, "newline-name", \
            "env-cmd, dotenv-cli for Python, ruby-dotenv 2, foreman, direnv, docker, podman and " \
            "kubectl would take one of its lines for another variable", \
            NULL) \
    X(BACKSLASH_END, "backslash-end", \
            "godotenv, just, bun, npm dotenv and its family, and python-dotenv would miss the " \
            "quote behind the backslash at its end", \
            "js") \
    X(AFTER_BACKSLASH, "after-backslash", \
            "npm dotenv and its family, and python-dotenv may lose it, since a value before it " \
            "ends with a backslash", \
            "js") \
    X(BACKSLASH_PAIR, "backslash-pair", "python-dotenv and compose v1 would halve '\\\\'", \
            "python") \
    X(ENTRY_TOO_LONG, "entry-too-long", \
            "Linux passes no variable of over 131071 bytes to any process", NULL)

enum env_warning {
#define ENV_WARNING_SYMBOL(symbol, code, sentence, format) ENV_WARNING_##symbol,
    ENV_WARNINGS(ENV_WARNING_SYMBOL)
#undef ENV_WARNING_SYMBOL
            ENV_WARNING_COUNT
};

#endif
