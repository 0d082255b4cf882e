#include <stdio.h>

#include "model/labels.h"
#include "support/test.h"

/* "a=1,b=2" for packed labels. */
static void assert_labels(const struct buffer *packed, const char *wanted) {
    struct span rest = buffer_span(packed);
    BUFFER_AUTO struct buffer shown = BUFFER_NULL;
    struct label label;

    while (labels_next(&rest, &label)) {
        if (shown.len > 0) {
            buffer_append_byte(&shown, ',');
        }
        buffer_append_span(&shown, label.name);
        buffer_append_byte(&shown, '=');
        buffer_append_span(&shown, label.value);
    }
    assert_int_equal(rest.len, 0);
    buffer_append_byte(&shown, '\0');
    assert_string_equal(shown.data, wanted);
}

/* Packs labels that are none of a secret's yet. */
static size_t pack(struct label *labels, size_t count, struct buffer *packed) {
    labels_sort(labels, count);
    return labels_patch(SPAN_NULL, labels, count, packed);
}

static struct label label_of(const char *name, const char *value) {
    return (struct label){span_of(name), value == NULL ? SPAN_NULL : span_of(value)};
}

static void labels_are_packed_in_byte_order(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    struct label labels[] = {label_of("b", "2"), label_of("é", "4"), label_of("B", ""),
            label_of("", "0"), label_of("bb", "3")};

    assert_int_equal(pack(labels, 5, &packed), 5);
    assert_labels(&packed, "=0,B=,b=2,bb=3,é=4");
}

static void no_labels_pack_to_nothing(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;

    assert_int_equal(pack(NULL, 0, &packed), 0);
    assert_labels(&packed, "");
}

static void the_longest_label_fits(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    char text[GK_LABEL_VALUE_MAX_BYTES];
    struct label label = {{text, GK_LABEL_NAME_MAX_BYTES}, {text, sizeof(text)}};
    struct label unpacked;
    struct span rest;

    memset(text, 'x', sizeof(text));
    assert_int_equal(pack(&label, 1, &packed), 1);
    rest = buffer_span(&packed);
    assert_true(labels_next(&rest, &unpacked));
    assert_true(span_equals(unpacked.name, label.name));
    assert_true(span_equals(unpacked.value, label.value));
    assert_false(labels_next(&rest, &unpacked));
}

static void a_patch_sets_adds_and_removes(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    BUFFER_AUTO struct buffer patched = BUFFER_NULL;
    struct label labels[] = {label_of("b", "2"), label_of("d", "4"), label_of("f", "6")};
    struct label changes[] = {label_of("g", "7"), label_of("f", NULL), label_of("d", "four"),
            label_of("a", "1"), label_of("absent", NULL)};

    assert_int_equal(pack(labels, 3, &packed), 3);
    labels_sort(changes, 5);
    assert_int_equal(labels_patch(buffer_span(&packed), changes, 5, &patched), 4);
    assert_labels(&patched, "a=1,b=2,d=four,g=7");
}

static void a_patch_without_changes_keeps_all(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    BUFFER_AUTO struct buffer patched = BUFFER_NULL;
    struct label labels[] = {label_of("b", ""), label_of("d", "4")};

    assert_int_equal(pack(labels, 2, &packed), 2);
    assert_int_equal(labels_patch(buffer_span(&packed), NULL, 0, &patched), 2);
    assert_labels(&patched, "b=,d=4");
}

static void labels_past_the_limit_are_counted_only(void **state) {
    BUFFER_AUTO struct buffer packed = BUFFER_NULL;
    BUFFER_AUTO struct buffer patched = BUFFER_NULL;
    struct label labels[GK_LABELS_MAX];
    struct label changes[] = {label_of("x1", ""), label_of("x2", "")};
    char names[GK_LABELS_MAX][8];
    struct span rest;
    struct label label;
    size_t count = 0;

    for (size_t i = 0; i < GK_LABELS_MAX; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "n%zu", i);
        labels[i] = label_of(names[i], "v");
    }
    assert_int_equal(pack(labels, GK_LABELS_MAX, &packed), GK_LABELS_MAX);
    assert_int_equal(labels_patch(buffer_span(&packed), changes, 2, &patched), GK_LABELS_MAX + 2);
    for (rest = buffer_span(&patched); labels_next(&rest, &label);) {
        count++;
    }
    assert_int_equal(count, GK_LABELS_MAX);
}

static void cut_labels_end_the_walk(void **state) {
    struct label label = {SPAN_LITERAL("untouched"), SPAN_NULL};
    struct span cut = SPAN_LITERAL("\001a\002b");

    assert_false(labels_next(&cut, &label));
    cut = SPAN_LITERAL("\005a");
    assert_false(labels_next(&cut, &label));
    cut = SPAN_LITERAL("\xff\1"); /* half of a long length */
    assert_false(labels_next(&cut, &label));
    assert_true(span_is(label.name, "untouched"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(labels_are_packed_in_byte_order),
            cmocka_unit_test(no_labels_pack_to_nothing),
            cmocka_unit_test(the_longest_label_fits),
            cmocka_unit_test(a_patch_sets_adds_and_removes),
            cmocka_unit_test(a_patch_without_changes_keeps_all),
            cmocka_unit_test(labels_past_the_limit_are_counted_only),
            cmocka_unit_test(cut_labels_end_the_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
