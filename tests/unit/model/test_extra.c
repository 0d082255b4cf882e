#include "model/extra.h"
#include "support/test.h"

static void assert_entry(struct span extra, enum owner owner, const char *wanted) {
    struct span entry = extra_of(extra, owner);

    assert_int_equal(entry.len, strlen(wanted));
    assert_memory_equal(entry.data, wanted, entry.len);
}

static void each_owner_has_its_entry(void **state) {
    BUFFER_AUTO struct buffer one = BUFFER_NULL;
    BUFFER_AUTO struct buffer both = BUFFER_NULL;
    BUFFER_AUTO struct buffer changed = BUFFER_NULL;

    assert_null(extra_of(SPAN_NULL, OWNER_VAULT).data);
    extra_set(SPAN_NULL, OWNER_AWS, SPAN_LITERAL("key"), &one);
    assert_null(extra_of(buffer_span(&one), OWNER_VAULT).data);
    extra_set(buffer_span(&one), OWNER_VAULT, SPAN_LITERAL("cas"), &both);
    assert_entry(buffer_span(&both), OWNER_VAULT, "cas");
    assert_entry(buffer_span(&both), OWNER_AWS, "key");
    extra_set(buffer_span(&both), OWNER_AWS, SPAN_LITERAL("another key"), &changed);
    assert_entry(buffer_span(&changed), OWNER_VAULT, "cas");
    assert_entry(buffer_span(&changed), OWNER_AWS, "another key");
}

static void an_entry_may_be_empty_or_removed(void **state) {
    BUFFER_AUTO struct buffer empty = BUFFER_NULL;
    BUFFER_AUTO struct buffer removed = BUFFER_NULL;

    extra_set(SPAN_NULL, OWNER_VAULT, SPAN_LITERAL(""), &empty);
    assert_non_null(extra_of(buffer_span(&empty), OWNER_VAULT).data);
    extra_set(buffer_span(&empty), OWNER_VAULT, SPAN_NULL, &removed);
    assert_int_equal(removed.len, 0);
}

static void what_is_cut_short_is_not_read(void **state) {
    BUFFER_AUTO struct buffer extra = BUFFER_NULL;

    extra_set(SPAN_NULL, OWNER_AWS, SPAN_LITERAL("key"), &extra);
    for (size_t len = 0; len < extra.len; len++) {
        assert_null(extra_of((struct span){extra.data, len}, OWNER_AWS).data);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_owner_has_its_entry),
            cmocka_unit_test(an_entry_may_be_empty_or_removed),
            cmocka_unit_test(what_is_cut_short_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
