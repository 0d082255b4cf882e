/* The verbs of clients that name versions, and move stages and labels. */
#include "versions_kit.h"

static void a_put_beside_changes_nothing_for_readers(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    kit_put(fixture, "one", "");
    assert_int_equal(kit_put_aside(fixture, "two", true, ""), 0);
    assert_versions(fixture, "1+C 2+N ");
    assert_last_event(fixture, "2 pending put a 2");
    assert_int_equal(fixture_get(fixture, "a", &secret), 0);
    assert_span_is(secret.current.value, "one");
    assert_int_equal(secret.revision, 2);
    assert_int_equal(kit_put_aside(fixture, "three", false, "x"), 0);
    assert_versions(fixture, "1+C 2+N 3+x ");
    assert_last_event(fixture, "3 updated put a 1");
}

static void the_stage_pending_moves_to_the_newer_put(void **state) {
    struct fixture *fixture = *state;

    kit_put(fixture, "one", "");
    assert_int_equal(kit_put_aside(fixture, "two", true, ""), 0);
    assert_int_equal(kit_put_aside(fixture, "three", true, ""), 0);
    assert_versions(fixture, "1+C 2+ 3+N ");
    assert_int_equal(kit_set_stage(fixture, STAGE_CURRENT, 3), 0);
    assert_versions(fixture, "1+P 2+ 3+CN ");
    kit_put(fixture, "four", "");
    assert_versions(fixture, "2+ 3+P 4+C "); /* 3 newest, and the pending stage is off */
}

static void a_put_beside_needs_a_secret_that_is_there(void **state) {
    struct fixture *fixture = *state;
    char large[65];

    assert_int_equal(kit_put_aside(fixture, "x", true, ""), GK_E_NO_SECRET);
    kit_put(fixture, "one", "");
    memset(large, 'x', sizeof(large) - 1);
    large[64] = '\0';
    assert_int_equal(kit_put_aside(fixture, large, true, ""), 0);
    kit_begin(fixture);
    {
        SECRET_AUTO struct secret secret = SECRET_NULL;
        struct definition definition = definition_of("a", "");
        char larger[65] = "";

        definition.value = (struct span){larger, sizeof(larger)};
        assert_int_equal(kit_end(fixture, broker_put_aside(fixture->broker, &definition, true,
                                                  &secret, &fixture->problem)),
                GK_E_TOO_LARGE);
    }
    assert_versions(fixture, "1+C 2+N ");
}

static void a_stage_moves_with_its_event(void **state) {
    struct fixture *fixture = *state;

    kit_put(fixture, "one", "");
    kit_put(fixture, "two", "");
    kit_put(fixture, "three", "");
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 1), 0);
    assert_last_event(fixture, "4 pending put a 1");
    assert_versions(fixture, "1+N 2+P 3+C ");
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 1), 0); /* no change, no event */
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 0), 0);
    assert_last_event(fixture, "5 discarded discard a 1");
    assert_versions(fixture, "1+ 2+P 3+C "); /* the version stays */
    assert_int_equal(kit_set_stage(fixture, STAGE_PREVIOUS, 1), 0);
    assert_last_event(fixture, "6 updated stage a 3");
    assert_int_equal(kit_set_stage(fixture, STAGE_CURRENT, 2), 0);
    assert_last_event(fixture, "7 promoted promote a 2");
    assert_versions(fixture, "1+ 2+C 3+P ");
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 9), GK_E_NO_VERSION);
    assert_int_equal(kit_set_stage(fixture, STAGE_CURRENT, 0), GK_E_NO_VERSION);
}

static void a_label_is_on_one_version(void **state) {
    struct fixture *fixture = *state;

    kit_put(fixture, "one", "x,y");
    assert_versions(fixture, "1+Cxy ");
    kit_put(fixture, "two", "");
    assert_versions(fixture, "1+Pxy 2+C "); /* labels stay with their version */
    kit_put(fixture, "three", "y");
    assert_versions(fixture, "1+x 2+P 3+Cy ");
    assert_int_equal(kit_set_label(fixture, "x", 3), 0);
    assert_last_event(fixture, "4 updated stage a 3");
    assert_versions(fixture, "1+ 2+P 3+Cxy ");
    assert_int_equal(kit_set_label(fixture, "x", 3), 0); /* no change, no event */
    assert_versions(fixture, "1+ 2+P 3+Cxy ");
    assert_last_event(fixture, "4 updated stage a 3");
    assert_int_equal(kit_set_label(fixture, "b", 3), 0);
    assert_last_event(fixture, "5 updated stage a 3");
    assert_versions(fixture, "1+ 2+P 3+Cbxy ");
    assert_int_equal(kit_set_label(fixture, "x", 0), 0);
    assert_int_equal(kit_set_label(fixture, "y", 1), 0);
    assert_versions(fixture, "1+y 2+P 3+Cb ");
}

static void a_verb_returns_the_labels(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret secret = SECRET_NULL;
    struct span rest;
    struct span label;

    kit_put(fixture, "one", "");
    kit_begin(fixture);
    assert_int_equal(kit_end(fixture, broker_set_label(fixture->broker, NAME, SPAN_LITERAL("x"), 1,
                                              &secret, &fixture->problem)),
            0);
    rest = secret.current.labels;
    assert_true(list_next(&rest, &label));
    assert_true(span_is(label, "x"));
}

/* The list of the current version is written more than once in one verb. */
static void many_labels_move_off_the_current_version_at_once(void **state) {
    struct fixture *fixture = *state;

    kit_put(fixture, "one", "a,b,c,d,e,f,g,h");
    kit_put(fixture, "two", "b,d,e,h");
    assert_versions(fixture, "1+Pacfg 2+Cbdeh ");
    assert_int_equal(kit_put_aside(fixture, "three", false, "a,b,c,d,e"), 0);
    assert_versions(fixture, "1+Pfg 2+Ch 3+abcde ");
}

static void a_version_that_loses_its_last_label_may_go(void **state) {
    struct fixture *fixture = *state;
    struct version version;

    kit_put(fixture, "one", "x");
    for (int i = 0; i < 4; i++) {
        kit_put(fixture, "more", "");
    }
    assert_versions(fixture, "1+x 3+ 4+P 5+C ");
    assert_int_equal(kit_set_label(fixture, "x", 0), 0);
    assert_versions(fixture, "3+ 4+P 5+C ");
    assert_int_equal(store_get_version(fixture->store, NAME, 1, &version), GK_E_NO_VERSION);
}

static void a_discarded_version_stays_for_another_stage(void **state) {
    struct fixture *fixture = *state;
    uint64_t number;

    kit_put(fixture, "one", "");
    kit_put(fixture, "two", "");
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 1), 0);
    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_discard(fixture->broker, NAME, 0, &number, &fixture->problem)),
            0);
    assert_int_equal(number, 1);
    assert_versions(fixture, "1+P 2+C ");
    assert_int_equal(kit_put_aside(fixture, "three", true, ""), 0);
    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_discard(fixture->broker, NAME, 0, &number, &fixture->problem)),
            0);
    assert_versions(fixture, "1+P 2+C ");
}

/* Another API may have both labels on one version. It is in force, so it is pending no more. */
static void a_current_version_is_not_pending(void **state) {
    struct fixture *fixture = *state;
    SECRET_AUTO struct secret rotated = SECRET_NULL;
    struct secret secret;
    uint64_t number;

    kit_put(fixture, "one", "");
    assert_int_equal(kit_set_stage(fixture, STAGE_PENDING, 1), 0);
    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_discard(fixture->broker, NAME, 0, &number, &fixture->problem)),
            GK_E_NO_VERSION);
    kit_begin(fixture);
    assert_int_equal(
            kit_end(fixture, broker_promote(fixture->broker, NAME, 0, &secret, &fixture->problem)),
            GK_E_NO_VERSION);
    kit_begin(fixture);
    assert_int_equal(kit_end(fixture, broker_rotate(fixture->broker, NAME, true, &rotated,
                                              &fixture->problem)),
            0);
    assert_versions(fixture, "1+C 2+N ");
}

static void an_id_is_kept_with_its_version(void **state) {
    struct fixture *fixture = *state;
    struct definition definition = definition_of("a", "one");
    SECRET_AUTO struct secret rotated = SECRET_NULL;
    SECRET_AUTO struct secret secret = SECRET_NULL;

    definition.version_id = span_of("first");
    fixture_put(fixture, definition);
    kit_put(fixture, "two", "");
    kit_begin(fixture);
    assert_int_equal(kit_end(fixture, broker_rotate_as(fixture->broker, NAME, span_of("third"),
                                              &rotated, &fixture->problem)),
            0);
    kit_begin(fixture);
    assert_int_equal(broker_get_version(fixture->broker, NAME, 1, &secret, &fixture->problem), 0);
    assert_span_is(secret.current.id, "first");
    assert_int_equal(broker_get_version(fixture->broker, NAME, 2, &secret, &fixture->problem), 0);
    assert_int_equal(secret.current.id.len, 0);
    assert_int_equal(broker_get(fixture->broker, NAME, &secret, &fixture->problem), 0);
    assert_span_is(secret.current.id, "third");
    (void)kit_end(fixture, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
            TEST(a_put_beside_changes_nothing_for_readers),
            TEST(the_stage_pending_moves_to_the_newer_put),
            TEST(a_put_beside_needs_a_secret_that_is_there),
            TEST(a_stage_moves_with_its_event),
            TEST(a_label_is_on_one_version),
            TEST(a_verb_returns_the_labels),
            TEST(many_labels_move_off_the_current_version_at_once),
            TEST(a_version_that_loses_its_last_label_may_go),
            TEST(a_discarded_version_stays_for_another_stage),
            TEST(a_current_version_is_not_pending),
            TEST(an_id_is_kept_with_its_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
