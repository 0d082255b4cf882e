#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "store/state.h"
#include "support/test.h"

/* A folder of its own for each test, and the paths in it. */
static char folder[] = "/tmp/ghostkey-state-XXXXXX";
static char path[256];
static char other_path[sizeof(path) + 4];
static struct problem problem;

static int set_up(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/ghostkey-state-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/store", folder);
    snprintf(other_path, sizeof(other_path), "%s.new", path);
    return 0;
}

static int tear_down(void **state) {
    (void)unlink(path); /* some tests leave neither */
    (void)unlink(other_path);
    return rmdir(folder);
}

static int open_with(struct state_options options) {
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    int none = -1;
    int result;

    options.path = path;
    problem = PROBLEM_NULL;
    result = state_open(&options, &none, 1, &home, &problem);
    return result != 0 ? result : state_publish(path, &home, &problem);
}

static mode_t mode_of(const char *name) {
    struct stat status;

    assert_int_equal(stat(name, &status), 0);
    return status.st_mode & 0777;
}

static void make_file(const char *name, const char *content) {
    GK_AUTO_CLOSE int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
}

static bool exists(const char *name) {
    return access(name, F_OK) == 0;
}

static void a_new_file_is_whole_and_private(void **state) {
    assert_int_equal(open_with((struct state_options){0}), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(open_with((struct state_options){0}), 0);
}

static void a_new_file_has_no_name_before_it_is_published(void **state) {
    const struct state_options options = {.path = path};
    int none = -1;

    {
        STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;

        assert_int_equal(state_open(&options, &none, 1, &home, &problem), 0);
        assert_true(home.is_new);
        assert_false(exists(path));
    }
    assert_int_equal(rmdir(folder), 0); /* a start that is refused leaves nothing */
    assert_int_equal(mkdir(folder, 0700), 0);
}

static void what_bears_the_name_by_then_stays(void **state) {
    const struct state_options options = {.path = path};
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    struct stat status;
    int none = -1;

    assert_int_equal(state_open(&options, &none, 1, &home, &problem), 0);
    make_file(path, "a letter");
    assert_int_equal(state_publish(path, &home, &problem), GK_E_INTERNAL);
    assert_non_null(strstr(problem.detail, path));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, strlen("a letter"));
}

static void a_file_beside_it_is_left_alone(void **state) {
    struct stat status;

    make_file(other_path, "my only copy");
    assert_int_equal(open_with((struct state_options){0}), 0);
    assert_int_equal(stat(other_path, &status), 0);
    assert_int_equal(status.st_size, strlen("my only copy"));
}

static void a_store_is_closed_to_others_when_nothing_refuses_it(void **state) {
    const struct state_options seeded = {.has_seed = true, .seed = SPAN_LITERAL("one")};
    const struct state_options other = {.has_seed = true, .seed = SPAN_LITERAL("other")};

    assert_int_equal(open_with(seeded), 0);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(open_with(other), GK_E_BAD_REQUEST);
    assert_int_equal(mode_of(path), 0644);
    assert_int_equal(open_with(seeded), 0);
    assert_int_equal(mode_of(path), 0600);
}

static void what_is_no_store_is_refused_and_kept(void **state) {
    struct stat status;

    make_file(path, "a letter");
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(open_with((struct state_options){0}), GK_E_INTERNAL);
    assert_non_null(strstr(problem.detail, path));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, strlen("a letter"));
    assert_int_equal(mode_of(path), 0755);
    make_file(path, "");
    assert_int_equal(open_with((struct state_options){0}), GK_E_INTERNAL);
    assert_non_null(strstr(problem.detail, "empty"));
}

static void a_file_in_use_is_refused(void **state) {
    const struct state_options options = {.path = path};
    STATE_HOME_AUTO struct state_home home = STATE_HOME_NULL;
    int none = -1;
    char pid[32];

    snprintf(pid, sizeof(pid), "process %d ", (int)getpid());
    assert_int_equal(state_open(&options, &none, 1, &home, &problem), 0);
    assert_int_equal(state_publish(path, &home, &problem), 0);
    assert_int_equal(open_with((struct state_options){0}), GK_E_INTERNAL);
    assert_non_null(strstr(problem.detail, pid));
    state_home_deinit(&home);
    assert_int_equal(open_with((struct state_options){0}), 0); /* free again */
}

static void a_link_to_nothing_stays(void **state) {
    struct stat status;

    assert_int_equal(symlink("nowhere", path), 0);
    assert_int_equal(open_with((struct state_options){0}), GK_E_INTERNAL);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

static void a_folder_that_is_missing_is_named(void **state) {
    snprintf(path, sizeof(path), "%s/missing/store", folder);
    assert_int_equal(open_with((struct state_options){0}), GK_E_INTERNAL);
    assert_non_null(strstr(problem.detail, path));
    assert_non_null(strstr(problem.detail, "No such file"));
}

static void only_its_own_key_opens_a_sealed_file(void **state) {
    const struct state_options sealed = {.has_key = true, .key = {7}};
    struct state_options other = sealed;

    other.key[31] = 1;
    assert_int_equal(open_with(sealed), 0);
    assert_int_equal(open_with(sealed), 0);
    assert_int_equal(open_with(other), GK_E_BAD_REQUEST);
    assert_non_null(strstr(problem.detail, "--store-key"));
    assert_int_equal(open_with((struct state_options){0}), GK_E_BAD_REQUEST);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(open_with((struct state_options){0}), 0);
    assert_int_equal(open_with(sealed), GK_E_BAD_REQUEST);
}

int main(void) {
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
            ROW(a_new_file_is_whole_and_private),
            ROW(a_new_file_has_no_name_before_it_is_published),
            ROW(what_bears_the_name_by_then_stays),
            ROW(a_file_beside_it_is_left_alone),
            ROW(a_store_is_closed_to_others_when_nothing_refuses_it),
            ROW(what_is_no_store_is_refused_and_kept),
            ROW(a_file_in_use_is_refused),
            ROW(a_link_to_nothing_stays),
            ROW(a_folder_that_is_missing_is_named),
            ROW(only_its_own_key_opens_a_sealed_file),
    };

    return cmocka_run_group_tests_name("state_file", tests, NULL, NULL);
}
