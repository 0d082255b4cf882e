#include <fcntl.h>

#include "common/cleanup.h"
#include "ghostkey/protocol.h"
#include "process/options.h"
#include "support/test.h"

#define WORDS_MAX 8
#define WORD_MAX_BYTES 8192

/* A command line that may be written to, as main's may. */
static char line[WORDS_MAX][WORD_MAX_BYTES];
static struct problem problem;

static int parse(struct options *options, const char *const *words) {
    char program[] = "ghostkeyd";
    char *argv[WORDS_MAX + 2] = {program};
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++) {
        snprintf(line[argc - 1], WORD_MAX_BYTES, "%s", words[argc - 1]);
        argv[argc] = line[argc - 1];
    }
    problem = PROBLEM_NULL;
    return options_parse(argc, argv, options, &problem);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_WORDS ((const char *const[]){NULL})

static void nothing_said_gives_the_defaults(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;

    assert_int_equal(parse(&options, NO_WORDS), 0);
    assert_int_equal(options.action, OPTIONS_SERVE);
    assert_null(options.socket_path);
    assert_false(options.has_seed);
    assert_false(options.has_clock);
    assert_int_equal(options.value_max_bytes, 65536);
    assert_int_equal(options.keep_versions, 10);
    assert_int_equal(options.log, LOG_EVENTS);
}

static void every_option_is_taken(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;

    assert_int_equal(parse(&options, WORDS("--socket", "/run/x.sock", "--max-value=1",
                                             "--keep-versions", "1000000", "--seed=tomato")),
            0);
    assert_string_equal(options.socket_path, "/run/x.sock");
    assert_int_equal(options.value_max_bytes, 1);
    assert_int_equal(options.keep_versions, 1000000);
    assert_true(options.has_seed && span_is(buffer_span(&options.seed), "tomato"));
}

static void a_store_its_key_and_an_idle_time_are_taken(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    char path[] = "/tmp/ghostkey-key-XXXXXX";
    GK_AUTO_CLOSE int fd = mkstemp(path);
    char key[OPTION_KEY_BYTES + 1] = "the thirty-two bytes of one key!";

    assert_int_equal(parse(&options, NO_WORDS), 0);
    assert_null(options.store_path);
    assert_false(options.has_key);
    assert_int_equal(options.idle_exit_s, 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, key, OPTION_KEY_BYTES), OPTION_KEY_BYTES);
    assert_int_equal(
            parse(&options, WORDS("--store", "/x", "--store-key", path, "--idle-exit=1h30m")), 0);
    assert_string_equal(options.store_path, "/x");
    assert_true(options.has_key);
    assert_memory_equal(options.key, key, OPTION_KEY_BYTES);
    assert_int_equal(options.idle_exit_s, 5400);
    assert_int_equal(parse(&options, WORDS("--store-key", path)), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "--store FILE"));
    for (size_t len = OPTION_KEY_BYTES - 1; len <= OPTION_KEY_BYTES + 1; len += 2) {
        assert_int_equal(pwrite(fd, key, sizeof(key), 0), sizeof(key));
        assert_int_equal(ftruncate(fd, (off_t)len), 0);
        assert_int_equal(
                parse(&options, WORDS("--store", "/x", "--store-key", path)), GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "exactly 32 bytes"));
        assert_null(strstr(problem.detail, "thirty-two"));
    }
    assert_int_equal(unlink(path), 0);
}

/* The service manager's key is taken for a store, unless another one is named. */
static void a_credential_is_the_key_of_a_store(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    char folder[] = "/tmp/ghostkey-credentials-XXXXXX";
    char path[64];
    GK_AUTO_CLOSE int fd = -1;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/ghostkey.key", folder);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(parse(&options, WORDS("--store", "/x")), 0);
    assert_false(options.has_key); /* there are credentials, but not this one */
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "the thirty-two bytes of one key!", 32), 32);
    assert_int_equal(parse(&options, NO_WORDS), 0);
    assert_false(options.has_key); /* for a store alone */
    assert_int_equal(parse(&options, WORDS("--store", "/x")), 0);
    assert_true(options.has_key);
    assert_memory_equal(options.key, "the thirty-two bytes of one key!", 32);
    assert_int_equal(ftruncate(fd, 5), 0);
    assert_int_equal(parse(&options, WORDS("--store", "/x")), GK_E_BAD_REQUEST);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void the_places_of_other_apis_are_taken(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;

    assert_int_equal(parse(&options, NO_WORDS), 0);
    assert_string_equal(options.vault_mount, "secret");
    assert_int_equal(options.vault_token_ttl_s, 3600);
    assert_string_equal(options.aws_region, "us-east-1");
    assert_int_equal(parse(&options, WORDS("--vault-mount", "kv/app", "--vault-token-ttl=1d",
                                             "--aws-region", "eu-west-1")),
            0);
    assert_string_equal(options.vault_mount, "kv/app");
    assert_int_equal(options.vault_token_ttl_s, 86400);
    assert_string_equal(options.aws_region, "eu-west-1");
}

static void help_and_version_are_actions(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;

    assert_int_equal(parse(&options, WORDS("--help")), 0);
    assert_int_equal(options.action, OPTIONS_HELP);
    assert_int_equal(parse(&options, WORDS("--version")), 0);
    assert_int_equal(options.action, OPTIONS_VERSION);
}

static void a_clock_is_system_or_virtual(void **state) {
    static const struct {
        const char *spec;
        enum clock_kind kind;
        instant start;
    } rows[] = {
            {"system", CLOCK_SYSTEM, INSTANT_VIRTUAL_DEFAULT},
            {"virtual", CLOCK_VIRTUAL, INSTANT_VIRTUAL_DEFAULT},
            {"virtual:1970-01-01T00:00:01Z", CLOCK_VIRTUAL, 1000},
            {"virtual:1970-01-01T01:00:01.5+01:00", CLOCK_VIRTUAL, 1500},
            {"virtual:9900-01-01T00:00:00Z", CLOCK_VIRTUAL, INSTANT_CEILING},
    };

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        OPTIONS_AUTO struct options options = OPTIONS_NULL;

        assert_int_equal(parse(&options, WORDS("--clock", rows[at].spec)), 0);
        assert_true(options.has_clock);
        assert_int_equal(options.clock_kind, rows[at].kind);
        assert_int_equal(options.clock_start, rows[at].start);
    }
}

static const struct {
    const char *words[4];
    const char *named;
    const char *accepted;
} bad_options[] = {
        {{"--bogus"}, "--bogus", "--help"},
        {{"--bogus=x"}, "'--bogus'", "--help"},
        {{"--sto", "/x"}, "'--sto'", "did you mean '--store'?"},
        {{"--keep=1"}, "'--keep'", "did you mean '--keep-versions'?"},
        {{"-q"}, "-q", "--help"},
        {{"operand"}, "argument 1", "only options"},
        {{"--keep-versions=1", "--", "--help"}, "argument 3", "only options"},
        {{"--help=x"}, "--help", "no value"},
        {{"--socket"}, "--socket", "PATH"},
        {{"--socket", ""}, "--socket", "1 to 107"},
        {{"--seed", ""}, "--seed", "1 to 4096"},
        {{"--seed-file", "/nonexistent/seed"}, "--seed-file", "No such file"},
        {{"--seed-file", "/"}, "--seed-file", "directory"},
        {{"--seed-file", "/dev/zero"}, "--seed-file", "1 to 4096"},
        {{"--seed-file", "/dev/null"}, "--seed-file", "1 to 4096"},
        {{"--log", "loud"}, "--log", "warnings, events or requests"},
        {{"--log", ""}, "--log", "warnings, events or requests"},
        {{"--clock", "sundial"}, "--clock", "'system'"},
        {{"--clock", "virtual:"}, "--clock", "RFC 3339"},
        {{"--clock", "virtual:9900-01-01T00:00:00.001Z"}, "--clock", "9900-01-01"},
        {{"--max-value", "0"}, "--max-value", "1 to 67108864"},
        {{"--max-value", "67108865"}, "--max-value", "1 to 67108864"},
        {{"--max-value", "18446744073709551617"}, "--max-value", "1 to 67108864"},
        {{"--max-value", "-1"}, "--max-value", "1 to 67108864"},
        {{"--max-value", " 1"}, "--max-value", "1 to 67108864"},
        {{"--max-value", "1k"}, "--max-value", "1 to 67108864"},
        {{"--keep-versions", ""}, "--keep-versions", "1 to 1000000"},
        {{"--keep-versions", "1", "--keep-versions=2"}, "--keep-versions", "once"},
        {{"--store", ""}, "--store", "path"},
        {{"--store-key", "/nonexistent/key"}, "--store-key", "No such file"},
        {{"--store-key", "/dev/zero"}, "--store-key", "32 bytes"},
        {{"--idle-exit", "0s"}, "--idle-exit", "1s to 20d"},
        {{"--idle-exit", "21d"}, "--idle-exit", "1s to 20d"},
        {{"--idle-exit", "soon"}, "--idle-exit", "1s to 20d"},
        {{"--vault-mount", "secrets"}, "--vault-mount", "GhostKey's own API"},
        {{"--vault-mount", "auth/x"}, "--vault-mount", "Vault keeps for itself"},
        {{"--vault-mount", "kv/"}, "--vault-mount", "empty segment"},
        {{"--vault-token-ttl", "0"}, "--vault-token-ttl", "1s to 1d"},
        {{"--vault-token-ttl", "25h"}, "--vault-token-ttl", "1s to 1d"},
        {{"--aws-region", ""}, "--aws-region", "us-east-1"},
        {{"--aws-region", "EU"}, "--aws-region", "us-east-1"},
        {{"--aws-region", "a/b"}, "--aws-region", "us-east-1"},
        {{"--seed-file", "/dev/null", "--seed=a"}, "--seed", "1 to 4096"},
};

static void a_bad_option_is_named_with_what_is_accepted(void **state) {
    for (size_t at = 0; at < sizeof(bad_options) / sizeof(bad_options[0]); at++) {
        OPTIONS_AUTO struct options options = OPTIONS_NULL;

        assert_int_equal(parse(&options, bad_options[at].words), GK_E_BAD_REQUEST);
        if (strstr(problem.detail, bad_options[at].named) == NULL ||
                strstr(problem.detail, bad_options[at].accepted) == NULL) {
            fail_msg("%s: neither '%s' nor '%s' may be missing", problem.detail,
                    bad_options[at].named, bad_options[at].accepted);
        }
    }
}

static void a_socket_path_fits_into_an_address(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    char path[109] = {0};

    memset(path, 'p', 107);
    assert_int_equal(parse(&options, WORDS("--socket", path)), 0);
    path[107] = 'p';
    assert_int_equal(parse(&options, WORDS("--socket", path)), GK_E_BAD_REQUEST);
}

static void a_seed_is_gone_from_argv_and_in_no_message(void **state) {
    OPTIONS_AUTO struct options options = OPTIONS_NULL;
    static const char gone[sizeof("tomato")] = {0};
    static const char *const misplaced[][4] = {{"--seed=a", "--tomato"}, {"--seed=a", "-t"},
            {"-tomato"}, {"-----BEGIN KEY-----\ntomato"}, {"--to mato tomato"},
            {"--tomato/tomato/tomato"}, {"--seed-file", "tomato"}, {"--store-key", "tomato"},
            {"--seed-file", "-tomato"}};
    char longest[4098] = {0};

    assert_int_equal(parse(&options, WORDS("--seed=tomato")), 0);
    assert_string_equal(line[0], "--seed=");
    assert_memory_equal(line[0] + strlen("--seed="), gone, sizeof(gone));
    options_deinit(&options);
    assert_int_equal(parse(&options, WORDS("--seed", "tomato", "soup")), GK_E_BAD_REQUEST);
    assert_null(strstr(problem.detail, "soup"));
    assert_null(strstr(problem.detail, "tomato"));
    assert_string_equal(line[1], "");
    assert_int_equal(parse(&options, WORDS("--sead=tomato")), GK_E_BAD_REQUEST);
    assert_null(strstr(problem.detail, "tomato"));
    for (size_t at = 0; at < sizeof(misplaced) / sizeof(misplaced[0]); at++) {
        OPTIONS_AUTO struct options refused = OPTIONS_NULL;

        assert_int_equal(parse(&refused, misplaced[at]), GK_E_BAD_REQUEST);
        assert_null(strstr(problem.detail, "tomato"));
        assert_null(strstr(problem.detail, "-t"));
    }
    memset(longest, 't', sizeof(longest) - 1);
    assert_int_equal(parse(&options, WORDS("--seed", longest)), GK_E_BAD_REQUEST);
    assert_null(strstr(problem.detail, "ttt"));
}

static void a_seed_file_counts_without_its_last_newline(void **state) {
    static const struct {
        const char *content;
        const char *seed;
    } rows[] = {{"tomato", "tomato"}, {"tomato\n", "tomato"}, {"tomato\n\n", "tomato\n"}};

    for (size_t at = 0; at < sizeof(rows) / sizeof(rows[0]); at++) {
        OPTIONS_AUTO struct options options = OPTIONS_NULL;
        char path[] = "/tmp/ghostkey-seed-XXXXXX";
        GK_AUTO_CLOSE int fd = mkstemp(path);

        assert_true(fd >= 0);
        assert_int_equal(
                write(fd, rows[at].content, strlen(rows[at].content)), strlen(rows[at].content));
        assert_int_equal(parse(&options, WORDS("--seed-file", path)), 0);
        assert_true(span_is(buffer_span(&options.seed), rows[at].seed));
        options_deinit(&options);
        assert_int_equal(
                parse(&options, WORDS("--seed-file", path, "--seed", "x")), GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "only one"));
        assert_int_equal(unlink(path), 0);
    }
}

static void help_names_every_option_within_80_columns(void **state) {
    static const char *const options[] = {"--socket PATH", "--tcp ADDRESS:PORT",
            "--token-file PATH", "--seed TEXT", "--seed-file FILE", "--clock SPEC", "--store FILE",
            "--store-key FILE", "--idle-exit DURATION", "--audit-log FILE", "--max-value BYTES",
            "--keep-versions N", "--version", "--help"};
    GK_AUTO_FREE char *text = NULL;
    size_t len = 0;
    GK_AUTO_FCLOSE FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    options_print_help(out);
    assert_int_equal(fflush(out), 0);
    for (size_t at = 0; at < sizeof(options) / sizeof(options[0]); at++) {
        assert_non_null(strstr(text, options[at]));
    }
    for (const char *at = text; *at != '\0'; at += strcspn(at, "\n") + 1) {
        assert_true(strcspn(at, "\n") <= 80);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(nothing_said_gives_the_defaults),
            cmocka_unit_test(every_option_is_taken),
            cmocka_unit_test(a_store_its_key_and_an_idle_time_are_taken),
            cmocka_unit_test(a_credential_is_the_key_of_a_store),
            cmocka_unit_test(the_places_of_other_apis_are_taken),
            cmocka_unit_test(help_and_version_are_actions),
            cmocka_unit_test(a_clock_is_system_or_virtual),
            cmocka_unit_test(a_bad_option_is_named_with_what_is_accepted),
            cmocka_unit_test(a_socket_path_fits_into_an_address),
            cmocka_unit_test(a_seed_is_gone_from_argv_and_in_no_message),
            cmocka_unit_test(a_seed_file_counts_without_its_last_newline),
            cmocka_unit_test(help_names_every_option_within_80_columns),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
