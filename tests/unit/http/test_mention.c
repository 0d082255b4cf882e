#include "http/mention.h"
#include "support/test.h"

static void assert_next(
        const struct mentions *mentions, size_t *at, const char *name, uint64_t version) {
    struct mention mention;

    assert_true(mentions_next(mentions, at, &mention));
    assert_true(span_is(mention.name, name));
    assert_int_equal(mention.version, version);
    assert_int_equal(mention.revision, version * 10);
}

static void at_first_there_is_none(void **state) {
    struct mentions mentions = {.first.version = 0};
    struct mention mention;
    size_t at = 0;

    assert_false(mentions_next(&mentions, &at, &mention));
    assert_false(mentions_next(&mentions, &at, &mention));
}

static void they_come_in_their_order(void **state) {
    struct mentions mentions = {.first.version = 0};
    struct mention mention;
    char longest[GK_NAME_MAX_BYTES + 1] = {0};
    size_t at = 0;

    memset(longest, 'n', GK_NAME_MAX_BYTES);
    mentions_add(&mentions, SPAN_LITERAL("a"), &(struct version){.number = 1, .revision = 10});
    mentions_add(&mentions, span_of(longest), NULL);
    mentions_add(&mentions, SPAN_LITERAL("a"),
            &(struct version){.number = UINT64_MAX / 10, .revision = UINT64_MAX / 10 * 10});
    assert_next(&mentions, &at, "a", 1);
    assert_next(&mentions, &at, longest, 0);
    assert_next(&mentions, &at, "a", UINT64_MAX / 10);
    assert_false(mentions_next(&mentions, &at, &mention));
    mentions_deinit(&mentions);
    at = 0;
    assert_false(mentions_next(&mentions, &at, &mention));
}

static void a_name_is_copied(void **state) {
    struct mentions mentions = {.first.version = 0};
    char name[] = "db_pass";
    size_t at = 0;

    mentions_add(&mentions, span_of(name), &(struct version){.number = 3, .revision = 30});
    memset(name, 'x', sizeof(name) - 1);
    assert_next(&mentions, &at, "db_pass", 3);
    mentions_deinit(&mentions);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(at_first_there_is_none),
            cmocka_unit_test(they_come_in_their_order),
            cmocka_unit_test(a_name_is_copied),
    };

    return cmocka_run_group_tests_name("mention", tests, NULL, NULL);
}
