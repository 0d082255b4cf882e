#include <stdio.h>

#include "http/request_ring.h"
#include "support/test.h"

static int set_up(void **state) {
    static struct request_ring ring;

    *state = &ring;
    return 0;
}

static int tear_down(void **state) {
    request_ring_clear(*state);
    return 0;
}

/* Its status is its seq. */
static void add(struct request_ring *ring, size_t count) {
    for (size_t at = 0; at < count; at++) {
        struct seen_request *request = request_ring_add(ring, NULL, SPAN_NULL, SPAN_NULL);

        request->status = (int)request->seq;
    }
}

/* Those after a seq are numbered from first to last; 0: there is none. */
static void assert_after(
        const struct request_ring *ring, uint64_t seq, uint64_t first, uint64_t last) {
    const struct seen_request *request = request_ring_after(ring, seq);
    uint64_t wanted = first;

    for (; request != NULL; request = request_ring_next(ring, request)) {
        assert_int_equal(request->seq, wanted);
        assert_int_equal(request->status, (int)wanted);
        wanted += 1;
    }
    assert_int_equal(wanted, first == 0 ? 0 : last + 1);
}

static void nothing_was_asked_at_first(void **state) {
    assert_after(*state, 0, 0, 0);
    assert_after(*state, 5, 0, 0);
}

static void those_after_a_seq_are_found(void **state) {
    add(*state, 3);
    assert_after(*state, 0, 1, 3);
    assert_after(*state, 1, 2, 3);
    assert_after(*state, 2, 3, 3);
    assert_after(*state, 3, 0, 0);
}

static void the_newest_1000_are_kept(void **state) {
    add(*state, 1000);
    assert_after(*state, 0, 1, 1000);
    add(*state, 1);
    assert_after(*state, 0, 2, 1001);
    assert_after(*state, 1, 2, 1001);
    add(*state, 2500);
    assert_after(*state, 0, 2502, 3501);
    assert_after(*state, 2501, 2502, 3501);
    assert_after(*state, 2502, 2503, 3501);
    assert_after(*state, 3500, 3501, 3501);
    assert_after(*state, 3501, 0, 0);
}

static void a_seq_of_before_a_reset_begins_anew(void **state) {
    add(*state, 1500);
    request_ring_clear(*state);
    assert_after(*state, 0, 0, 0);
    assert_after(*state, 1500, 0, 0);
    add(*state, 2);
    assert_after(*state, 1500, 1, 2);
    assert_after(*state, 3, 1, 2);
    assert_after(*state, 2, 0, 0);
}

static void texts_are_copied(void **state) {
    struct request_ring *ring = *state;
    char name[] = "db_pass";
    char longest[GK_NAME_MAX_BYTES];
    const struct seen_request *request;

    memset(longest, 'n', sizeof(longest));
    (void)request_ring_add(ring, NULL, span_of(name), span_of("slow"));
    (void)request_ring_add(ring, NULL, (struct span){longest, sizeof(longest)}, SPAN_NULL);
    memset(name, 'x', sizeof(name));
    request = request_ring_after(ring, 0);
    assert_memory_equal(request->name, "db_pass", 7);
    assert_int_equal(request->name_len, 7);
    assert_memory_equal(request->fault, "slow", 4);
    assert_int_equal(request->fault_len, 4);
    request = request_ring_next(ring, request);
    assert_int_equal(request->name_len, GK_NAME_MAX_BYTES);
    assert_memory_equal(request->name, longest, sizeof(longest));
    assert_int_equal(request->fault_len, 0);
}

static void a_peer_is_held_as_long_as_its_requests(void **state) {
    struct request_ring *ring = *state;
    struct peer *peer = peer_of_name(span_of("curl"));
    struct peer *other = peer_of_name(span_of("node"));

    for (int count = 1; count <= 3; count++) {
        (void)request_ring_add(ring, peer, SPAN_NULL, SPAN_NULL);
        assert_int_equal(peer->refs, 1 + count);
    }
    for (int count = 0; count < 2000; count++) {
        (void)request_ring_add(ring, other, SPAN_NULL, SPAN_NULL);
    }
    assert_int_equal(peer->refs, 1);
    assert_int_equal(other->refs, 1001);
    request_ring_clear(ring);
    assert_int_equal(other->refs, 1);
    (void)peer_unref(peer);
    (void)peer_unref(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test_setup_teardown(nothing_was_asked_at_first, set_up, tear_down),
            cmocka_unit_test_setup_teardown(those_after_a_seq_are_found, set_up, tear_down),
            cmocka_unit_test_setup_teardown(the_newest_1000_are_kept, set_up, tear_down),
            cmocka_unit_test_setup_teardown(a_seq_of_before_a_reset_begins_anew, set_up, tear_down),
            cmocka_unit_test_setup_teardown(texts_are_copied, set_up, tear_down),
            cmocka_unit_test_setup_teardown(
                    a_peer_is_held_as_long_as_its_requests, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("request_ring", tests, NULL, NULL);
}
