#include "model/event.h"
#include "model/secret.h"
#include "support/test.h"

static void a_static_secret_never_expires(void **state) {
    struct secret secret = {.current.number = 1, .current.made_at = 1000, .in_force_at = 1000};

    assert_true(secret_expires_at(&secret) == INT64_MAX);
    assert_false(secret_is_expired(&secret, INSTANT_CEILING));
}

static void a_ttl_ends_when_the_clock_reaches_it(void **state) {
    struct secret secret = {
            .current.number = 1, .current.made_at = 1500, .in_force_at = 1500, .ttl_s = 2};

    assert_true(secret_expires_at(&secret) == 3500);
    assert_false(secret_is_expired(&secret, 3499));
    assert_true(secret_is_expired(&secret, 3500));
    assert_true(secret_is_expired(&secret, 3501));
}

static void the_longest_ttl_fits(void **state) {
    struct secret secret = {.current.number = 1,
            .current.made_at = INSTANT_CEILING,
            .in_force_at = INSTANT_CEILING,
            .ttl_s = GK_TTL_MAX_S};

    assert_true(secret_expires_at(&secret) - INSTANT_CEILING == INT64_C(315360000000));
}

static void the_environment_name_in_force_is_given(void **state) {
    char place[GK_NAME_MAX_BYTES + 1];
    struct secret secret = {.name = SPAN_LITERAL("app/db"), .env = SPAN_LITERAL("OTHER")};

    assert_true(span_is(secret_env(&secret, place), "APP_DB"));
    secret.env_source = ENV_NAMED;
    assert_true(span_is(secret_env(&secret, place), "OTHER"));
    secret.env_source = ENV_OFF;
    assert_null(secret_env(&secret, place).data);
}

static void what_a_secret_owns_goes_with_it(void **state) {
    struct secret secret = SECRET_NULL;

    buffer_append_text(&secret.made, "made");
    secret_deinit(&secret);
    secret_deinit(&secret);
    assert_null(secret.made.data);
}

static void causes_and_events_have_the_contracts_words(void **state) {
    assert_string_equal(cause_text(CAUSE_PUT), "put");
    assert_string_equal(cause_text(CAUSE_PATCH), "patch");
    assert_string_equal(cause_text(CAUSE_ROTATE), "rotate");
    assert_string_equal(cause_text(CAUSE_EXPIRY), "expiry");
    assert_string_equal(cause_text(CAUSE_DELETE), "delete");
    assert_string_equal(cause_text(CAUSE_CLEANUP), "cleanup");
    assert_string_equal(event_kind_text(EVENT_CREATED), "created");
    assert_string_equal(event_kind_text(EVENT_UPDATED), "updated");
    assert_string_equal(event_kind_text(EVENT_ROTATED), "rotated");
    assert_string_equal(event_kind_text(EVENT_EXPIRED), "expired");
    assert_string_equal(event_kind_text(EVENT_DELETED), "deleted");
    assert_string_equal(event_kind_text(EVENT_CLEANED), "cleaned");
    assert_string_equal(event_kind_text(EVENT_FAILED), "failed");
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_static_secret_never_expires),
            cmocka_unit_test(a_ttl_ends_when_the_clock_reaches_it),
            cmocka_unit_test(the_longest_ttl_fits),
            cmocka_unit_test(the_environment_name_in_force_is_given),
            cmocka_unit_test(what_a_secret_owns_goes_with_it),
            cmocka_unit_test(causes_and_events_have_the_contracts_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
