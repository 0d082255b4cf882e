#include <errno.h>

#include "store/fields.h"
#include "store/record.h"
#include "support/broker_fixture.h"
#include "support/test.h"

static const struct secret full = {
        .name = {"app/db", 6},
        .current.value = {"\x00\xff value", 8},
        .current.binary = true,
        .current.number = 7,
        .keep_versions = 11,
        .rotated_at = -4711,
        .has_given_ids = true,
        .revision = 9,
        .generation = UINT64_MAX,
        .created_at = 946684800000,
        .updated_at = 946684800001,
        .current.made_at = -1,
        .in_force_at = -1,
        .ttl_s = 900,
        .armed = true,
        .current.cause = CAUSE_ROTATE,
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

    record_encode_secret(&record, &full);
    assert_int_equal(buffer_finish(&record), 0);
    assert_int_equal(record_decode_secret(full.name, buffer_span(&record), &back), 0);
    assert_true(span_equals(back.current.value, full.current.value));
    assert_true(back.current.binary && back.armed && back.policy.on_expiry);
    assert_int_equal(back.current.number, 7);
    assert_int_equal(back.keep_versions, 11);
    assert_int_equal(back.rotated_at, -4711);
    assert_true(back.has_given_ids);
    assert_int_equal(back.revision, 9);
    assert_true(back.generation == UINT64_MAX);
    assert_true(back.created_at == full.created_at && back.updated_at == full.updated_at);
    assert_true(back.in_force_at == -1 && back.current.made_at == -1);
    assert_int_equal(back.ttl_s, 900);
    assert_int_equal(back.current.cause, CAUSE_ROTATE);
    assert_span_is(back.policy.strategy, "cycle");
    assert_int_equal(back.policy.parameter_count, 2);
    assert_true(back.policy.parameters[0].integer == -3);
    assert_int_equal(back.policy.parameters[1].count, 2);
    assert_true(span_equals(back.policy.parameters[1].text, full.policy.parameters[1].text));
    assert_int_equal(back.env_source, ENV_NAMED);
    assert_span_is(back.env, "DB");
    assert_true(span_equals(back.labels, full.labels));
}

/* A changed bit is the frame's business; here it must only be survived. */
static void no_changed_bit_is_read_past_the_end(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full);
    for (size_t bit = 0; bit < record.len * 8; bit++) {
        record.data[bit / 8] ^= (char)(1 << bit % 8);
        if (record_decode_secret(full.name, buffer_span(&record), &back) == 0) {
            assert_true(
                    back.current.value.data + back.current.value.len <= record.data + record.len);
        }
        record.data[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void no_cut_or_lengthened_record_is_served(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret back;

    record_encode_secret(&record, &full);
    for (size_t len = 0; len < record.len; len++) {
        assert_int_equal(
                record_decode_secret(full.name, (struct span){record.data, len}, &back), -EBADMSG);
    }
    buffer_append_byte(&record, '\0');
    assert_int_equal(record_decode_secret(full.name, buffer_span(&record), &back), -EBADMSG);
}

static struct secret_facts facts_of(const struct secret *secret) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;

    record_encode_secret(&record, secret);
    assert_int_equal(buffer_finish(&record), 0);
    return record_secret_facts(buffer_span(&record));
}

static void a_record_tells_when_its_secret_is_due(void **state) {
    struct secret secret = full;

    assert_true(facts_of(&secret).has_due && facts_of(&secret).has_value);
    assert_true(facts_of(&secret).due_at == secret_due_at(&secret));
    secret.armed = false;
    assert_true(facts_of(&secret).has_due);
    assert_true(facts_of(&secret).due_at == INT64_MAX);
    secret.ttl_s = 0;
    assert_false(facts_of(&secret).has_due);
    secret.is_deleted = true;
    secret.gone_at = 77;
    assert_true(facts_of(&secret).has_due && !facts_of(&secret).has_value);
    assert_int_equal(facts_of(&secret).due_at, 77);
    secret.is_deleted = false;
    secret.current.state = VERSION_DELETED;
    assert_false(facts_of(&secret).has_value);
    secret.current = (struct version){.number = 0};
    assert_false(facts_of(&secret).has_value);
}

static void a_version_comes_back_as_it_was(void **state) {
    const struct version version = {.number = 3,
            .made_at = 5,
            .ends_at = 6,
            .deleted_at = 7,
            .cause = CAUSE_PATCH,
            .binary = true,
            .value = SPAN_LITERAL("old")};
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct version back;

    record_encode_version(&record, &version);
    assert_int_equal(record_decode_version(3, buffer_span(&record), &back), 0);
    assert_int_equal(back.number, 3);
    assert_int_equal(back.made_at, 5);
    assert_int_equal(back.ends_at, 6);
    assert_int_equal(back.deleted_at, 7);
    assert_int_equal(back.cause, CAUSE_PATCH);
    assert_true(back.binary);
    assert_span_is(back.value, "old");
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
}

static void a_state_comes_back_as_it_was(void **state) {
    STATE_AUTO struct state made = {.clock_kind = CLOCK_VIRTUAL};
    STATE_AUTO struct state back = STATE_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;

    buffer_append(&made.seed, "\0seed", 5);
    record_encode_state(&record, &made);
    assert_int_equal(record_decode_state(buffer_span(&record), &back), 0);
    assert_int_equal(back.clock_kind, CLOCK_VIRTUAL);
    assert_true(span_equals(buffer_span(&back.seed), buffer_span(&made.seed)));
}

static void keys_order_as_their_numbers_do(void **state) {
    char one[VERSION_KEY_MAX_BYTES];
    char other[VERSION_KEY_MAX_BYTES];
    struct span key = version_key(one, SPAN_LITERAL("a/b"), 255);
    uint64_t number = 0;

    assert_true(span_compare(key, version_key(other, SPAN_LITERAL("a/b"), 256)) < 0);
    assert_true(version_key_is_of(key, SPAN_LITERAL("a/b"), &number));
    assert_int_equal(number, 255);
    assert_false(version_key_is_of(key, SPAN_LITERAL("a/"), &number));
    assert_true(span_compare(event_key(one, 255), event_key(other, 256)) < 0);
    assert_int_equal(event_key_seq(event_key(one, 77)), 77);
}

/* As a store had it before versions had stages. */
static void put_first_layout(struct buffer *record) {
    field_put_number(record, 1, 1);
    field_put_number(record, 1 << 1 | 1 << 2, 1); /* armed, on expiry */
    field_put_number(record, 5000, 8);            /* its value was made */
    field_put_number(record, 60, 4);
    field_put_number(record, CAUSE_ROTATE, 1);
    field_put_number(record, ENV_DEFAULT, 1);
    field_put_number(record, 3, 8);  /* version */
    field_put_number(record, 7, 8);  /* revision */
    field_put_number(record, 2, 8);  /* generation */
    field_put_number(record, 10, 8); /* created */
    field_put_number(record, 20, 8); /* updated */
    field_put_span(record, SPAN_NULL);
    field_put_span(record, SPAN_NULL);
    field_put_span(record, span_of("uuid"));
    field_put_number(record, 0, 1);
    field_put_span(record, span_of("value"));
}

static void a_record_of_the_first_layout_is_read(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct secret_facts facts;
    struct version version;
    struct secret secret;

    put_first_layout(&record);
    assert_int_equal(record_decode_secret(span_of("a"), buffer_span(&record), &secret), 0);
    assert_int_equal(secret.current.number, 3);
    assert_int_equal(secret.current.state, VERSION_LIVE);
    assert_int_equal(secret.current.cause, CAUSE_ROTATE);
    assert_int_equal(secret.previous, 2);
    assert_int_equal(secret.pending, 0);
    assert_int_equal(secret.newest, 3);
    assert_int_equal(secret.revision, 7);
    assert_int_equal(secret.generation, 2);
    assert_int_equal(secret.policy.grace_s, 0);
    assert_false(secret.is_deleted || secret.has_gaps);
    assert_true(secret_expires_at(&secret) == 65000);
    assert_true(span_is(secret.current.value, "value"));
    facts = record_secret_facts(buffer_span(&record));
    assert_true(facts.has_due && facts.has_value && facts.due_at == 65000);

    buffer_clear(&record);
    field_put_number(&record, 1, 1);
    field_put_number(&record, 1, 1); /* binary */
    field_put_number(&record, CAUSE_PUT, 1);
    field_put_number(&record, 4000, 8);
    field_put_span(&record, span_of("old"));
    assert_int_equal(record_decode_version(2, buffer_span(&record), &version), 0);
    assert_true(version.binary && version.made_at == 4000 && version.state == VERSION_LIVE);
    assert_int_equal(version.revision, 2);
    assert_true(span_is(version.value, "old"));
}

/* As a store had it before a version knew when it expired. */
static void put_second_layout(struct buffer *record) {
    field_put_number(record, 2, 1);
    field_put_number(record, 1 << 1, 1); /* armed */
    field_put_number(record, 5000, 8);   /* in force */
    field_put_number(record, 60, 4);
    field_put_number(record, ENV_DEFAULT, 1);
    field_put_number(record, 3, 8);  /* version */
    field_put_number(record, 2, 8);  /* previous */
    field_put_number(record, 4, 8);  /* pending */
    field_put_number(record, 4, 8);  /* newest */
    field_put_number(record, 7, 8);  /* revision */
    field_put_number(record, 2, 8);  /* generation */
    field_put_number(record, 10, 8); /* created */
    field_put_number(record, 20, 8); /* updated */
    field_put_span(record, SPAN_NULL);
    field_put_span(record, SPAN_NULL);
    field_put_span(record, span_of("description"));
    field_put_span(record, SPAN_NULL);
    field_put_span(record, span_of("uuid"));
    field_put_number(record, 0, 1);
    field_put_number(record, 30, 4); /* grace */
}

static void put_second_version(struct buffer *record) {
    field_put_number(record, 0, 1);
    field_put_number(record, CAUSE_ROTATE, 1);
    field_put_number(record, VERSION_DELETED, 1);
    field_put_number(record, 6, 8);    /* revision */
    field_put_number(record, 4000, 8); /* made */
    field_put_span(record, span_of("id"));
    field_put_span(record, SPAN_NULL);
    field_put_span(record, SPAN_NULL);
    field_put_span(record, span_of("value"));
}

static void a_record_of_the_second_layout_is_read(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    struct version version;
    struct secret secret;

    put_second_layout(&record);
    put_second_version(&record);
    assert_int_equal(record_decode_secret(span_of("a"), buffer_span(&record), &secret), 0);
    assert_int_equal(secret.current.number, 3);
    assert_int_equal(secret.pending, 4);
    assert_int_equal(secret.newest, 4);
    assert_int_equal(secret.keep_versions, 0);
    assert_int_equal(secret.revision, 7);
    assert_span_is(secret.description, "description");
    assert_int_equal(secret.policy.grace_s, 30);
    assert_int_equal(secret.current.state, VERSION_DELETED);
    assert_true(secret.current.ends_at == 0 && secret.current.deleted_at == 0);
    assert_span_is(secret.current.value, "value");

    buffer_clear(&record);
    field_put_number(&record, 2, 1);
    put_second_version(&record);
    assert_int_equal(record_decode_version(2, buffer_span(&record), &version), 0);
    assert_span_is(version.id, "id");
    assert_true(version.made_at == 4000 && version.ends_at == 0 && version.deleted_at == 0);
    assert_span_is(version.value, "value");
}

static bool is_sound(struct span key, struct span record) {
    return change_is_sound(&(struct change){CHANGE_PUT, TABLE_OWN, key, record});
}

static void what_an_api_keeps_comes_back_as_it_was(void **state) {
    BUFFER_AUTO struct buffer record = BUFFER_NULL;
    char place[OWN_KEY_ROOM_BYTES];
    char long_key[OWN_KEY_ROOM_BYTES + 1] = {OWNER_AWS};
    struct span key = own_key(place, OWNER_AWS, span_of("key"));
    struct span bytes;

    record_encode_own(&record, SPAN_LITERAL("any\0bytes"));
    assert_int_equal(record_decode_own(buffer_span(&record), &bytes), 0);
    assert_true(span_equals(bytes, SPAN_LITERAL("any\0bytes")));
    assert_true(is_sound(key, buffer_span(&record)));
    assert_true(is_sound((struct span){long_key, OWN_KEY_ROOM_BYTES}, buffer_span(&record)));
    assert_false(is_sound((struct span){long_key, OWN_KEY_ROOM_BYTES + 1}, buffer_span(&record)));
    assert_false(is_sound((struct span){place, 1}, buffer_span(&record)));
    assert_false(is_sound((struct span){place, 0}, buffer_span(&record)));
    for (size_t len = 0; len < record.len; len++) {
        assert_false(is_sound(key, (struct span){record.data, len}));
    }
    place[0] = OWNER_COUNT;
    assert_false(is_sound(key, buffer_span(&record)));
    place[0] = OWNER_NONE;
    assert_false(is_sound(key, buffer_span(&record)));
    place[0] = (char)0xff;
    assert_false(is_sound(key, buffer_span(&record)));
}

static void a_record_of_another_layout_is_refused(void **state) {
    STATE_AUTO struct state made = STATE_NULL;
    BUFFER_AUTO struct buffer record = BUFFER_NULL;

    record_encode_state(&record, &made);
    record.data[0] += 1;
    assert_int_equal(record_decode_state(buffer_span(&record), &made), -EBADMSG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(a_secret_comes_back_as_it_was),
            cmocka_unit_test(no_changed_bit_is_read_past_the_end),
            cmocka_unit_test(no_cut_or_lengthened_record_is_served),
            cmocka_unit_test(a_record_tells_when_its_secret_is_due),
            cmocka_unit_test(a_version_comes_back_as_it_was),
            cmocka_unit_test(an_event_comes_back_as_it_was),
            cmocka_unit_test(a_state_comes_back_as_it_was),
            cmocka_unit_test(keys_order_as_their_numbers_do),
            cmocka_unit_test(a_record_of_the_first_layout_is_read),
            cmocka_unit_test(a_record_of_the_second_layout_is_read),
            cmocka_unit_test(what_an_api_keeps_comes_back_as_it_was),
            cmocka_unit_test(a_record_of_another_layout_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
