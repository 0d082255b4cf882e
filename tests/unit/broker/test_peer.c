#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/peer.h"
#include "support/test.h"

#define PEER_AUTO __attribute__((cleanup(peer_unrefp)))

static void peer_unrefp(struct peer **peer) {
    *peer = peer_unref(*peer);
}

static void assert_text(const struct peer *peer, const char *wanted) {
    assert_non_null(peer);
    assert_int_equal(peer->len, strlen(wanted));
    assert_memory_equal(peer->text, wanted, strlen(wanted));
}

static void a_program_has_its_name_and_its_pid(void **state) {
    PEER_AUTO struct peer *peer = NULL;
    char wanted[32];

    assert_int_equal(prctl(PR_SET_NAME, "node\xff", 0, 0, 0), 0);
    peer = peer_of_program(getpid());
    (void)snprintf(wanted, sizeof(wanted), "node?[%d]", (int)getpid());
    assert_text(peer, wanted);
    assert_false(peer_has_ended(peer));
    assert_false(peer_is_gone(peer));
}

static void one_of_another_pid_namespace_is_a_dash_and_never_ends(void **state) {
    PEER_AUTO struct peer *peer = peer_of_program(0);

    assert_text(peer, "-");
    assert_false(peer_has_ended(peer));
    assert_false(peer_is_gone(peer));
}

static void its_end_is_seen(void **state) {
    PEER_AUTO struct peer *peer = NULL;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    peer = peer_of_program(pid);
    assert_false(peer_has_ended(peer));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(peer_has_ended(peer));
    assert_true(peer_is_gone(peer));
}

static void assert_shown(const char *said, const char *wanted) {
    PEER_AUTO struct peer *peer = peer_of_name(span_of(said));

    assert_text(peer, wanted);
    assert_true(peer_is_named(peer, span_of(said)));
}

static void a_name_is_what_it_says(void **state) {
    assert_shown("Boto3/1.26.27 Python/3.11", "Boto3/1.26.27 Python/3.11");
    assert_shown("", "-");
    assert_shown("-", "-");
    assert_shown("caf\xc3\xa9 \xe9 \xc3", "caf\xc3\xa9 ? ?");
    assert_shown("a\tb", "a\tb");
}

static void a_long_name_is_cut_between_characters(void **state) {
    char said[PEER_MAX_BYTES + 3];
    char wanted[PEER_MAX_BYTES + 1];

    memset(said, 'a', sizeof(said) - 1);
    said[sizeof(said) - 1] = '\0';
    memset(wanted, 'a', PEER_MAX_BYTES);
    wanted[PEER_MAX_BYTES] = '\0';
    assert_shown(said, wanted);
    memcpy(said + PEER_MAX_BYTES - 1, "\xc3\xa9", 2); /* one byte too many */
    wanted[PEER_MAX_BYTES - 1] = '\0';
    assert_shown(said, wanted);
}

static void those_that_say_the_same_are_equal(void **state) {
    PEER_AUTO struct peer *one = peer_of_name(span_of("curl/8"));
    PEER_AUTO struct peer *same = peer_of_name(span_of("curl/8"));
    PEER_AUTO struct peer *other = peer_of_name(span_of("curl/9"));
    PEER_AUTO struct peer *program = peer_of_program(getpid());
    PEER_AUTO struct peer *again = peer_of_program(getpid());
    PEER_AUTO struct peer *says_so = peer_of_name(peer_text(program));

    assert_true(peer_equals(one, one));
    assert_true(peer_equals(one, same));
    assert_false(peer_equals(one, other));
    assert_true(peer_equals(program, again));
    assert_false(peer_equals(program, says_so)); /* over TCP anyone can say so */
    assert_false(peer_is_named(program, peer_text(program)));
    assert_false(peer_is_named(one, span_of("curl/9")));
    assert_false(peer_is_named(one, span_of("curl/88")));
}

static void the_last_one_frees_it(void **state) {
    struct peer *peer = peer_of_name(span_of("a"));

    assert_ptr_equal(peer_ref(peer), peer);
    assert_null(peer_unref(peer));
    assert_text(peer, "a");
    assert_null(peer_unref(peer));
    assert_null(peer_unref(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_program_has_its_name_and_its_pid),
            cmocka_unit_test(one_of_another_pid_namespace_is_a_dash_and_never_ends),
            cmocka_unit_test(its_end_is_seen),
            cmocka_unit_test(a_name_is_what_it_says),
            cmocka_unit_test(a_long_name_is_cut_between_characters),
            cmocka_unit_test(those_that_say_the_same_are_equal),
            cmocka_unit_test(the_last_one_frees_it),
    };

    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
