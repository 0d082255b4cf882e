#include "store/record.h"

#include "store/fields.h"
#include "support/broker_fixture.h"
#include "support/test.h"
#include <errno.h>

static const struct secret full = {
        .name = {"app/db", 6},
        .value = {"\x00\xff value", 8},
        .binary = true,
        .version = 7,
        .revision = 9,
        .generation = UINT64_MAX,
        .created_at = 946684800000,
        .updated_at = 946684800001,
        .made_at = -1,
        .ttl_s = 900,
        .armed = true,
        .cause = CAUSE_ROTATE,
        .policy = {.strategy = {"cycle", 5},
                .on_expiry = true,
                .parameter_count = 2,
                .parameters = {{.type = PARAMETER_INTEGER, .integer = -3},
                        {.type = PARAMETER_LIST, .text = {"\1\0\0\0a\0\0\0\0", 9}, .count = 2}}},
        .env_source = ENV_NAMED,
        .env = {"DB", 2},
        .labels = {"\1a\1b", 4},
};

static void a_secret_comes_back_as_it_was(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full, NULL);
    assert_int_equal(buffer_finish(&record), 0);
    assert_int_equal(record_decode_secret(full.name, buffer_span(&record), NULL, NULL, &back), 0);
    assert_true(span_equals(back.value, full.value));
    assert_true(back.binary && back.armed && back.policy.on_expiry);
    assert_int_equal(back.version, 7);
    assert_int_equal(back.revision, 9);
    assert_true(back.generation == UINT64_MAX);
    assert_true(back.created_at == full.created_at && back.updated_at == full.updated_at);
    assert_true(back.made_at == -1);
    assert_int_equal(back.ttl_s, 900);
    assert_int_equal(back.cause, CAUSE_ROTATE);
    assert_span_is(back.policy.strategy, "cycle");
    assert_int_equal(back.policy.parameter_count, 2);
    assert_true(back.policy.parameters[0].integer == -3);
    assert_int_equal(back.policy.parameters[1].count, 2);
    assert_true(span_equals(back.policy.parameters[1].text, full.policy.parameters[1].text));
    assert_int_equal(back.env_source, ENV_NAMED);
    assert_span_is(back.env, "DB");
    assert_true(span_equals(back.labels, full.labels));
}

static void no_changed_bit_is_served(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full, NULL);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] ^= (char)(1 << bit % 8);
        assert_int_equal(
                record_decode_secret(full.name, buffer_span(&record), NULL, NULL, &back), -EBADMSG);
        record.data[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void no_cut_or_lengthened_record_is_served(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full, NULL);
    for (size_t len = 0; len < record.len; len++) {
        assert_int_equal(
                record_decode_secret(full.name, (struct span){record.data, len}, NULL, NULL, &back),
                -EBADMSG);
    }
    buffer_append_byte(&record, '\0');
    assert_int_equal(
            record_decode_secret(full.name, buffer_span(&record), NULL, NULL, &back), -EBADMSG);
}

static void a_record_under_another_name_is_not_served(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full, NULL);
    assert_int_equal(
            record_decode_secret(span_of("app/dc"), buffer_span(&record), NULL, NULL, &back),
            -EBADMSG);
}

static void a_version_comes_back_as_it_was(void **state) {
    const struct version version = {.number = 3,
            .made_at = 5,
            .cause = CAUSE_PATCH,
            .binary = true,
            .value = SPAN_LITERAL("old")};
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span key = SPAN_LITERAL("key");
    struct version back;

    record_encode_version(&record, key, &version, NULL);
    assert_int_equal(record_decode_version(key, buffer_span(&record), 3, NULL, NULL, &back), 0);
    assert_int_equal(back.number, 3);
    assert_int_equal(back.made_at, 5);
    assert_int_equal(back.cause, CAUSE_PATCH);
    assert_true(back.binary);
    assert_span_is(back.value, "old");
    assert_int_equal(
            record_decode_version(SPAN_LITERAL("kez"), buffer_span(&record), 3, NULL, NULL, &back),
            -EBADMSG);
}

static void an_event_comes_back_as_it_was(void **state) {
    const struct event event = {.seq = 12,
            .at = 99,
            .kind = EVENT_FAILED,
            .cause = CAUSE_EXPIRY,
            .name = SPAN_LITERAL("n"),
            .version = 4,
            .reason = SPAN_LITERAL("because")};
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct event back;

    record_encode_event(&record, &event);
    assert_int_equal(record_decode_event(12, buffer_span(&record), &back), 0);
    assert_int_equal(back.at, 99);
    assert_int_equal(back.kind, EVENT_FAILED);
    assert_int_equal(back.cause, CAUSE_EXPIRY);
    assert_int_equal(back.version, 4);
    assert_span_is(back.name, "n");
    assert_span_is(back.reason, "because");
    assert_int_equal(record_decode_event(13, buffer_span(&record), &back), -EBADMSG);
}

static void a_state_comes_back_as_it_was(void **state) {
    STATE_AUTO struct state made = {.clock_kind = CLOCK_VIRTUAL};
    STATE_AUTO struct state back = STATE_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span key = SPAN_LITERAL("state");

    buffer_append(&made.seed, "\0seed", 5);
    record_encode_state(&record, key, &made, NULL);
    assert_int_equal(record_decode_state(key, buffer_span(&record), NULL, &back), 0);
    assert_int_equal(back.clock_kind, CLOCK_VIRTUAL);
    assert_true(span_equals(buffer_span(&back.seed), buffer_span(&made.seed)));
}

/* Sealed, everything comes back with the seal, and all but what is private without. */
static void a_sealed_secret_needs_the_seal(void **state) {
    static const unsigned char key[SEAL_KEY_BYTES] = {9};
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    struct seal *seal = NULL;
    struct secret back;

    assert_int_equal(seal_new(key, &seal), 0);
    record_encode_secret(&record, &full, seal);
    assert_int_equal(buffer_finish(&record), 0);
    assert_null(memmem(record.data, record.len, full.value.data, full.value.len));
    assert_null(memmem(record.data, record.len, "cycle", 5));
    assert_int_equal(record_decode_secret(full.name, buffer_span(&record), seal, &plain, &back), 0);
    assert_true(span_equals(back.value, full.value));
    assert_span_is(back.policy.strategy, "cycle");
    assert_true(back.policy.on_expiry);
    assert_int_equal(record_decode_secret(full.name, buffer_span(&record), NULL, NULL, &back), 0);
    assert_null(back.value.data);
    assert_int_equal(back.policy.parameter_count, 0);
    assert_int_equal(back.version, 7);
    assert_true(span_equals(back.labels, full.labels));
    record_encode_secret(&record, &full, NULL); /* a seal does not open what is not sealed */
    assert_int_equal(
            record_decode_secret(full.name, buffer_span(&record), seal, &plain, &back), -EBADMSG);
    seal_free(seal);
}

static void a_sealed_version_is_bound_to_its_key(void **state) {
    static const unsigned char key[SEAL_KEY_BYTES] = {9};
    const struct version version = {.number = 3, .value = SPAN_LITERAL("older value")};
    const struct span place = SPAN_LITERAL("place");
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    BUFFER_AUTO struct buffer plain = BUFFER_NULL;
    struct seal *seal = NULL;
    struct version back;

    assert_int_equal(seal_new(key, &seal), 0);
    record_encode_version(&record, place, &version, seal);
    assert_null(memmem(record.data, record.len, "older value", 11));
    assert_int_equal(record_decode_version(place, buffer_span(&record), 3, seal, &plain, &back), 0);
    assert_span_is(back.value, "older value");
    assert_int_equal(record_decode_version(place, buffer_span(&record), 3, NULL, NULL, &back), 0);
    assert_null(back.value.data);
    seal_free(seal);
}

static void a_sealed_state_hides_the_seed(void **state) {
    static const unsigned char key[SEAL_KEY_BYTES] = {9};
    STATE_AUTO struct state made = {.clock_kind = CLOCK_VIRTUAL};
    STATE_AUTO struct state back = STATE_NULL;
    STATE_AUTO struct state bare = STATE_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span place = SPAN_LITERAL("state");
    struct seal *seal = NULL;

    assert_int_equal(seal_new(key, &seal), 0);
    buffer_append(&made.seed, "tomato", 6);
    record_encode_state(&record, place, &made, seal);
    assert_null(memmem(record.data, record.len, "tomato", 6));
    assert_int_equal(record_decode_state(place, buffer_span(&record), seal, &back), 0);
    assert_true(back.is_sealed);
    assert_span_is(buffer_span(&back.seed), "tomato");
    assert_int_equal(record_decode_state(place, buffer_span(&record), NULL, &bare), 0);
    assert_true(bare.is_sealed);
    assert_int_equal(bare.seed.len, 0);
    seal_free(seal);
}

static void a_state_of_another_format_is_recognised(void **state) {
    STATE_AUTO struct state made = STATE_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct span key = SPAN_LITERAL("state");

    record_encode_state(&record, key, &made, NULL);
    record.data[4] = (char)(RECORD_FORMAT + 1); /* behind the checksum */
    assert_int_equal(record_decode_state(key, buffer_span(&record), NULL, &made), -EBADMSG);
    record_finish(&record, key);
    assert_int_equal(record_decode_state(key, buffer_span(&record), NULL, &made), -EPROTONOSUPPORT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_secret_comes_back_as_it_was),
            cmocka_unit_test(no_changed_bit_is_served),
            cmocka_unit_test(no_cut_or_lengthened_record_is_served),
            cmocka_unit_test(a_record_under_another_name_is_not_served),
            cmocka_unit_test(a_version_comes_back_as_it_was),
            cmocka_unit_test(an_event_comes_back_as_it_was),
            cmocka_unit_test(a_state_comes_back_as_it_was),
            cmocka_unit_test(a_sealed_secret_needs_the_seal),
            cmocka_unit_test(a_sealed_version_is_bound_to_its_key),
            cmocka_unit_test(a_sealed_state_hides_the_seed),
            cmocka_unit_test(a_state_of_another_format_is_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
