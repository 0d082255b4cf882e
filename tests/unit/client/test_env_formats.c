/* What each format but the default one makes of a value. */
#include <string.h>

#include "env/env_format.h"
#include "env_made.h"
#include "support/test.h"

#define NONE ENV_REFUSAL_NONE

static const struct row {
    const char *format;
    const char *value;
    const char *text; /* what stands for the value; NULL: refused */
    enum env_refusal refusal;
} rows[] = {
        {"shell", "", "", NONE},
        {"shell", "plain-1", "plain-1", NONE},
        {"shell", "x:=y", "'x:=y'", NONE},
        {"shell", "it's", "'it'\"'\"'s'", NONE},
        {"shell", "a\nb\r$(x)", "'a\nb\r$(x)'", NONE},
        {"shell", "\xff", "'\xff'", NONE},
        {"systemd", "plain", "plain", NONE},
        {"systemd", "a b\\\"$`'\n\r", "\"a b\\\\\\\"\\$\\`'\n\r\"", NONE},
        {"systemd", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"systemd", "\xef\xbf\xbe", NULL, ENV_REFUSAL_NONCHARACTER},
        {"docker", " #\"x' $y ", " #\"x' $y ", NONE},
        {"docker", "a\rb", "a\rb", NONE},
        {"docker", "a\r", NULL, ENV_REFUSAL_CARRIAGE_RETURN},
        {"docker", "a\nb", NULL, ENV_REFUSAL_NEWLINE},
        {"docker", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"compose", "", "\"\"", NONE},
        {"compose", "a$b\\\"`\n'", "\"a\\$b\\\\\\\"`\n'\"", NONE},
        {"compose", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"js", "plain", "plain", NONE},
        {"js", "a b", "'a b'", NONE},
        {"js", "$x\n\\n", "'$x\n\\n'", NONE},
        {"js", "it's", "`it's`", NONE},
        {"js", "it's `x`", "\"it's `x`\"", NONE},
        {"js", "'`\"", NULL, ENV_REFUSAL_ALL_QUOTES},
        {"js", "'`\\n", NULL, ENV_REFUSAL_ESCAPE},
        {"js", "'`\\r", NULL, ENV_REFUSAL_ESCAPE},
        {"js", "'`\\t", "\"'`\\t\"", NONE},
        {"js", "'$(x)", NULL, ENV_REFUSAL_COMMAND},
        {"js", "$(x)", "'$(x)'", NONE},
        {"js", "a\r", NULL, ENV_REFUSAL_CARRIAGE_RETURN},
        {"js", "C:\\x\\", "C:\\x\\", NONE},
        {"js", "it's $x", "`it's $x`", NONE}, /* where deno leaves $ alone */
        {"js", "'`$", NULL, ENV_REFUSAL_DOLLAR},
        {"js", "'`\\$x", NULL, ENV_REFUSAL_DOLLAR},
        {"js", "$\\", NULL, ENV_REFUSAL_DOLLAR},
        {"js", "$x\\", NULL, ENV_REFUSAL_DOLLAR},
        {"js", "$ \\", NULL, ENV_REFUSAL_BACKSLASH_END},
        {"js", "C:\\a b\\", NULL, ENV_REFUSAL_BACKSLASH_END},
        {"js", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"js-expand", "a$b", "'a\\$b'", NONE},
        {"js-expand", "it's $", "`it's \\$`", NONE},
        {"js-expand", "'`$x", "\"'`\\$x\"", NONE},
        {"js-expand", "$x\\", "\\$x\\", NONE},
        {"js-expand", "$(x)", NULL, ENV_REFUSAL_COMMAND},
        {"python", "", "\"\"", NONE},
        {"python", "a\\b\"c\nd\re'$", "\"a\\\\b\\\"c\\nd\\re'$\"", NONE},
        {"python", "C:\\x\\", "C:\\x\\", NONE},
        {"python", "C:\\a b\\", NULL, ENV_REFUSAL_BACKSLASH_END},
        {"python", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"fish", "", "''", NONE},
        {"fish", "a b$c\n\r\"(x)", "'a b$c\n\r\"(x)'", NONE},
        {"fish", "it's \\", "'it\\'s \\\\'", NONE},
        {"make", "", "", NONE},
        {"make", "a $(b) $$ 'c'", "a $$(b) $$$$ 'c'", NONE},
        {"make", "a#b \\#c \\\\#", "a\\#b \\\\\\#c \\\\\\\\\\#", NONE},
        {"make", "C:\\x\\", "C:\\x\\$()", NONE},
        {"make", "a\nb", NULL, ENV_REFUSAL_NEWLINE},
        {"make", " a", NULL, ENV_REFUSAL_BLANKS},
        {"make", "a\t", NULL, ENV_REFUSAL_BLANKS},
        {"make", "\ra", NULL, ENV_REFUSAL_BLANKS},
        {"make", "a\r", NULL, ENV_REFUSAL_BLANKS},
        {"make", "a\rb", "a\rb", NONE},
        {"make", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
        {"json", "\xff", NULL, ENV_REFUSAL_NOT_UTF8},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void each_value_has_the_text_of_its_format(void **state) {
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        const struct env_format *format = env_format_find(row->format);
        const struct env_entry entry = {
                .env = "X", .name = "x", .value = row->value, .value_len = strlen(row->value)};
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        BUFFER_AUTO struct buffer wanted = BUFFER_NULL;

        assert_non_null(format);
        assert_int_equal(format->refusal(&entry), row->refusal);
        if (row->text == NULL) {
            continue;
        }
        buffer_append_text(&text, "");
        if (format->append_value != NULL) {
            format->append_value(&text, entry.value, entry.value_len);
            assert_string_equal(buffer_string(&text), row->text);
        } else {
            format->write_entry(&text, &entry, true);
            buffer_printf(&wanted, format == &env_format_fish ? "set -gx X %s\n" : "X := %s\n",
                    row->text);
            assert_string_equal(buffer_string(&text), buffer_string(&wanted));
        }
    }
}

static void every_format_refuses_a_nul(void **state) {
    const struct env_entry entry = {.env = "X", .name = "x", .value = "a\0b", .value_len = 3};

    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        assert_int_equal(env_format_at(i)->refusal(&entry), ENV_REFUSAL_NUL);
    }
}

static void docker_refuses_a_line_that_is_too_long(void **state) {
    static char value[65536];
    struct env_entry entry = {.env = "NAME", .name = "x", .value = value};

    memset(value, 'a', sizeof(value) - 1);
    entry.value_len = 65535 - strlen("NAME=");
    assert_int_equal(env_format_docker.refusal(&entry), NONE);
    entry.value_len++;
    assert_int_equal(env_format_docker.refusal(&entry), ENV_REFUSAL_LINE_TOO_LONG);
}

/* The whole text of a set of two, and of an empty one. */
static void assert_texts(const char *name, const char *two, const char *none) {
    static struct env_entry entries[] = {
            {.env = "A", .name = "a", .value = "1\"\n", .value_len = 3},
            {.env = "B", .name = "b", .value = "\xc3\xa4/", .value_len = 3}};
    ENV_SET_AUTO struct env_set set = set_of(entries, 2);
    const struct env_set empty = {0};
    const struct env_format_choice choice = {.format = env_format_find(name), .quiet = true};
    BUFFER_AUTO struct buffer text = BUFFER_NULL;
    size_t skipped;

    assert_int_equal(write_set(&choice, &set, &text, &skipped), 0);
    assert_int_equal(text.len, two[0] == 'A' ? 12 : strlen(two)); /* the one with NULs */
    assert_memory_equal(buffer_string(&text), two, text.len);
    buffer_clear(&text);
    assert_int_equal(write_set(&choice, &empty, &text, &skipped), 0);
    assert_int_equal(text.len, strlen(none));
}

static void programs_get_json_and_nul(void **state) {
    assert_texts("json", "{\n  \"A\": \"1\\\"\\n\",\n  \"B\": \"\xc3\xa4/\"\n}\n", "{}\n");
    assert_texts("nul", "A=1\"\n\0B=\xc3\xa4/", "");
    assert_texts("fish",
            ENV_FORMAT_MARK "fish: written by ghostctl export, do not edit\n"
                            "set -gx A '1\"\n'\nset -gx B '\xc3\xa4/'\n",
            ENV_FORMAT_MARK "fish: written by ghostctl export, do not edit\n");
}

static void all_line_formats_begin_with_their_mark(void **state) {
    const struct env_set empty = {0};

    for (size_t i = 0; env_format_at(i) != NULL; i++) {
        const struct env_format_choice choice = {.format = env_format_at(i)};
        BUFFER_AUTO struct buffer text = BUFFER_NULL;
        BUFFER_AUTO struct buffer wanted = BUFFER_NULL;
        size_t skipped;

        assert_int_equal(write_set(&choice, &empty, &text, &skipped), 0);
        buffer_printf(&wanted, "%s%s: written by ghostctl export, do not edit\n", ENV_FORMAT_MARK,
                choice.format->name);
        if (choice.format->is_marked) {
            assert_string_equal(buffer_string(&text), buffer_string(&wanted));
        } else {
            assert_non_null(choice.format->suffix);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(each_value_has_the_text_of_its_format),
            cmocka_unit_test(every_format_refuses_a_nul),
            cmocka_unit_test(docker_refuses_a_line_that_is_too_long),
            cmocka_unit_test(programs_get_json_and_nul),
            cmocka_unit_test(all_line_formats_begin_with_their_mark),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
