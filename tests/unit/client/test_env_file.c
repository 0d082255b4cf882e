#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include <ghostkey/error.h>

#include "env/env_file.h"
#include "env_made.h"
#include "support/test.h"

#define FILE_NAME ".env.ghost"

static char directory[] = "/tmp/ghostctl-env-file-XXXXXX";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    return remove(path);
}

/* Each test has an empty directory, and is in it. */
static int enter_directory(void **state) {
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    return mkdtemp(directory) == NULL || chdir(directory) < 0;
}

static int leave_directory(void **state) {
    return chdir("/") < 0 || nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS) < 0;
}

static void make_file(const char *path, const char *content, mode_t mode) {
    GK_AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
}

static void assert_file_is(const char *path, const struct buffer *text) {
    char content[200] = "";
    struct stat status;
    GK_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, content, sizeof(content) - 1), text->len);
    assert_string_equal(content, buffer_string(text));
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
}

static int count_entries(const char *path) {
    GK_AUTO_CLOSEDIR DIR *dir = opendir(path);
    int count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    return count - 2; /* "." and ".." */
}

static int refuse(const char *path, const struct buffer *buffer, enum env_file_state *ret_state) {
    const struct env_text text = text_of(buffer);

    return env_file_examine(path, NULL, &text, ret_state);
}

static enum env_file_state examine(const char *path, const struct buffer *buffer) {
    enum env_file_state state = (enum env_file_state) - 1;

    assert_int_equal(refuse(path, buffer, &state), GK_EXIT_DONE);
    return state;
}

static int replace(const char *path, const struct buffer *buffer) {
    const struct env_text text = text_of(buffer);

    return env_file_replace(path, &text, ENV_FILE_MAY_REPLACE);
}

#define TEXT(name, line) \
    BUFFER_AUTO struct buffer name = BUFFER_NULL; \
    buffer_append_text(&name, ENV_FORMAT_MARK "portable\n" line)

static void a_new_file_is_whole_and_private_and_alone(void **state) {
    mode_t before = umask(0777);
    TEXT(text, "A=1\n");

    assert_int_equal(examine(FILE_NAME, &text), ENV_FILE_ABSENT);
    assert_int_equal(replace(FILE_NAME, &text), GK_EXIT_DONE);
    (void)umask(before);
    assert_file_is(FILE_NAME, &text);
    assert_int_equal(count_entries("."), 1);
    assert_int_equal(examine(FILE_NAME, &text), ENV_FILE_SAME);
}

static void an_old_file_is_replaced_not_changed(void **state) {
    TEXT(old, "A=1\n");
    TEXT(new, "A=2\n");
    struct stat before;
    struct stat after;

    make_file(FILE_NAME, buffer_string(&old), 0644);
    assert_int_equal(link(FILE_NAME, "other-name"), 0);
    assert_int_equal(stat(FILE_NAME, &before), 0);
    assert_int_equal(replace(FILE_NAME, &new), GK_EXIT_DONE);
    assert_int_equal(stat(FILE_NAME, &after), 0);
    assert_true(before.st_ino != after.st_ino);
    assert_file_is(FILE_NAME, &new);
    assert_int_equal(chmod("other-name", 0600), 0);
    assert_file_is("other-name", &old);
}

static void a_file_is_compared_by_text_and_mode(void **state) {
    TEXT(text, "A=1\n");
    TEXT(other, "A=2\n");
    TEXT(longer, "A=1\nB=2\n");

    make_file(FILE_NAME, buffer_string(&text), 0600);
    assert_int_equal(examine(FILE_NAME, &text), ENV_FILE_SAME);
    assert_int_equal(examine(FILE_NAME, &other), ENV_FILE_OTHER);
    assert_int_equal(examine(FILE_NAME, &longer), ENV_FILE_OTHER);
    assert_int_equal(chmod(FILE_NAME, 0640), 0);
    assert_int_equal(examine(FILE_NAME, &text), ENV_FILE_OTHER);
}

static void a_file_without_the_mark_is_foreign(void **state) {
    static const char *const contents[] = {
            "", "A=1\n", "# GhostKey env file\n", "\n# GhostKey env file, format portable\n"};
    TEXT(text, "A=1\n");

    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        make_file(FILE_NAME, contents[i], 0600);
        assert_int_equal(examine(FILE_NAME, &text), ENV_FILE_FOREIGN);
    }
}

static void a_link_stays_and_what_it_points_at_is_replaced(void **state) {
    TEXT(text, "A=1\n");
    struct stat status;

    assert_int_equal(mkdir("real", 0700), 0);
    assert_int_equal(symlink("real/first", "link"), 0);
    assert_int_equal(symlink("second", "real/first"), 0);
    assert_int_equal(examine("link", &text), ENV_FILE_ABSENT);
    assert_int_equal(replace("link", &text), GK_EXIT_DONE);
    assert_int_equal(lstat("link", &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_file_is("real/second", &text);
    assert_int_equal(count_entries("."), 2);
    assert_int_equal(count_entries("real"), 2);
}

static void what_cannot_be_a_file_is_refused(void **state) {
    TEXT(text, "A=1\n");
    enum env_file_state found;

    assert_int_equal(symlink("loop", "loop"), 0);
    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(refuse("loop", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("dir", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("dir/", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("fifo", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("/dev/null", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(refuse("missing/x", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(replace("missing/x", &text), GK_EXIT_FAILED);
}

static void a_file_that_appears_is_not_replaced(void **state) {
    TEXT(text, "A=1\n");
    TEXT(other, "A=2\n");
    const struct env_text given = text_of(&text);

    make_file(FILE_NAME, buffer_string(&other), 0600);
    assert_int_equal(env_file_replace(FILE_NAME, &given, ENV_FILE_MAY_MAKE), GK_EXIT_PRECONDITION);
    assert_file_is(FILE_NAME, &other);
    assert_int_equal(count_entries("."), 1);
    assert_int_equal(env_file_replace("new", &given, ENV_FILE_MAY_MAKE), GK_EXIT_DONE);
    assert_file_is("new", &text);
}

static enum env_file_state examine_named(const char *path, const struct buffer *buffer) {
    const struct env_text text = text_of(buffer);
    enum env_file_state state = (enum env_file_state) - 1;

    assert_int_equal(env_file_examine(path, ".ghost.json", &text, &state), GK_EXIT_DONE);
    return state;
}

static void without_a_mark_the_name_decides(void **state) {
    BUFFER_AUTO struct buffer text = BUFFER_NULL;

    buffer_append_text(&text, "{}\n");
    make_file("x.json", "{ }\n", 0600);
    make_file("x.ghost.json", "{ }\n", 0600);
    make_file("same.json", "{}\n", 0600);
    make_file("open.json", "{}\n", 0644);
    assert_int_equal(symlink("x.json", "link.ghost.json"), 0);
    assert_int_equal(symlink("x.ghost.json", "link.json"), 0);
    assert_int_equal(examine_named("x.json", &text), ENV_FILE_FOREIGN);
    assert_int_equal(examine_named("x.ghost.json", &text), ENV_FILE_OTHER);
    assert_int_equal(examine_named("same.json", &text), ENV_FILE_SAME);
    assert_int_equal(
            examine_named("open.json", &text), ENV_FILE_FOREIGN); /* its mode would change */
    assert_int_equal(examine_named("link.ghost.json", &text), ENV_FILE_FOREIGN);
    assert_int_equal(examine_named("link.json", &text), ENV_FILE_OTHER);
}

static void a_link_of_another_user_is_not_followed_in_a_shared_directory(void **state) {
    TEXT(text, "A=1\n");
    enum env_file_state found;

    assert_int_equal(mkdir("shared", 0700), 0);
    assert_int_equal(chmod("shared", 01777), 0);
    assert_int_equal(symlink("target", "shared/link"), 0);
    assert_int_equal(examine("shared/link", &text), ENV_FILE_ABSENT);
    assert_int_equal(lchown("shared/link", 1, 1), 0);
    assert_int_equal(refuse("shared/link", &text, &found), GK_EXIT_FAILED);
    assert_int_equal(replace("shared/link", &text), GK_EXIT_FAILED);
    assert_int_equal(chmod("shared", 0755), 0);
    assert_int_equal(examine("shared/link", &text), ENV_FILE_ABSENT);
}

static void the_file_of_another_user_stays_unless_forced(void **state) {
    TEXT(text, "A=1\n");
    TEXT(other, "A=2\n");
    const struct env_text given = text_of(&text);

    make_file(FILE_NAME, buffer_string(&other), 0600);
    assert_int_equal(chown(FILE_NAME, 1, 1), 0);
    assert_int_equal(replace(FILE_NAME, &text), GK_EXIT_FAILED);
    assert_file_is(FILE_NAME, &other);
    assert_int_equal(count_entries("."), 1);
    assert_int_equal(env_file_replace(FILE_NAME, &given, ENV_FILE_MAY_FORCE), GK_EXIT_DONE);
    assert_file_is(FILE_NAME, &text);
}

static void a_failed_replacement_leaves_nothing_behind(void **state) {
    TEXT(text, "A=1\n");

    assert_int_equal(mkdir("dir", 0700), 0);
    assert_int_equal(mkdir("dir/full", 0700), 0);
    assert_int_equal(replace("dir", &text), GK_EXIT_FAILED); /* rename over a directory */
    assert_int_equal(count_entries("."), 1);
    assert_int_equal(count_entries("dir"), 1);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

/* In a run of its own: a test that cmocka skips within a group counts as failed in TAP. */
static int run_with_another_user(void) {
    const struct CMUnitTest tests[] = {
            CASE(a_link_of_another_user_is_not_followed_in_a_shared_directory),
            CASE(the_file_of_another_user_stays_unless_forced),
    };

    if (geteuid() != 0) {
        puts("1..0 # SKIP only root can make files of another user");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
            CASE(a_new_file_is_whole_and_private_and_alone),
            CASE(an_old_file_is_replaced_not_changed),
            CASE(a_file_is_compared_by_text_and_mode),
            CASE(a_file_without_the_mark_is_foreign),
            CASE(a_link_stays_and_what_it_points_at_is_replaced),
            CASE(what_cannot_be_a_file_is_refused),
            CASE(a_file_that_appears_is_not_replaced),
            CASE(without_a_mark_the_name_decides),
            CASE(a_failed_replacement_leaves_nothing_behind),
    };

    if (argc > 1 && strcmp(argv[1], "another-user") == 0) {
        return run_with_another_user();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
