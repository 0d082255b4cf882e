#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ghostkey/error.h"
#include "http/token.h"
#include "support/test.h"

/* Each test has a directory of its own, and is in it. */
static char directory[] = "/tmp/ghostkey-token-XXXXXX";
static struct problem problem;

static int set_up(void **state) {
    memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
    problem = PROBLEM_NULL;
    return mkdtemp(directory) == NULL || chdir(directory) != 0 ||
                           setenv("XDG_RUNTIME_DIR", directory, 1) != 0
                   ? -1
                   : 0;
}

static int tear_down(void **state) {
    (void)unlink("token");
    (void)unlink("ghostkey/token");
    (void)rmdir("ghostkey");
    return chdir("/") == 0 && rmdir(directory) == 0 ? 0 : -1;
}

static void write_file(const char *text, mode_t mode) {
    FILE *file = fopen("token", "we");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod("token", mode), 0);
}

static void the_path_of_the_file_is_absolute(void **state) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    BUFFER_AUTO struct buffer given = BUFFER_NULL;
    BUFFER_AUTO struct buffer usual = BUFFER_NULL;
    char path[64];

    assert_int_equal(token_load("./token", &token, &problem), 0);
    assert_int_equal(token_path("./token", &given), 0);
    (void)snprintf(path, sizeof(path), "%s/token", directory);
    assert_string_equal(buffer_string(&given), path);
    assert_int_equal(token_load(NULL, &token, &problem), 0);
    assert_int_equal(token_path(NULL, &usual), 0);
    (void)snprintf(path, sizeof(path), "%s/ghostkey/token", directory);
    assert_string_equal(buffer_string(&usual), path);
}

static void assert_refused(const char *why) {
    struct token token = TOKEN_NULL;

    assert_int_equal(token_load("token", &token, &problem), GK_E_BAD_REQUEST);
    assert_int_equal(token.len, 0); /* untouched */
    if (strstr(problem.detail, why) == NULL || strstr(problem.detail, "token") == NULL) {
        fail_msg("'%s' lacks '%s'", problem.detail, why);
    }
}

static bool matches(const struct token *token, const char *offered) {
    return token_matches(token, span_of(offered));
}

static void a_missing_file_is_made_for_its_owner_alone(void **state) {
    TOKEN_AUTO struct token first = TOKEN_NULL;
    TOKEN_AUTO struct token again = TOKEN_NULL;
    struct stat stat;

    assert_int_equal(token_load("token", &first, &problem), 0);
    assert_int_equal(first.len, 43); /* 256 bits, six in each character */
    for (size_t i = 0; i < first.len; i++) {
        char c = first.text[i];

        assert_true((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_');
    }
    assert_int_equal(lstat("token", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFREG | 0600);
    assert_int_equal(stat.st_size, 44); /* one line */
    assert_int_equal(token_load("token", &again, &problem), 0);
    assert_int_equal(again.len, first.len);
    assert_memory_equal(again.text, first.text, first.len);
}

static void each_is_another_one(void **state) {
    TOKEN_AUTO struct token first = TOKEN_NULL;
    TOKEN_AUTO struct token second = TOKEN_NULL;

    assert_int_equal(token_load("token", &first, &problem), 0);
    assert_int_equal(unlink("token"), 0);
    assert_int_equal(token_load("token", &second, &problem), 0);
    assert_memory_not_equal(first.text, second.text, first.len);
}

static void the_default_place_is_below_the_runtime_directory(void **state) {
    TOKEN_AUTO struct token token = TOKEN_NULL;
    struct stat stat;

    assert_int_equal(token_load(NULL, &token, &problem), 0);
    assert_int_equal(lstat("ghostkey", &stat), 0);
    assert_int_equal(stat.st_mode, S_IFDIR | 0700);
    assert_int_equal(lstat("ghostkey/token", &stat), 0);
    assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
    assert_int_equal(token_load(NULL, &token, &problem), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "--token-file"));
}

static void what_the_owner_wrote_is_the_token(void **state) {
    static const char *const texts[] = {"mine", "mine\n"};

    for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
        TOKEN_AUTO struct token token = TOKEN_NULL;

        write_file(texts[at], 0600);
        assert_int_equal(token_load("token", &token, &problem), 0);
        assert_true(matches(&token, "mine"));
    }
}

static void a_file_that_others_can_reach_is_refused(void **state) {
    static const mode_t modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666};

    for (size_t at = 0; at < sizeof(modes) / sizeof(modes[0]); at++) {
        write_file("mine\n", modes[at]);
        assert_refused("can be read by others");
    }
}

static void a_file_of_another_user_is_refused(void **state) {
    if (geteuid() != 0) {
        return; /* named as skipped in main(): cmocka's skip() is a failure in TAP */
    }
    write_file("mine\n", 0600);
    assert_int_equal(chown("token", 65534, (gid_t)-1), 0);
    assert_refused("belongs to another user");
}

static void what_is_not_one_line_is_refused(void **state) {
    static const char *const texts[] = {"", "\n", "one\ntwo\n", "one\n\n", "one two\n", "\tone\n",
            "one\r\n", "caf\xc3\xa9\n", "\x7f"};

    for (size_t at = 0; at < sizeof(texts) / sizeof(texts[0]); at++) {
        write_file(texts[at], 0600);
        assert_refused("holds no token");
    }
}

static void what_is_no_file_is_refused(void **state) {
    assert_int_equal(mkdir("token", 0700), 0);
    assert_refused("no regular file");
    assert_int_equal(rmdir("token"), 0);
    assert_int_equal(mkfifo("token", 0600), 0);
    assert_refused("no regular file"); /* and it does not wait for a writer */
    assert_int_equal(unlink("token"), 0);
    assert_int_equal(symlink("nowhere", "token"), 0);
    assert_refused("cannot be read");
    assert_int_equal(access("nowhere", F_OK), -1);
}

static void a_token_too_long_is_refused_not_cut(void **state) {
    char text[TOKEN_MAX_BYTES + 2];
    TOKEN_AUTO struct token token = TOKEN_NULL;

    memset(text, 'x', sizeof(text));
    text[TOKEN_MAX_BYTES - 2] = '\0';
    write_file(text, 0600);
    assert_int_equal(token_load("token", &token, &problem), 0);
    assert_int_equal(token.len, TOKEN_MAX_BYTES - 2);
    text[TOKEN_MAX_BYTES - 2] = 'x';
    text[TOKEN_MAX_BYTES - 1] = '\0';
    write_file(text, 0600);
    assert_refused("at most");
    text[TOKEN_MAX_BYTES - 1] = 'x';
    text[TOKEN_MAX_BYTES + 1] = '\0';
    write_file(text, 0600);
    assert_refused("at most");
}

static void only_the_whole_token_matches(void **state) {
    struct token token = {.text = "s3cr3t", .len = 6};

    assert_true(matches(&token, "s3cr3t"));
    assert_false(matches(&token, "s3cr3"));
    assert_false(matches(&token, "s3cr3tt"));
    assert_false(matches(&token, "s3cr3t "));
    assert_false(matches(&token, "S3CR3T"));
    assert_false(matches(&token, "x3cr3t"));
    assert_false(matches(&token, "s3cr3x"));
    assert_false(matches(&token, ""));
    assert_false(token_matches(&token, SPAN_NULL));
}

static void without_a_token_nothing_matches(void **state) {
    struct token token = TOKEN_NULL;

    assert_false(matches(&token, ""));
    assert_false(matches(&token, "x"));
    assert_false(token_matches(&token, SPAN_NULL));
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            IN_DIRECTORY(a_missing_file_is_made_for_its_owner_alone),
            IN_DIRECTORY(each_is_another_one),
            IN_DIRECTORY(the_path_of_the_file_is_absolute),
            IN_DIRECTORY(the_default_place_is_below_the_runtime_directory),
            IN_DIRECTORY(what_the_owner_wrote_is_the_token),
            IN_DIRECTORY(a_file_that_others_can_reach_is_refused),
            {geteuid() == 0 ? "a_file_of_another_user_is_refused"
                            : "a_file_of_another_user_is_refused # SKIP only root gives files away",
                    a_file_of_another_user_is_refused, set_up, tear_down, NULL},
            IN_DIRECTORY(what_is_not_one_line_is_refused),
            IN_DIRECTORY(what_is_no_file_is_refused),
            IN_DIRECTORY(a_token_too_long_is_refused_not_cut),
            cmocka_unit_test(only_the_whole_token_matches),
            cmocka_unit_test(without_a_token_nothing_matches),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
