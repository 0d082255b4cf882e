#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "api/ghostkey/api.h"
#include "common/cleanup.h"
#include "http/audit.h"
#include "http/metrics.h"
#include "support/broker_fixture.h"
#include "support/test.h"

#define PLACE_MAX_BYTES 64
#define TEXT_MAX_BYTES 4096

/* A broker, a directory for the file, and a stderr that takes the lines of the log. */
struct place {
    struct fixture *fixture;
    struct metrics metrics;
    char directory[PLACE_MAX_BYTES];
    char path[PLACE_MAX_BYTES + sizeof("/log")];
    int kept_stderr;
};

static int set_up(void **state) {
    struct place *place = calloc(1, sizeof(*place));
    GK_AUTO_CLOSE int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    assert_non_null(place);
    assert_int_equal(fixture_setup((void **)&place->fixture), 0);
    (void)snprintf(place->directory, sizeof(place->directory), "/tmp/ghostkey-audit-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
    (void)snprintf(place->path, sizeof(place->path), "%s/log", place->directory);
    place->kept_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    assert_true(dup2(nowhere, STDERR_FILENO) >= 0);
    *state = place;
    return 0;
}

static int tear_down(void **state) {
    struct place *place = *state;

    (void)dup2(place->kept_stderr, STDERR_FILENO);
    (void)gk_close(place->kept_stderr);
    (void)unlink(place->path);
    (void)rmdir(place->directory);
    (void)fixture_teardown((void **)&place->fixture);
    free(place);
    return 0;
}

static void assert_file(const struct place *place, const char *expected) {
    char text[TEXT_MAX_BYTES];
    GK_AUTO_CLOSE int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, text, sizeof(text) - 1);

    assert_true(len >= 0);
    text[len] = '\0';
    assert_string_equal(text, expected);
}

static void publish(struct place *place, struct audit *audit) {
    audit_keep(audit, place->fixture->broker, &place->metrics);
    audit_publish(audit, place->fixture->broker, &place->metrics);
    assert_int_equal(broker_commit(place->fixture->broker), 0);
}

static unsigned int mode_of(const char *path) {
    struct stat stat;

    assert_int_equal(lstat(path, &stat), 0);
    return stat.st_mode & 07777;
}

#define LINE(seq, name) \
    "{\"seq\":" seq ",\"at\":\"2000-01-01T00:00:00.000Z\",\"event\":\"created\",\"name\":\"" name \
    "\",\"version\":1,\"cause\":\"put\"}\n"

static void each_event_is_written_once(void **state) {
    struct place *place = *state;
    struct problem problem = PROBLEM_NULL;
    struct audit audit;

    assert_int_equal(audit_init(&audit, place->path, &ghostkey_event_form, 0, &problem), 0);
    assert_int_equal(mode_of(place->path), 0600);
    fixture_put(place->fixture, definition_of("a", "x"));
    fixture_put(place->fixture, definition_of("b", "x"));
    publish(place, &audit);
    publish(place, &audit);
    assert_file(place, LINE("1", "a") LINE("2", "b"));
    fixture_put(place->fixture, definition_of("c", "x"));
    publish(place, &audit);
    assert_file(place, LINE("1", "a") LINE("2", "b") LINE("3", "c"));
    assert_true(place->metrics.lost_lines == 0);
    audit_deinit(&audit);
}

/* What stands in the file when a state with the events 1 to 3 starts, and what of it before their
 * lines then. */
static const struct {
    const char *before;
    size_t cut; /* so many bytes of it are missing at its end */
    const char *kept;
} starts[] = {
        {"", 0, ""},
        {LINE("1", "a"), 0, ""},
        {LINE("1", "a") LINE("2", "b") LINE("3", "c"), 0, ""},
        {LINE("1", "a") LINE("2", "b") LINE("3", "c"), 1, ""},
        {LINE("1", "a") LINE("2", "b") LINE("3", "c"), 50, ""},
        {LINE("1", "a") LINE("2", "b"), 1, ""},
        {LINE("1", "a"), sizeof(LINE("1", "a")) - 3, ""},
        {"old\n", 0, "old\n"},
        {"old\n", 1, "old\n"},
        {LINE("2", "other"), 0, LINE("2", "other")},
        {LINE("2", "other"), 1, LINE("2", "other")},
        {LINE("2", "other"), 30, ""},
        {LINE("1", "a") LINE("7", "other"), 40, ""},
        {"{\"seq\":99999999999999999999999}\n", 0, "{\"seq\":99999999999999999999999}\n"},
        {"\n", 0, "\n"},
};

static void write_file(const struct place *place, const char *text, size_t len) {
    GK_AUTO_CLOSE int fd = open(place->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, text, len), len);
}

static void it_goes_on_behind_its_last_line(void **state) {
    struct place *place = *state;
    char expected[TEXT_MAX_BYTES];

    fixture_put(place->fixture, definition_of("a", "x"));
    fixture_put(place->fixture, definition_of("b", "x"));
    fixture_put(place->fixture, definition_of("c", "x"));
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        struct problem problem = PROBLEM_NULL;
        struct audit audit;

        write_file(place, starts[i].before, strlen(starts[i].before) - starts[i].cut);
        assert_int_equal(audit_init(&audit, place->path, &ghostkey_event_form, 3, &problem), 0);
        audit_begin(&audit, place->fixture->broker);
        publish(place, &audit);
        (void)snprintf(expected, sizeof(expected), "%s%s", starts[i].kept,
                LINE("1", "a") LINE("2", "b") LINE("3", "c"));
        assert_file(place, expected);
        audit_deinit(&audit);
    }
}

static void what_is_there_is_kept_as_it_is(void **state) {
    struct place *place = *state;
    struct problem problem = PROBLEM_NULL;
    GK_AUTO_CLOSE int fd = open(place->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    struct audit audit;

    assert_int_equal(write(fd, "old\n", 4), 4);
    assert_int_equal(fchmod(fd, 0644), 0);
    assert_int_equal(audit_init(&audit, place->path, &ghostkey_event_form, 0, &problem), 0);
    assert_int_equal(mode_of(place->path), 0644);
    fixture_put(place->fixture, definition_of("a", "x"));
    publish(place, &audit);
    assert_file(place, "old\n" LINE("1", "a"));
    audit_deinit(&audit);
}

/* A write that is cut short is undone; once there is room again, what is missing follows. */
static void half_a_line_is_taken_back(void **state) {
    struct place *place = *state;
    struct problem problem = PROBLEM_NULL;
    const struct rlimit tight = {sizeof(LINE("1", "a")) + 20, RLIM_INFINITY};
    struct rlimit before;
    struct audit audit;

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(audit_init(&audit, place->path, &ghostkey_event_form, 0, &problem), 0);
    for (char name[] = "a"; name[0] <= 'c'; name[0]++) {
        fixture_put(place->fixture, definition_of(name, "x"));
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        publish(place, &audit);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    }
    assert_file(place, LINE("1", "a"));
    assert_true(place->metrics.lost_lines == 2);
    assert_true(audit.has_reported_file);
    fixture_put(place->fixture, definition_of("d", "x"));
    publish(place, &audit);
    assert_file(place, LINE("1", "a") LINE("2", "b") LINE("3", "c") LINE("4", "d"));
    assert_true(place->metrics.lost_lines == 2);
    audit_deinit(&audit);
}

static void without_a_file_events_go_to_the_log(void **state) {
    struct place *place = *state;
    struct problem problem = PROBLEM_NULL;
    GK_AUTO_CLOSE int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct audit audit;

    assert_int_equal(audit_init(&audit, NULL, &ghostkey_event_form, 0, &problem), 0);
    fixture_put(place->fixture, definition_of("a", "x"));
    publish(place, &audit);
    assert_true(audit.log_seq == 1);
    assert_true(place->metrics.lost_lines == 0);
    assert_true(dup2(full, STDERR_FILENO) >= 0);
    fixture_put(place->fixture, definition_of("b", "x"));
    publish(place, &audit);
    assert_true(place->metrics.lost_lines == 1);
    assert_true(audit.has_reported_log);
    audit_deinit(&audit);
}

#define CROWD 100

/* Takes one packet, what one write brought: how many whole lines stand in it. */
static size_t take_lines(int pipe_end) {
    char packet[PIPE_BUF + 1];
    ssize_t len = read(pipe_end, packet, sizeof(packet));
    size_t lines = 0;

    assert_true(len >= 1 && len <= PIPE_BUF);
    assert_int_equal(packet[len - 1], '\n');
    for (ssize_t at = 0; at < len; at++) {
        lines += packet[at] == '\n';
    }
    return lines;
}

static void lines_of_a_turn_share_a_write(void **state) {
    struct place *place = *state;
    struct problem problem = PROBLEM_NULL;
    struct audit audit;
    size_t lines = 0;
    size_t writes = 0;
    int ends[2];

    assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0); /* each write is a packet */
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    assert_int_equal(audit_init(&audit, NULL, &ghostkey_event_form, 0, &problem), 0);
    fixture_put(place->fixture, definition_of("a", "x"));
    fixture_put(place->fixture, definition_of("b", "x"));
    publish(place, &audit);
    assert_int_equal(take_lines(ends[0]), 2);
    for (int i = 0; i < CROWD; i++) {
        fixture_put(place->fixture, definition_of("a", "x"));
    }
    publish(place, &audit);
    for (; lines < CROWD; writes++) {
        lines += take_lines(ends[0]);
    }
    assert_true(writes >= 2 && writes <= 4);
    assert_true(place->metrics.lost_lines == 0);
    (void)gk_close(ends[0]);
    (void)gk_close(ends[1]);
    audit_deinit(&audit);
}

static void what_is_no_file_is_refused(void **state) {
    const char *const paths[] = {"/dev/full", "/dev/null", "/tmp", "/tmp/none/such", ""};
    struct audit audit;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct problem problem = PROBLEM_NULL;

        assert_int_equal(
                audit_init(&audit, paths[i], &ghostkey_event_form, 0, &problem), GK_E_BAD_REQUEST);
        assert_non_null(strstr(problem.detail, "--audit-log"));
        assert_non_null(strstr(problem.detail, paths[i]));
        assert_int_equal(audit.fd, -1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(each_event_is_written_once),
            TEST(it_goes_on_behind_its_last_line),
            TEST(what_is_there_is_kept_as_it_is),
            TEST(half_a_line_is_taken_back),
            TEST(without_a_file_events_go_to_the_log),
            TEST(lines_of_a_turn_share_a_write),
            cmocka_unit_test(what_is_no_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
